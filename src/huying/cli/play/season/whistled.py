"""Whistles in a season: a lower tier calls the next one to the place, they come, it is ended, both rate."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from huying.approvals.rules import ApprovalKind
from huying.cases.actions import Docket, whistling
from huying.cases.codes import arrival_code
from huying.cases.models import Whistle, WhistlePart
from huying.cases.queries import whistles
from huying.cases.queries.whistles import Rows
from huying.cases.rules.whistles import OVER, PartState, WhistleState, may_call
from huying.cli.play.season.deeds import step
from huying.cli.play.story import Step
from huying.kernel.actor import Actor
from huying.people.models import Organisation
from huying.people.rules import Duty
from huying.places.rules import parent_of

if TYPE_CHECKING:
    from huying.cli.play.season.story import SeasonStory

BLOWN = "blown"  # among the turns of a story whose whistle was asked for


def blow(story: SeasonStory, docket: Docket, now: datetime) -> Step | None:
    """Somebody of a unit that answers for the place, with a head, calls one or two of the next tier."""
    case = docket.case
    callers = _callers(story, docket) if not case.restricted and whistles.kinds(now, case.area_code) else []
    story.rng.shuffle(callers)
    for one, unit in callers:
        called = _called(story, docket, unit)
        if called:
            given = {
                "kind": story.rng.choice(("livelihood", "enforcement")), "unit_ids": called, "caller_id": unit.pk,
                "reason": story.words.beyond,
            }  # fmt: skip
            at = now + timedelta(minutes=story.rng.randint(5, 60))
            story.turns.add(BLOWN)
            return step(whistling.ask_whistle, case.pk, one, at, **given)
    return None


def _callers(story: SeasonStory, docket: Docket) -> list[tuple[Actor, Organisation]]:
    place, away = docket.case.area_code, story.away(docket)
    return [
        (one, unit)
        for unit in story.season.units
        if place.startswith(unit.area_code) and story.cast.member(unit.pk, Duty.SIGN) is not None
        for one in story.cast.actors
        if one.id not in away
        and one.may(Duty.READ, place)
        and any(one.may_for_unit(duty, unit.pk) for duty in whistles.ASKERS)
    ]


def _called(story: SeasonStory, docket: Docket, unit: Organisation) -> list[object]:
    """One unit of the next tier, perhaps a second one whose people are others."""
    place, caller, away = docket.case.area_code, whistles.body_of(unit), story.away(docket)
    fits = [
        one
        for one in story.season.units
        if may_call(caller, whistles.body_of(one), place=place, callers=(caller.level,))
        and story.cast.member(one.pk, Duty.HANDLE, but=away) is not None
    ]
    if not fits:
        return []
    first = story.rng.choice(fits)
    theirs = [one for one in story.cast.actors if first.pk in one.units]
    apart = [one for one in fits if not any(one.pk in who.units for who in theirs)]
    second = [story.rng.choice(apart).pk] if apart and story.rng.random() < 0.3 else []
    return [first.pk, *second]


def next_step(story: SeasonStory, docket: Docket, now: datetime) -> Step | None:
    """The next move of the case's whistle that is not over."""
    over = [str(one) for one in OVER]
    going = docket.case.whistled or BLOWN in story.turns
    found = Whistle.objects.filter(case=docket.case).exclude(state__in=over).first() if going else None
    if found is None:
        return None
    rows = whistles.read(found, docket.case)
    asker = next((one for one in story.cast.actors if one.id == found.asked_by), None)
    at = now + timedelta(minutes=story.rng.randint(3, 40))
    if found.state == WhistleState.ASKED:
        head = story.cast.member(found.caller_unit_id, Duty.SIGN, but=frozenset(filter(None, [found.asked_by])))
        if head is None:
            return step(whistling.cancel_whistle, found.pk, asker, at, words="负责人不在，先不吹。")
        granted = story.rng.random() < 0.9
        return step(whistling.decide_whistle, found.pk, head, at, granted=granted, words=story.words.decided)
    for part in rows.parts:
        one = _of_part(story, docket, rows, part, at)
        if one is not None:
            return one
    if found.state == WhistleState.JOINT:
        return step(whistling.end_whistle, found.pk, asker, at, done="一起到场处理好了。", remains="无")
    if found.state == WhistleState.BLOWN:
        return step(whistling.cancel_whistle, found.pk, asker, at, words="没有单位要来，改走派单。")
    for part in rows.parts:
        if part.state == PartState.DONE and part.caller_score is None:
            score = story.rng.randint(3, 5)
            return step(whistling.rate_unit, found.pk, asker, at, part_id=part.pk, score=score)
    return None


def _of_part(story: SeasonStory, docket: Docket, rows: Rows, part: WhistlePart, at: datetime) -> Step | None:
    """What is next for one called unit; None where it has done its part."""
    key, state = rows.whistle.pk, part.state
    one = story.cast.member(part.unit_id, Duty.HANDLE, but=story.away(docket))
    above = _above(story, rows, part) if state == PartState.CALLED else None
    if rows.asked(ApprovalKind.OBJECTION, part.pk) is not None:
        given = {"part_id": part.pk, "granted": story.rng.random() < 0.4, "words": story.words.decided}
        return step(whistling.decide_objection, key, above, at, **given)
    if state == PartState.CALLED:
        may = part.objected_at is None and above is not None and rows.part_facts(part, at).in_time
        if may and story.rng.random() < 0.1:
            return step(whistling.object_to_whistle, key, one, at, words=story.words.not_ours)
        return step(whistling.answer_whistle, key, one, at, words="马上到。")
    if state == PartState.ANSWERED:
        return step(whistling.arrive_whistle, key, one, at, code=arrival_code(key))
    if state == PartState.ARRIVED:
        return step(whistling.finish_part, key, one, at, words=story.words.helped)
    if rows.whistle.state == WhistleState.ENDED and state == PartState.DONE and part.unit_score is None:
        return step(whistling.rate_caller, key, one, at, score=story.rng.randint(3, 5))
    return None


def _above(story: SeasonStory, rows: Rows, part: WhistlePart) -> Actor | None:
    """Whoever dispatches for the tier above the caller and belongs to neither side."""
    above = parent_of(rows.whistle.caller_unit.area_code)
    sides = {rows.whistle.caller_unit_id, part.unit_id}
    found = [
        one
        for one in story.cast.actors
        if above and not sides & set(one.bodies) and one.may(Duty.DISPATCH, above) and one.may(Duty.READ, above)
    ]
    return story.rng.choice(found) if found else None
