from django.apps import AppConfig


class MattersConfig(AppConfig):
    name = "huying.matters"
    label = "matters"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from huying.kernel.actor import ActorKind
        from huying.kernel.registry import MenuEntry, add_link, add_menu
        from huying.kernel.terms import _
        from huying.people.rules import Duty

        add_link("matter", "matters:type", "code")
        add_link("knowledge", "matters:knowledge_text", "version_id")
        add_menu(
            MenuEntry(
                key="matters",
                label=_("入格事项清单"),
                icon="book",
                url_name="matters:catalogue",
                group="base",
                order=70,
                shown=lambda actor: actor.kind == ActorKind.PERSON,
            )
        )
        add_menu(
            MenuEntry(
                key="limits",
                label=_("时限组"),
                icon="clock",
                url_name="matters:limits",
                group="base",
                order=72,
                shown=lambda actor: actor.has(Duty.LEAD) or actor.has(Duty.ADMIN_MATTERS),
            )
        )
        add_menu(
            MenuEntry(
                key="knowledge",
                label=_("知识库"),
                icon="book",
                url_name="matters:knowledge",
                group="base",
                order=71,
                shown=lambda actor: actor.kind == ActorKind.PERSON,
            )
        )
