"""Forms of what is decided about a case beside its flow: leaving it out of scores, and keeping it confidential."""

from __future__ import annotations

from collections.abc import Iterator

from django import forms
from django.utils import timezone

from huying.approvals.models import Approval
from huying.approvals.rules import ApprovalKind
from huying.cases.actions import confiding, excluding, settling
from huying.cases.actions.excluding import WORDS
from huying.cases.forms.base import MoveForm, ReasonForm, Subject, radio_field, words_field
from huying.cases.forms.desk import DecideForm
from huying.cases.models import Exclusion
from huying.cases.queries import exclusions as reads
from huying.cases.rules import OPEN
from huying.cases.rules.exclusions import ANSWERED, FLOW, ExclusionState, ExclusionVerb
from huying.clocks.queries import day_words
from huying.kernel.terms import _
from huying.people.rules import Duty
from huying.ui.words import due_words


def exclusions_of(subject: Subject) -> list[Exclusion]:
    """What stands of the case, read once a page, and only where there is any."""
    kept: list[Exclusion] | None = getattr(subject, "_exclusions", None)
    if kept is None:
        kept = reads.standing(subject.case)
        subject._exclusions = kept  # type: ignore[attr-defined]
    return kept


class AskExclusionForm(MoveForm):
    """The kind with what it needs, why, and the evidence."""

    kind = radio_field(_("剔除的种类"), missing=_("请选剔除的种类。"))
    reason = words_field(_("为什么剔除"), limit=WORDS, help_text=_("只写这件事，不写是谁反映的、以前反映过什么。"))
    evidence = words_field(_("证据"), limit=WORDS, missing=_("请写明证据。没有证据不能剔除。"))

    def prepare(self, subject: Subject) -> None:
        field = self.fields["kind"]
        assert isinstance(field, forms.ChoiceField)
        kinds = reads.kinds(timezone.localdate(subject.now), subject.case.area_code)
        field.choices = [(one.code, one.name) for one in kinds]
        self.lines = [(one.name, one.needs) for one in kinds]
        held = reads.in_force(exclusions_of(subject))
        if held is not None and held.until is not None:
            self.lines.insert(0, (_("现在剔除到"), day_words(held.until, subject.now)))
        self.notices = [
            ("", _("由两人审定，第二人要在 1 个工作日内定，都不能经办过。剔除 90 天，诉求人看得到原因，可以提异议。"))
        ]


class DecideExclusionForm(DecideForm):
    """What is asked, by which evidence, and what the caller said against it."""

    yes, no = _("同意剔除"), _("不剔除")

    def approval(self, subject: Subject) -> Approval | None:
        row = reads.waiting(exclusions_of(subject))
        if row is None:
            return None
        self.lines = [(_("种类"), row.kind.name), (_("要有的证据"), row.kind.needs), (_("证据"), row.evidence)]
        if row.objection:
            self.lines.append((_("诉求人的异议"), row.objection))
        clock = reads.second_clock(row) if row.state == ExclusionState.SECONDING else None
        if clock is not None:
            self.lines.append((_("最晚审定"), due_words(clock.due_at, subject.now)))
        self.quote = row.reason
        return None


class AskConfidentialForm(ReasonForm):
    def prepare(self, subject: Subject) -> None:
        lifts = subject.case.confidential
        words = (
            _("现在保密。由分管领导决定解除；解除后，按地方分工的同事都看得到。")
            if lifts
            else _("由分管领导决定。保密后，只有办理单位和有保密职责的同事看得到。")
        )
        self.notices = [("", words)]


class DecideConfidentialForm(DecideForm):
    kind = ApprovalKind.CONFIDENTIAL
    yes, no = _("按申请改"), _("不改")

    def prepare(self, subject: Subject) -> None:
        super().prepare(subject)
        found = self.approval(subject)
        if found is not None:
            wanted = _("改为保密") if found.facts["confidential"] else _("解除保密")
            self.lines.append((_("申请什么"), str(wanted)))


def moves_beside(subject: Subject) -> Iterator[str]:
    """Names of the moves outside the table that this person may make now."""
    docket, actor, case = subject.docket, subject.actor, subject.case
    if case.state in ANSWERED:
        yield from _of_exclusions(subject)
    if case.state not in OPEN:
        return
    if confiding.may_ask(docket, actor) and not confiding.why_not(docket):
        yield "ask_confidential"
    if settling.may_meet(docket, actor):
        yield "council"
    asked = docket.open_approval(ApprovalKind.CONFIDENTIAL, case.pk)
    if asked is not None and asked.asked_by != actor.id and actor.may(Duty.LEAD, case.desk_code):
        yield "decide_confidential"


def _of_exclusions(subject: Subject) -> Iterator[str]:
    docket, actor, now = subject.docket, subject.actor, subject.now
    rows = exclusions_of(subject)
    row = reads.waiting(rows)
    if row is not None and excluding.may_decide(docket, row, actor):
        facts = excluding.facts_of(docket, row, rows, actor=actor, now=now)
        if FLOW.refusal(ExclusionVerb.REFUSE, facts) is None:
            yield "decide_exclusion"
    if excluding.may_ask(docket, actor):
        facts = excluding.facts_of(docket, None, rows, actor=actor, now=now)
        if FLOW.refusal(ExclusionVerb.ASK, facts) is None:
            yield "ask_exclusion"
