"""The filters of the list as chips and tabs: what is set, what else can be chosen, each an address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from huying.cases.queries.lists import NO_MATTER, Found, Wanted
from huying.cases.rules import Channel
from huying.cases.rules.tallies import level_below
from huying.desk.forms import LIGHTS, MARKS, STATES, TIMES
from huying.desk.links import with_changes
from huying.desk.models import SavedFilter
from huying.kernel.actor import Actor
from huying.kernel.terms import Label
from huying.matters import queries as matters
from huying.people import queries as people
from huying.people.models import Organisation
from huying.people.rules import Duty
from huying.places import queries as places
from huying.places.rules import community_of, street_of

Option = tuple[str, Label]


@dataclass(frozen=True)
class Choice:
    """One way to set a filter: its address is the page's own with this one changed."""

    words: Label
    url: str
    current: bool


@dataclass(frozen=True)
class Chip:
    """One filter: what it is set to and the address without it, or what can be chosen."""

    name: str
    words: Label
    set: bool = False
    clear_url: str = ""
    options: tuple[Choice, ...] = ()


def tabs_wanted(now: datetime) -> dict[str, Wanted]:
    """Filters that everybody needs every day."""
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return {
        "open": Wanted(),
        "late": Wanted(light="red"),
        "today": Wanted(red_before=midnight),
        "twice": Wanted(flag="returned_twice"),
    }


_TAB_QUERY = {"open": "", "late": "light=red", "today": "red_today=1", "twice": "flag=returned_twice"}


def tabs_of(wanted: Wanted, counts: dict[str, Found], now: datetime) -> list[dict[str, Any]]:
    words = {"open": _("全部在办"), "late": _("已超时"), "today": _("今天变红"), "twice": _("两次退回")}
    same = tabs_wanted(now)
    return [
        {
            "words": words[name],
            "url": f"?{_TAB_QUERY[name]}",
            "count": str(counts[name]),
            "current": wanted == same[name],
        }
        for name in words
    ]


def saved_tabs(saved: Sequence[SavedFilter], query: str) -> list[dict[str, Any]]:
    """Filters under a name, after those that everybody has; they are not counted."""
    return [
        {"words": one.name, "url": f"?{one.query}", "count": None, "current": bool(query) and one.query == query}
        for one in saved
    ]


