"""Exclusion of a case from scores 剔除: its kinds, its moves, and who keeps out of deciding. Never about a person.

Asked after the answer, with reason and evidence; agreed by two persons, the second within a working day; told to the
caller, who may object; over after ninety days.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from huying.cases.rules.words import OrderState, State
from huying.kernel.flow import Flow, Move, guard
from huying.kernel.terms import Label, Term, _
from huying.people.rules import Duty

THING: Final = "exclusion"  # what approvals, clocks and facts of history call it
STEP: Final = "second_decision"
SECOND_WITHIN: Final = "1wd"
HOLDS_FOR: Final = timedelta(days=90)
ASKED_WITHIN: Final = timedelta(days=30)  # of the end of the case
RENEWED_WITHIN: Final = timedelta(days=14)  # before it is over
ANSWERED: Final = frozenset({State.CLOSED, State.ANSWERED, State.DECLINED})
"""Ends with an answer to the caller: what is not answered is never excluded."""


GONE: Final = (OrderState.RETURNED, OrderState.CANCELLED)
"""Orders of units that did not handle the case."""


class ExclusionState(Term):
    ASKED = "asked", _("待第一人审定")
    SECONDING = "seconding", _("待第二人审定")
    IN_FORCE = "in_force", _("已剔除")
    REFUSED = "refused", _("没有同意")
    LAPSED = "lapsed", _("第二人没有按时审定")
    ENDED = "ended", _("已结束")


WAITING: Final = frozenset({ExclusionState.ASKED, ExclusionState.SECONDING})
STANDING: Final = WAITING | {ExclusionState.IN_FORCE}


class ExclusionVerb(Term):
    """Moves of an exclusion, and lines of its case's history."""

    ASK = "ask_exclusion", _("申请剔除")
    AGREE = "agree_exclusion", _("第一人同意剔除")
    EXCLUDE = "exclude", _("第二人同意剔除")
    REFUSE = "refuse_exclusion", _("不同意剔除")
    LAPSE = "lapse_exclusion", _("第二人没有按时审定")
    OBJECT = "object_exclusion", _("诉求人对剔除有异议")
    END = "end_exclusion", _("剔除结束")


# Whose decision the state waits for: one of these duties over the case's desk, and how it is agreed to.
DECIDES: Final[dict[ExclusionState, tuple[tuple[Duty, ...], ExclusionVerb]]] = {
    ExclusionState.ASKED: ((Duty.FILE,), ExclusionVerb.AGREE),
    ExclusionState.SECONDING: ((Duty.LEAD, Duty.SUPERVISE), ExclusionVerb.EXCLUDE),
}


@dataclass(frozen=True)
class KindRow:
    """One kind as it is shipped: the evidence that it needs, and what the caller is told."""

    code: str
    label: Label
    needs: Label
    told: Label


SHIPPED: Final = (
    KindRow(
        "beyond", _("超出法定职权"),
        _("写明哪部法律、哪一条，或履职清单的哪一项；并写明已经告诉诉求人该找谁。"),
        _("这件事依法不归街道和办理单位管，答复里写了可以找谁。"),
    ),
    KindRow(
        "untrue", _("反映的情况不属实"),
        _("写明几时、哪两位到现场核实，看到什么；照片或记录在案件里。"),
        _("到现场核实，情况和反映的不一样。"),
    ),
    KindRow(
        "unreasonable", _("如实答复后，余下的要求没有依据"),
        _("写明已经怎样答复，余下的要求和哪条法律政策不符。"),
        _("已经如实答复，余下的要求没有法律和政策依据。"),
    ),
    KindRow(
        "repeated", _("同一地点同一件事已有最后答复"),
        _("写明最后答复的案件编号和日期，并写明这次没有新的情况。"),
        _("同一地点的同一件事已经有最后答复，这次没有新的情况。"),
    ),
    KindRow(
        "other_way", _("已经在走诉讼、仲裁、复议或信访程序"),
        _("写明受理机关、文号和受理日期。"),
        _("这件事已经由法院、仲裁、复议或信访机关受理，要等那边的结果。"),
    ),
    KindRow(
        "conditions", _("受规划、产权或政策所限，现在办不了"),
        _("写明批复、规划或政策的名称和文号，以及几时再看。"),
        _("受规划、产权或政策所限，现在还办不了，条件有了会再办。"),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class ExclusionFacts:
    """What the guards look at. A form that is not given yet leaves its guards open."""

    state: ExclusionState | None
    answered: bool = False
    counted: bool = True
    recent: bool = True
    waiting: bool = False  # another one is asked for
    standing: bool = False  # another one is in force
    renewable: bool = False
    objected: bool = False
    hands: frozenset[UUID] = frozenset()  # who asked or decided before
    handlers: frozenset[UUID] = frozenset()
    handling_units: frozenset[UUID] = frozenset()
    actor_id: UUID | None = None
    actor_units: tuple[UUID, ...] = ()
    reason: str | None = None
    evidence: str | None = None


@guard(_("要先答复诉求人，才能申请剔除。"))
def answered_first(facts: ExclusionFacts) -> bool:
    return facts.answered


@guard(_("这件事本来就不计入考核，不用申请。"))
def counted_otherwise(facts: ExclusionFacts) -> bool:
    return facts.counted


@guard(_("办结超过 30 天，不能再申请剔除。"))
def asked_in_time(facts: ExclusionFacts) -> bool:
    return facts.recent or facts.standing


@guard(_("这件事的剔除申请还在等审定。"))
def nothing_waits(facts: ExclusionFacts) -> bool:
    return not facts.waiting


@guard(_("这件事已经剔除。到期前 14 天内才能申请续期。"))
def renewed_late(facts: ExclusionFacts) -> bool:
    return not facts.standing or facts.renewable


@guard(_("请写明原因。"))
def reason_given(facts: ExclusionFacts) -> bool:
    return facts.reason is None or bool(facts.reason)


@guard(_("请写明证据。没有证据不能剔除。"))
def evidence_given(facts: ExclusionFacts) -> bool:
    return facts.evidence is None or bool(facts.evidence)


@guard(_("您申请过或审定过这一件，要由没有经手的人来定。"))
def fresh_hands(facts: ExclusionFacts) -> bool:
    return facts.actor_id not in facts.hands


@guard(_("您或您的单位办过这件事，不能审定。请交给没有经办的人。"))
def did_not_handle(facts: ExclusionFacts) -> bool:
    return facts.actor_id not in facts.handlers and not facts.handling_units & set(facts.actor_units)


@guard(_("对这次剔除已经提过一次异议。"))
def not_objected(facts: ExclusionFacts) -> bool:
    return not facts.objected


E, V = ExclusionState, ExclusionVerb
_ASKS = (
    answered_first, counted_otherwise, nothing_waits, renewed_late, asked_in_time, reason_given, evidence_given,
)  # fmt: skip
_APART = (fresh_hands, did_not_handle)
FLOW = Flow(
    [
        Move(V.ASK, {None}, E.ASKED, guards=_ASKS),
        Move(V.AGREE, {E.ASKED}, E.SECONDING, guards=_APART),
        Move(V.EXCLUDE, {E.SECONDING}, E.IN_FORCE, guards=_APART),
        Move(V.REFUSE, WAITING, E.REFUSED, guards=(*_APART, reason_given)),
        Move(V.LAPSE, {E.SECONDING}, E.LAPSED),
        Move(V.OBJECT, {E.IN_FORCE}, E.ASKED, guards=(not_objected, reason_given)),
        Move(V.END, STANDING, E.ENDED),
    ]
)
