"""What apps register at start: menu entries and link kinds, so that lower apps never name upper ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from huying.kernel.actor import Actor
from huying.kernel.terms import Label


@dataclass(frozen=True)
class MenuEntry:
    """One entry of the staff menu. `group` is one of dispatch, base, supervise, admin; `shown` decides by duty."""

    key: str
    label: Label
    icon: str
    url_name: str
    group: str
    order: int
    shown: Callable[[Actor], bool]
    count: Callable[[Actor], int] | None = None


class Link(NamedTuple):
    """Where a page of a kind of object is: which argument takes its id ("" for none), and what else is given."""

    url_name: str
    argument: str
    given: dict[str, str] = {}


MENU: dict[str, MenuEntry] = {}
LINKS: dict[str, Link] = {}


def menu_for(actor: Actor) -> list[MenuEntry]:
    return sorted((one for one in MENU.values() if one.shown(actor)), key=lambda one: one.order)


def add_menu(entry: MenuEntry) -> None:
    MENU[entry.key] = entry


def add_link(kind: str, url_name: str, argument: str = "pk", **given: str) -> None:
    LINKS[kind] = Link(url_name, argument, given)


# How many unread notices the person has: the number on the bell of every staff page.
UNREAD: list[Callable[[Actor], int]] = []


def count_unread(count: Callable[[Actor], int]) -> None:
    UNREAD[:] = [count]


@dataclass(frozen=True)
class Banner:
    """What stands on top of every page: one sentence, and the page that tells more ("" for residents)."""

    words: Label
    drill: bool
    url: str


# What stands on top of every page for somebody: of staff by their areas, of residents what concerns everybody.
BANNERS: list[Callable[[Actor], list[Banner]]] = []


# What reads words for danger beside the street's own list: the numbers to call, the most fitting first, and the word.
READS_DANGER: list[Callable[[str], tuple[tuple[str, ...], str]]] = []
