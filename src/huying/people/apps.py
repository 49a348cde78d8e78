from django.apps import AppConfig

from huying.kernel.registry import add_link


class PeopleConfig(AppConfig):
    name = "huying.people"
    label = "people"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        add_link("sign_out", "people:sign_out", "")
        add_link("account", "people:password", "")
