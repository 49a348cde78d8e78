"""One box for everything: cases, places and groups, the catalogue, pages and help, each as far as the viewer sees it.

Asked by number, by code, by words of two characters and more, or by the initials of a name's pinyin. Persons and
phones are not searched.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from huying.cases.queries import lists
from huying.cases.queries.lists import Wanted
from huying.cases.queries.page import by_number
from huying.cases.rules import State, state_label
from huying.desk import help as guide
from huying.desk.links import case_url
from huying.kernel.actor import Actor
from huying.kernel.ids import is_case_number
from huying.kernel.initials import initials, is_initials
from huying.kernel.paging import Page
from huying.kernel.registry import menu_for
from huying.kernel.text import problem_of
from huying.matters import queries as matters
from huying.matters.rules import FlowKind
from huying.people.rules import Duty
from huying.places import queries as places
from huying.registers import declared
from huying.registers import queries as registers

LONGEST = 60
ON_THE_LIST = 5  # of a kind, in the box
ON_THE_PAGE = 20
MOST_NAMES = 20_000  # of one register that are found by initials
NAMES_STAY = 60.0  # seconds


@dataclass(frozen=True)
class Piece:
    """A part of a title; `hit` where it is what was asked for."""

    text: str
    hit: bool = False


@dataclass(frozen=True)
class Found:
    """One line: where it leads, its title in pieces and what tells it from others."""

    url: str
    title: list[Piece]
    detail: str
    icon: str


@dataclass
class Group:
    """Lines of one kind; `more_url` leads to its own list."""

    label: str
    found: list[Found] = field(default_factory=list)
    more_url: str = ""


def search(words: str, viewer: Actor, *, now: datetime, most: int = ON_THE_LIST) -> list[Group]:
    """What the viewer may see of what the words ask for, kind by kind; kinds without a line are left out."""
    asked = " ".join(words.split())
    if not asked or len(asked) > LONGEST or problem_of(asked, limit=LONGEST) is not None:
        return []
    groups = [
        _cases(asked, viewer, now=now, most=most),
        _areas(asked, viewer, most=most),
        *_rows(asked, viewer, now=now, most=most),
        _types(asked, most=most),
        _pages(asked, viewer, most=most),
        _help(asked, most=most),
    ]
    return [one for one in groups if one.found]


def straight_to(words: str, viewer: Actor) -> str:
    """The address of the one case whose number this is, or ""."""
    number = words.upper().replace(" ", "")
    found = by_number(number, viewer) if is_case_number(number) else None
    return case_url(found.pk) if found is not None else ""


def _cases(asked: str, viewer: Actor, *, now: datetime, most: int) -> Group:
    group = Group(_("案件"))
    if not (viewer.has(Duty.READ) or viewer.has(Duty.HANDLE)):
        return group
    number = asked.upper().replace(" ", "")
    if is_case_number(number):
        exact = by_number(number, viewer)
        rows = [exact] if exact is not None else []
    elif len(asked) < 2:
        rows = []
    else:
        # Open ones first: what is still in work is asked for most.
        rows = lists.cases_found(viewer, Wanted(words=asked), now=now, page=Page(limit=most))
        if len(rows) < most:
            rows += lists.cases_found(viewer, Wanted(words=asked, state="ended"), now=now, page=Page(limit=most))
        group.more_url = f"{reverse('desk:cases')}?{urlencode({'q': asked, 'state': 'all'})}"
    names = places.names_of({one.area_code for one in rows})
    for one in rows[:most]:
        detail = [one.number, names.get(one.area_code, ""), str(state_label(State(one.state), FlowKind(one.flow)))]
        group.found.append(Found(case_url(one.pk), cut(one.title, asked), _told(detail), "list"))
    return group


def _areas(asked: str, viewer: Actor, *, most: int) -> Group:
    group = Group(_("区域"))
    prefixes = places.seen_areas(viewer)
    fits = fitting(asked)
    for prefix in prefixes:
        for code, name in places.names_within(prefix).items():
            if code.startswith(asked) or fits(places.own_name_of(code)):
                own, url = places.own_name_of(code), reverse("places:area", args=[code])
                group.found.append(Found(url, cut(own, asked), _told((name if name != own else "", code)), "map"))
                if len(group.found) >= most:
                    return group
    return group


def _rows(asked: str, viewer: Actor, *, now: datetime, most: int) -> Iterator[Group]:
    """Rows of every register the viewer reads."""
    by_letters = is_initials(asked)
    if len(asked) < 2:
        return
    held = None if by_letters else registers.holding(viewer, asked, now=now)
    for register in declared.all_for(viewer):
        if not register.listed_apart or (held is not None and register.key not in held):
            continue
        group = Group(str(register.label))
        page: Page[Any] = Page(limit=most)
        if by_letters:
            ids = NAMES.ids(register, asked, tuple(register.prefixes(viewer)))
            rows = page.of(
                [
                    one.filter(register.present(now=now), pk__in=ids)
                    for one in (register.branches(viewer) if ids else ())
                ],
                order=("pk",),
            )
        else:
            rows = registers.page(register, viewer, registers.Wanted(words=asked), page, now=now)
            group.more_url = f"{reverse('registers:list', args=[register.key])}?{urlencode({'q': asked})}"
        names = places.names_of({register.area_of(one) for one in rows})
        for one in rows:
            url = reverse("registers:row", args=[register.key, one.pk])
            detail = names.get(register.area_of(one), "")
            group.found.append(Found(url, cut(register.title_of(one), asked), detail, register.icon))
        yield group


def _types(asked: str, *, most: int) -> Group:
    group = Group(_("事项清单"))
    fits = fitting(asked)
    for one in matters.active_types():
        if one.code == asked or fits(one.name) or (len(asked) >= 2 and any(asked in word for word in one.words)):
            detail = f"{one.matter_class.name} · {one.code}"
            group.found.append(Found(reverse("matters:type", args=[one.code]), cut(one.name, asked), detail, "book"))
            if len(group.found) >= most:
                break
    return group


def _pages(asked: str, viewer: Actor, *, most: int) -> Group:
    """The pages of the viewer's own menu."""
    group = Group(_("去哪一页"))
    fits = fitting(asked)
    for one in menu_for(viewer):
        if fits(str(one.label)):
            group.found.append(Found(reverse(one.url_name), cut(str(one.label), asked), "", one.icon))
    return Group(group.label, group.found[:most])


