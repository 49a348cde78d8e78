from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "huying.people"
    label = "people"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from huying.people import in_areas

        in_areas.register()
