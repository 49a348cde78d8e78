"""One matter that many people report (群体性同一事件): what it covers, which calls are likely the same, its words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from huying.kernel.terms import Term, _

THING: Final = "incident"
TITLE_LIMIT: Final = 30
PLACE_LIMIT: Final = 60
WORDS_LIMIT: Final = 100  # with title and number a text message of at most three parts
MOST_PLACES: Final = 20
MOST_JOINED: Final = 300  # calls in one act
BEFORE: Final = timedelta(hours=12)  # people call before anybody knows what it is
ENDED_FOR: Final = timedelta(days=3)  # so long what has ended is still listed


class IncidentVerb(Term):
    """What history says of an incident."""

    DECLARE = "declare_incident", _("设为群体事件")
    JOIN = "join_incident", _("并入群体事件")
    SAY = "say_of_incident", _("发布进展")
    END = "end_incident", _("事件结束")
    FOLLOW = "follow_incident", _("事件范围随区域调整")


class WordKind(Term):
    """What was said to everybody who reported it."""

    KNOWN = "known", _("已知情况")
    NEWS = "news", _("进展")
    END = "end", _("结束")


class Reason(Term):
    """Why a call is likely the same matter."""

    TYPE = "type", _("同一类事项")
    PLACE = "place", _("在这个范围内")
    WORDS = "words", _("说的相近")
    NO_PLACE = "no_place", _("没有写明地点")
    TIME = "time", _("事发后报来")


class Away(Term):
    """Why a call does not go into the incident."""

    RESTRICTED = "restricted", _("保密或回避的，单独办")
    DRILL = "drill", _("演练的和真的分开办")
    DANGER = "danger", _("说到有危险，单独办")
    TYPE = "type", _("事项不同")
    PLACE = "place", _("不在范围内")
    TIME = "time", _("事发前报来")


@dataclass(frozen=True)
class Extent:
    """Where, what and since when an incident is."""

    area_codes: tuple[str, ...]
    type_code: str
    began_at: datetime
    title: str = ""
    place: str = ""
    drill: bool = False


@dataclass(frozen=True)
class Call:
    """What of a case is looked at: never who called."""

    area_code: str
    unplaced: bool
    type_code: str
    received_at: datetime
    restricted: bool = False
    danger: bool = False
    title: str = ""
    drill: bool = False


def away(extent: Extent, call: Call) -> Away | None:
    """Why a call is not part of the incident; None where it can be."""
    if call.restricted:
        return Away.RESTRICTED
    if call.drill != extent.drill:
        return Away.DRILL
    if call.danger:
        return Away.DANGER
    if extent.type_code and call.type_code and extent.type_code != call.type_code:
        return Away.TYPE
    if not touches(extent.area_codes, call.area_code, whole=call.unplaced):
        return Away.PLACE
    if call.received_at < extent.began_at - BEFORE:
        return Away.TIME
    return None


def reasons(extent: Extent, call: Call) -> list[Reason]:
    """Why a call that can be part of it is likely part of it."""
    found = [Reason.TYPE] if extent.type_code and call.type_code == extent.type_code else []
    found += [Reason.WORDS] if speaks_of(extent, call.title) else []
    found.append(Reason.NO_PLACE if call.unplaced else Reason.PLACE)
    if call.received_at >= extent.began_at:
        found.append(Reason.TIME)
    return found


def likely(why: Iterable[Reason]) -> bool:
    """Whether more than place and time speak for it: such calls are ticked from the start."""
    return not {Reason.TYPE, Reason.WORDS}.isdisjoint(why)


def speaks_of(extent: Extent, words: str) -> bool:
    """Whether words share two characters in a row with the incident's title that are not of its place's name."""
    return any(pair in words for pair in _pairs(extent.title) - _pairs(extent.place))


def _pairs(words: str) -> set[str]:
    return {words[at : at + 2] for at in range(len(words) - 1) if words[at : at + 2].isalpha()}


def touches(codes: Iterable[str], area_code: str, *, whole: bool = False) -> bool:
    """Whether an area lies in one of these; with `whole` also where it only holds one: no finer place is known."""
    return any(area_code.startswith(code) or (whole and code.startswith(area_code)) for code in codes)


def shown_for(extent: Extent, *, area_code: str, type_codes: Iterable[str] = ()) -> bool:
    """Whether somebody who is about to report from an area, perhaps of these types, is told of it first."""
    wanted = set(type_codes)
    fits = not (extent.type_code and wanted) or extent.type_code in wanted
    return fits and touches(extent.area_codes, area_code, whole=True)
