from django.apps import AppConfig


class OpenDataConfig(AppConfig):
    name = "huying.opendata"
    label = "opendata"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from huying.kernel.registry import MenuEntry, add_menu
        from huying.kernel.terms import _
        from huying.people.rules import Duty

        add_menu(
            MenuEntry(
                key="opendata",
                label=_("数据导出"),
                icon="download",
                url_name="opendata:exports",
                group="admin",
                order=90,
                shown=lambda actor: bool(actor.areas(Duty.EXPORT)),
            )
        )