class Chips:
    """The chips of one list: built from the query, so that every choice is an address."""

    def __init__(self, query: QueryDict, wanted: Wanted, viewer: Actor) -> None:
        self.query, self.wanted, self.viewer = query, wanted, viewer

    def shown(self) -> tuple[Chip, ...]:
        """The usual ones, and every other one that is set."""
        wanted = self.wanted
        chips: list[Chip] = [self._set(_("内容"), wanted.words, "q")] if wanted.words else []
        chips += [
            *self._area(),
            self._chip(_("状态"), "state", STATES, wanted.state, usual="all" if wanted.words else "open"),
            self._matter(),
            *self._unit(),
            self._time(),
            *(chip for chip in self._rare() if chip.set),
        ]
        if wanted.red_before is not None:
            chips.append(self._set(_("到期"), _("今天变红"), "red_today"))
        return tuple(chips)

    def more(self) -> tuple[Chip, ...]:
        """The rarer ones that are not set: a menu of their own."""
        return tuple(chip for chip in self._rare() if not chip.set)

    def _rare(self) -> list[Chip]:
        channels: list[Option] = [(str(one), one.label) for one in Channel]
        return [
            self._chip(_("时限"), "light", LIGHTS, self.wanted.light),
            self._chip(_("来源"), "channel", channels, self.wanted.channel),
            self._chip(_("标记"), "flag", MARKS, self.wanted.flag),
        ]

    def _set(self, name: str, words: Label, *params: str) -> Chip:
        return Chip(name, words, set=True, clear_url=with_changes(self.query, **dict.fromkeys(params)))

    def _chip(self, name: str, param: str, options: Sequence[Option], value: str, *, usual: str = "") -> Chip:
        if value and value != usual:
            words = next((label for stored, label in options if stored == value), value)
            return self._set(name, words, param)
        first: list[Option] = [] if usual else [("", _("全部"))]
        shown = next((label for stored, label in options if stored == usual), _("全部"))
        without = with_changes(self.query, **{param: None})
        head = without if without == "?" else f"{without}&"
        rows = (
            Choice(
                label,
                f"{head}{urlencode({param: stored})}" if stored and stored != usual else without,
                stored == value,
            )
            for stored, label in [*first, *options]
        )
        return Chip(name, shown, options=tuple(rows))

    def _area(self) -> list[Chip]:
        code = self.wanted.area_code
        if code:
            chips = [self._set(_("地点"), places.name_of(code), "area", "here")]
            if self.wanted.here:
                return [*chips, self._set(_("位置"), words_unplaced(code), "here")]
            inside: list[Option] = [
                (one, name) for one, name in places.names_within(code).items() if len(one) == len(code) + 3
            ]
            if inside and len(code) in (9, 12):
                name = _("网格") if len(code) == 12 else _("社区")
                chip = self._chip(name, "area", inside, "")
                chips.append(replace(chip, options=chip.options[1:]))
            return chips
        options: list[Option] = []
        for prefix in self.viewer.areas(Duty.READ):
            deep = len(prefix) >= 9
            names = places.names_within(prefix)
            options += [
                (one, name)
                for one, name in names.items()
                if len(one) == (12 if deep and len(prefix) < 12 else 15 if deep else 9)
            ]
        return [self._chip(_("地点"), "area", options, "")] if options else []

    def _matter(self) -> Chip:
        value = self.wanted.matter
        classes: list[Option] = [*((one.code, one.name) for one in matters.classes()), (NO_MATTER, _("还没确定事项"))]
        if value:
            name = dict(classes).get(value) or (matters.name_of(value) if len(value) > 2 else value)
            return self._set(_("事项"), name, "matter")
        return self._chip(_("事项"), "matter", classes, "")

    def _unit(self) -> list[Chip]:
        value = self.wanted.unit_id
        if value is not None:
            unit = people.unit(value)
            return [self._set(_("单位"), unit.short_name if unit else _("没有这个单位"), "unit")]
        codes = self.viewer.areas(Duty.READ)
        if not codes:
            return []
        units = [one for one in units_of(codes[0]) if one.area_code.startswith(street_of(codes[0]) or codes[0])]
        return [self._chip(_("单位"), "unit", [(str(one.pk), one.short_name or one.name) for one in units], "")]

    def _time(self) -> Chip:
        if self.wanted.since is None and self.wanted.until is None:
            return self._chip(_("收到"), "days", TIMES, "")
        days = self.query.get("days", "")
        words = next((label for stored, label in TIMES if stored == days), "")
        if not words or self.query.get("since"):
            words = " – ".join(self.query.get(name, "") for name in ("since", "until"))
        return self._set(_("收到"), words, "days", "since", "until")


def words_unplaced(code: str) -> str:
    """What lies in an area, but in none of those inside it yet: `还没确定社区`."""
    words = {9: _("还没确定街道"), 12: _("还没确定社区"), 15: _("还没确定网格"), 19: _("还没确定楼栋")}
    return words.get(level_below(code) or 0, _("还没确定下级区域"))


def units_of(area_code: str) -> list[Organisation]:
    """Units above and inside the sub-district of a place (of a wider area: inside it)."""
    return people.units_for(area_code, beside=street_of(area_code) or area_code)


def as_tab(wanted: Wanted) -> Wanted:
    """The filter with only what is late of it, for the line over the table."""
    return replace(wanted, light="red")


def common_area(codes: list[str]) -> str:
    """The community or grid that holds all of these, "" where none does."""
    first = codes[0] if codes else ""
    return next(
        (
            first[:length]
            for length in (15, 12)
            if len(first) >= length and all(one.startswith(first[:length]) for one in codes)
        ),
        "",
    )


def map_area(viewer: Actor, wanted: Wanted, codes: list[str]) -> str:
    """The area that the map beside the list shows: the filter's, else the viewer's, else that of the first row."""
    for code in (wanted.area_code, *viewer.areas(Duty.READ), *codes):
        street = street_of(code)
        if street:
            return street if not wanted.area_code else (community_of(wanted.area_code) or street)
    return ""
