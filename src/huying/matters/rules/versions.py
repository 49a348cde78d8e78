"""The way of a version of the catalogue: drafted by one person, approved by another, in force from a day on."""

from __future__ import annotations

from dataclasses import dataclass

from huying.kernel.flow import Flow, Move, guard
from huying.kernel.terms import _
from huying.matters.rules import VersionState, VersionVerb
from huying.people.rules import Duty


@dataclass(frozen=True)
class VersionFacts:
    """What the guards look at: is it different from its base, is the actor another person, has it no problems."""

    state: VersionState
    changed: bool = True
    second_person: bool = True
    sound: bool = True


@guard(_("还没有任何改动，不用送审。请先改好事项。"))
def has_changes(facts: VersionFacts) -> bool:
    return facts.changed


@guard(_("起草或改过这一版的人不能审定。请换一位同事。"))
def by_second_person(facts: VersionFacts) -> bool:
    return facts.second_person


@guard(_("这一版还有不对的地方，不能送审。请先按提示改好。"))
def is_sound(facts: VersionFacts) -> bool:
    return facts.sound


FLOW = Flow([
    Move(VersionVerb.CHANGE, {VersionState.DRAFT}, None, duty=Duty.ADMIN_MATTERS),
    Move(VersionVerb.IMPORT, {VersionState.DRAFT}, None, duty=Duty.ADMIN_MATTERS),
    Move(
        VersionVerb.SUBMIT, {VersionState.DRAFT}, VersionState.SUBMITTED,
        duty=Duty.ADMIN_MATTERS, guards=(has_changes, is_sound),
    ),
    Move(VersionVerb.SEND_BACK, {VersionState.SUBMITTED}, VersionState.DRAFT, duty=Duty.APPROVE_MATTERS),
    Move(
        VersionVerb.APPROVE, {VersionState.SUBMITTED}, VersionState.APPROVED,
        duty=Duty.APPROVE_MATTERS, guards=(by_second_person,),
    ),
    Move(VersionVerb.DROP, {VersionState.DRAFT, VersionState.SUBMITTED}, VersionState.DROPPED, duty=Duty.ADMIN_MATTERS),
    Move(VersionVerb.BRING_INTO_FORCE, {VersionState.APPROVED}, VersionState.IN_FORCE),
    Move(VersionVerb.RETIRE, {VersionState.IN_FORCE}, VersionState.RETIRED),
])  # fmt: skip
