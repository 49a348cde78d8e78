from django.apps import AppConfig


class InsightConfig(AppConfig):
    name = "huying.insight"
    label = "insight"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from huying.kernel.registry import MenuEntry, add_menu
        from huying.kernel.terms import _
        from huying.people.rules import Duty

        add_menu(
            MenuEntry(
                key="assess",
                label=_("考核"),
                icon="chart",
                url_name="insight:assess",
                group="supervise",
                order=190,
                shown=lambda actor: bool(actor.areas(Duty.READ)),
            )
        )