def _help(asked: str, *, most: int) -> Group:
    group = Group(_("帮助"))
    fits = fitting(asked)
    for topic in guide.TOPICS:
        if fits(str(topic.title)) or (len(asked) >= 2 and asked in str(topic.text)):
            url = reverse("desk:help_topic", args=[topic.slug])
            group.found.append(Found(url, cut(str(topic.title), asked), "", "info"))
    return Group(group.label, group.found[:most])


def fitting(asked: str) -> Callable[[str], bool]:
    """Whether a name is meant: every word stands in it, or its initials hold the letters asked for."""
    letters = asked.lower() if is_initials(asked) else ""
    parts = asked.lower().split()

    def fits(name: str) -> bool:
        read = name.lower()
        return all(part in read for part in parts) or bool(letters and letters in initials(name))

    return fits


def cut(title: str, asked: str) -> list[Piece]:
    """The title in pieces, the words asked for marked."""
    pieces: list[Piece] = [Piece(title)]
    for word in dict.fromkeys(asked.split()):
        pieces = [part for piece in pieces for part in _split(piece, word)]
    return pieces


def _split(piece: Piece, word: str) -> Iterable[Piece]:
    if piece.hit:
        return [piece]
    at = piece.text.lower().find(word.lower())
    if at < 0:
        return [piece]
    end = at + len(word)
    made = [Piece(piece.text[:at]), Piece(piece.text[at:end], True), Piece(piece.text[end:])]
    return [one for one in made if one.text]


def _told(parts: Iterable[str]) -> str:
    return " · ".join(part for part in parts if part)


class _Names:
    """Initials of the rows of registers, kept for a minute; who may see a row is asked afresh each time."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[float, list[tuple[UUID, str, str]]]] = {}
        self._lock = Lock()

    def ids(self, register: Any, asked: str, prefixes: tuple[str, ...]) -> list[UUID]:
        letters = asked.lower()
        found = (
            pk for pk, area, read in self._names(register) if letters in read and area.startswith(prefixes or ("-",))
        )
        return [pk for pk, _place in zip(found, range(ON_THE_PAGE * 4), strict=False)]

    def _names(self, register: Any) -> list[tuple[UUID, str, str]]:
        with self._lock:
            kept = self._kept.get(register.key)
        if kept is not None and kept[0] > time.monotonic():
            return kept[1]
        made: list[tuple[UUID, str, str]] = []
        if "name" in {one.name for one in register.columns} and register.field_of("name") is not None:
            rows = register.model._default_manager.values_list("pk", register.area_field, "name")[:MOST_NAMES]
            made = [(pk, area or "", initials(name or "")) for pk, area, name in rows]
        with self._lock:
            self._kept[register.key] = (time.monotonic() + NAMES_STAY, made)
        return made

    def forget(self) -> None:
        with self._lock:
            self._kept.clear()


NAMES = _Names()
