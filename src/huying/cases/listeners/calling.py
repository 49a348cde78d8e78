"""What people are told of whistles: who decides, who is called, who is late, what is to be ended and rated.

Idempotent by the news' id. Only people who may see the case are told of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from huying.cases import events
from huying.cases.actions import whistling
from huying.cases.listeners.telling import tell, when
from huying.cases.models import Case, Whistle, WhistlePart
from huying.cases.queries.whistles import by_step
from huying.cases.rules.whistles import (
    ANSWER,
    ARRIVE,
    THING,
    WAITED_FOR,
    PartState,
    PartVerb,
    WhistleState,
    WhistleVerb,
)
from huying.clocks.models import Clock
from huying.kernel.actor import system
from huying.kernel.events import News
from huying.people import queries as people
from huying.people.models import Account, Organisation
from huying.people.rules import Duty
from huying.places.rules import parent_of

LOOK_BACK = timedelta(hours=6)  # a sweep that stood still for longer starts afresh
MOST = 500
V, U = WhistleVerb, PartVerb
CALLED_BY = frozenset({V.APPROVE, V.PHONE, V.ASK})
SAID = {V.APPROVE, V.REFUSE, V.CONFIRM, V.DISOWN}


@events.whistled.listen
def told(news: News) -> None:
    """Tell those whose move comes next, and those who waited for this one."""
    rows = Whistle.objects.select_related("case", "kind", "caller_unit").prefetch_related("parts__unit")
    whistle = rows.filter(pk=UUID(news.facts["whistle_id"])).first()
    if whistle is None or whistle.case.imported:
        return
    verb, parts = news.facts["verb"], list(whistle.parts.all())
    part = next((one for one in parts if str(one.pk) == news.facts["part_id"]), None)
    if verb in CALLED_BY:
        _tell_called(whistle, parts, news)
    if verb in (V.ASK, V.PHONE):
        _tell_head(whistle, news)
    if verb in SAID:
        _tell_asker(whistle, str(WhistleVerb(verb).label), news)
    if verb == U.OBJECT and part is not None:
        _tell_desk_above(whistle, part, news)
    if verb in (U.UPHOLD, U.OVERRULE) and part is not None:
        label = {"decision": f"{part.unit.short_name} · {PartVerb(verb).label}"}
        both = [*_members(part.unit, news.at), *_members(whistle.caller_unit, news.at)]
        _tell(whistle.case, "whistle_decided", both, news, label)
    if verb == U.FINISH and not any(one.state == PartState.ARRIVED for one in parts):
        _tell(whistle.case, "whistle_done", [*_members(whistle.caller_unit, news.at), *_asker(whistle)], news)
    if verb in (V.END, V.CANCEL):
        _tell_ended(whistle, parts, news)
    if verb == U.CLIMB and part is not None:
        _tell_above(whistle, part, news)


def _tell(case: Case, kind: str, accounts: Iterable[Account], news: News, facts: dict[str, str] | None = None) -> None:
    tell(case, kind, {one.pk: one for one in accounts}.values(), now=news.at, once=f"{news.id}:{kind}", facts=facts)


def _members(unit: Organisation, now: datetime) -> list[Account]:
    return people.members_of(unit.pk, Duty.HANDLE, now=now)


def _tell_called(whistle: Whistle, parts: list[WhistlePart], news: News) -> None:
    called = [one for one in parts if one.state == PartState.CALLED]
    kind, step = ("whistle_urgent", ARRIVE) if whistle.kind.phoned_first else ("whistle_called", ANSWER)
    times = by_step(one.pk for one in called)
    for one in called:
        clock = times[one.pk].get(step)
        facts = {"unit": whistle.caller_unit.short_name, "due": when(clock.due_at if clock else None, news.at)}
        once = f"{news.id}:{one.pk}"
        tell(whistle.case, kind, _members(one.unit, news.at), now=news.at, once=once, facts=facts)


def _tell_head(whistle: Whistle, news: News) -> None:
    """The head of the caller's unit, where somebody else of it asked."""
    waits = whistle.state == WhistleState.ASKED or (whistle.phoned_at is not None and whistle.confirmed is None)
    heads = people.members_of(whistle.caller_unit_id, Duty.SIGN, now=news.at) if waits else []
    others = [one for one in heads if one.pk != whistle.asked_by]
    _tell(whistle.case, "whistle_asked", others, news, {"unit": whistle.caller_unit.short_name})


def _tell_asker(whistle: Whistle, decision: str, news: News) -> None:
    _tell(whistle.case, "whistle_decided", _asker(whistle), news, {"decision": decision})


def _asker(whistle: Whistle) -> list[Account]:
    account = people.account(whistle.asked_by) if whistle.asked_by is not None else None
    return [account] if account is not None else []


def _tell_desk_above(whistle: Whistle, part: WhistlePart, news: News) -> None:
    above = parent_of(whistle.caller_unit.area_code)
    accounts = people.holders_of(Duty.DISPATCH, above, now=news.at) if above else []
    _tell(whistle.case, "whistle_objected", accounts, news, {"unit": part.unit.short_name})


def _tell_ended(whistle: Whistle, parts: list[WhistlePart], news: News) -> None:
    """Units that came rate; units that were called and need not come any more hear so."""
    words = {"decision": str(WhistleState(whistle.state).label)}
    accounts = [account for one in parts for account in _members(one.unit, news.at)]
    _tell(whistle.case, "whistle_ended", accounts, news, words)


def _tell_above(whistle: Whistle, part: WhistlePart, news: News) -> None:
    """The head of the late unit, and the leaders of its tier; where it has none, of the next one up."""
    clocks = by_step([part.pk])[part.pk]
    clock = clocks.get(ANSWER if part.climbed == 1 else ARRIVE)
    heads = people.members_of(part.unit_id, Duty.SIGN, now=news.at)
    facts = {"unit": part.unit.short_name, "due": when(clock.due_at if clock else None, news.at)}
    _tell(whistle.case, "whistle_late", [*heads, *leaders_above(part.unit.area_code, news.at)], news, facts)


def leaders_above(area_code: str, now: datetime) -> list[Account]:
    code = area_code
    while code:
        found = people.holders_of(Duty.LEAD, code, now=now)
        if found:
            return found
        code = parent_of(code)
    return []


def climb_late(*, now: datetime) -> int:
    """Go up the ladder for each part that is late, once for each clock; says how many."""
    late = Clock.objects.filter(
        object_kind=THING, stopped_at=None, paused_at=None, imported=False, due_at__lte=now,
        due_at__gt=now - LOOK_BACK, step__in=(ANSWER, ARRIVE),
    )  # fmt: skip
    waiting = WhistlePart.objects.filter(state__in=[str(one) for one in WAITED_FOR]).values("pk")
    found = list(late.filter(object_id__in=waiting).order_by("due_at", "pk")[:MOST])
    return sum(whistling.climb(one.object_id, one.step, actor=system("cases.whistles"), now=now) for one in found)
