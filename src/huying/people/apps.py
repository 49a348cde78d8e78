from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "huying.people"
    label = "people"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from huying.kernel.registry import MenuEntry, add_menu
        from huying.kernel.terms import _
        from huying.people import in_areas, registers

        in_areas.register()
        registers.declare()
        add_menu(
            MenuEntry(
                key="my_post",
                label=_("我的岗位"),
                icon="badge-check",
                url_name="people:my_post",
                group="base",
                order=90,
                shown=lambda actor: actor.id is not None,
            )
        )
