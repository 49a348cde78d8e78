"""The app's entry in the staff menu and the addresses that frames name."""

from __future__ import annotations

from huying.access.rules import WATCHERS
from huying.kernel.actor import Actor
from huying.kernel.registry import MenuEntry, add_link, add_menu
from huying.kernel.terms import _


def watches(actor: Actor) -> bool:
    return any(actor.has(duty) for duty in WATCHERS)


def register() -> None:
    add_link("sign_out", "access:sign_out", "")
    add_link("account", "access:security", "")
    add_link("here", "access:here", "")
    add_menu(
        MenuEntry(
            key="access", label=_("登录安全"), icon="shield", url_name="access:accounts", group="admin", order=210,
            shown=watches,
        )
    )  # fmt: skip
