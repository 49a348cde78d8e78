from django.apps import AppConfig


class RegistersConfig(AppConfig):
    name = "huying.registers"
    label = "registers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from huying.kernel.registry import MenuEntry, add_menu
        from huying.kernel.terms import _
        from huying.registers import queries

        add_menu(
            MenuEntry(
                key="registers",
                label=_("基础台账"),
                icon="book",
                url_name="registers:overview",
                group="base",
                order=65,
                shown=queries.has_any,
            )
        )
