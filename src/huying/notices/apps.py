from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "huying.notices"
    label = "notices"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.db.models.signals import post_migrate

        from huying.kernel.actor import ActorKind
        from huying.kernel.registry import MenuEntry, add_link, add_menu, count_unread
        from huying.kernel.terms import _
        from huying.notices import queries, shipped
        from huying.people.rules import Duty

        post_migrate.connect(shipped.load, sender=self)
        count_unread(queries.unread)
        add_link("news", "notices:mine", "")
        add_link("news_bell", "notices:bell", "")
        add_link("wording", "notices:wording", "wording_id")
        add_link("public_notice", "notices:public", "public_id")
        add_menu(
            MenuEntry(
                key="public_notices",
                label=_("公示"),
                icon="megaphone",
                url_name="notices:publics",
                group="base",
                order=80,
                shown=lambda actor: (
                    actor.kind == ActorKind.PERSON and (actor.has(Duty.DISPATCH) or actor.has(Duty.DECIDE))
                ),
            )
        )
        add_menu(
            MenuEntry(
                key="notice_admin",
                label=_("通知管理"),
                icon="bell-ring",
                url_name="notices:admin",
                group="admin",
                order=60,
                shown=lambda actor: actor.has(Duty.ADMIN_MATTERS) or actor.has(Duty.APPROVE_MATTERS),
            )
        )
