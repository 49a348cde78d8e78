"""Floor 3: programs that connect, their tokens, and the answers they were given."""

from django.apps import AppConfig

from huying.kernel.actor import ActorKind
from huying.kernel.registry import MenuEntry, add_link, add_menu
from huying.kernel.terms import _


class ClientsConfig(AppConfig):
    name = "huying.clients"
    label = "clients"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        add_link("clients", "clients:own", "")
        add_menu(
            MenuEntry(
                key="clients",
                label=_("程序对接"),
                icon="external",
                url_name="clients:own",
                group="base",
                order=140,
                shown=lambda actor: actor.kind == ActorKind.PERSON and bool(actor.grants),
            )
        )
