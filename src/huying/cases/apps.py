from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "huying.cases"
    label = "cases"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from huying.cases import by_people, in_areas, panels
        from huying.kernel.registry import add_link

        add_link("case", "cases:case", "case_id")
        in_areas.register()
        by_people.declare()
        panels.register()
