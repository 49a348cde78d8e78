"""What every page knows: who looks, when, the menu, where search is, large type, the site's texts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, get_script_prefix, get_urlconf, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import pgettext_lazy

from huying.kernel import registry
from huying.kernel.actor import Actor, ActorKind, resident
from huying.kernel.doors import actor_of, now_of
from huying.kernel.terms import Label
from huying.ui.site import site

TYPE_COOKIE = "huying_type"
TABS = 4  # entries of the menu that become bottom tabs on a phone; the rest is under 更多

GROUPS: dict[str, Label] = {
    "dispatch": pgettext_lazy("menu group", "调度"),
    "base": pgettext_lazy("menu group", "基层"),
    "supervise": pgettext_lazy("menu group", "督导"),
    "admin": pgettext_lazy("menu group", "管理"),
}


@dataclass(frozen=True)
class Item:
    """A menu entry as it is shown."""

    key: str
    label: Label
    icon: str
    url: str
    count: int | None
    current: bool


@dataclass(frozen=True)
class Group:
    """The entries under one label of the menu."""

    key: str
    label: Label
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Menu:
    groups: tuple[Group, ...]
    tabs: tuple[Item, ...]
    rest: tuple[Item, ...]


def menu_of(actor: Actor, path: str) -> Menu:
    """The menu of a person; the entry whose address is the longest head of `path` is the current one."""
    entries = [(entry, address(entry.url_name)) for entry in registry.menu_for(actor)]
    known = [(entry, url) for entry, url in entries if url]
    current = max((url for _entry, url in known if path.startswith(url)), key=len, default="")
    groups: dict[str, list[Item]] = {}
    everything: list[Item] = []
    for entry, url in known:
        count = entry.count(actor) if entry.count is not None else None
        item = Item(entry.key, entry.label, entry.icon, url, count, url == current)
        groups.setdefault(entry.group, []).append(item)
        everything.append(item)
    order = [*GROUPS, *(key for key in groups if key not in GROUPS)]
    shown = tuple(Group(key, GROUPS.get(key, ""), tuple(groups[key])) for key in order if key in groups)
    tabs = len(everything) if len(everything) <= TABS + 1 else TABS
    return Menu(shown, tuple(everything[:tabs]), tuple(everything[tabs:]))


def link(kind: str) -> str:
    """The address of a page that an upper app registered without arguments, or "" where there is none."""
    found = registry.LINKS.get(kind)
    return address(found[0]) if found else ""


def is_elder(request: HttpRequest) -> bool:
    """Whether this phone asked for large type."""
    return request.COOKIES.get(TYPE_COOKIE) == "large"


def page(request: HttpRequest) -> dict[str, Any]:
    actor = actor_of(request)
    person = actor.kind == ActorKind.PERSON
    return {
        "actor": actor,
        "person_post": actor.post,
        "now": now_of(request),
        "elder": is_elder(request),
        "site": SimpleLazyObject(site),
        "menu": SimpleLazyObject(lambda: menu_of(actor, request.path)),
        "search_url": SimpleLazyObject(lambda: link("search")),
        "help_url": SimpleLazyObject(lambda: link("help")),
        "news_url": SimpleLazyObject(lambda: link("news")),
        "bell_url": SimpleLazyObject(lambda: link("news_bell")),
        "unread_count": SimpleLazyObject(lambda: sum(count(actor) for count in registry.UNREAD)),
        "banners": SimpleLazyObject(lambda: _banners(actor) if person else []),
        "public_banners": SimpleLazyObject(lambda: _banners(resident())),
        "desk_home_url": SimpleLazyObject(lambda: link("desk_home") or "/desk/"),
        "home_url": SimpleLazyObject(lambda: link("home") or "/"),
        "privacy_url": SimpleLazyObject(lambda: link("privacy")),
        "access_url": SimpleLazyObject(lambda: link("access")),
        "sign_out_url": SimpleLazyObject(lambda: link("sign_out")),
        "here_url": SimpleLazyObject(lambda: link("here")),
        "account_url": SimpleLazyObject(lambda: link("account")),
        "frame_base": "ui/desk_base.html" if person else "ui/portal_base.html",
    }


def _banners(actor: Actor) -> list[registry.Banner]:
    return [one for told in registry.BANNERS for one in told(actor)]


def address(url_name: str) -> str:
    """The address of a page that takes no argument, or "" where there is none."""
    return _reversed(url_name, get_urlconf(), get_script_prefix())


@lru_cache(maxsize=512)
def _reversed(url_name: str, _urlconf: str | None, _prefix: str) -> str:
    """Addresses do not change while the process lives; those of another list of addresses are others."""
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return ""
