from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "huying.desk"
    label = "desk"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from huying.desk import menu
        from huying.desk.links import cases_in
        from huying.kernel.lying import PAGES

        menu.register()
        PAGES["open_case"] = cases_in
