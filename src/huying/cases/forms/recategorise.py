"""The form of another type of matter: what would follow from it stands there before it is sent."""

from __future__ import annotations

from copy import copy
from typing import Any, ClassVar
from uuid import UUID

from django import forms

from huying.cases.forms.base import Button, MoveForm, Subject, radio_field, select_field, words_field
from huying.cases.forms.desk import choose_from, type_choices
from huying.cases.forms.units import UnitChoices, UnitRow
from huying.cases.rules import FLOW, OrderRole, State, Verb
from huying.clocks import actions as clock_actions
from huying.clocks import queries as clocks
from huying.clocks.rules import Limit
from huying.kernel.terms import Label, _, listed
from huying.matters import queries as matters
from huying.matters.models import MatterType
from huying.matters.rules import CallBackPolicy, CheckPolicy, Step
from huying.matters.rules.stages import stages_of
from huying.ui.words import due_words


class RecategoriseForm(MoveForm):
    type_code = select_field(_("改成哪一类"), missing=_("请选另一类事项。"))
    lead = radio_field(_("改了以后谁主办"), required=False, help_text=_("列出的是在这里有这项职责的单位。"))
    reason = words_field(_("为什么改"), limit=500, missing=_("请写明为什么改。"))
    kinds: ClassVar[dict[str, str]] = {"lead": "units"}
    needed: ClassVar[frozenset[str]] = frozenset({"lead"})

    def prepare(self, subject: Subject) -> None:
        choose_from(self, "type_code", type_choices(subject, empty=None if subject.case.type_code else _("请选另一类")))
        self.fields["type_code"].initial = subject.case.type_code
        code = self.asked("type_code") or subject.case.type_code
        kind = matters.type_of(code) if code != subject.case.type_code else None
        self.routed = kind is not None and self._may_hand_on(subject)
        if kind is not None:
            self._foresee(subject, kind)
        if kind is None or not self.routed:
            del self.fields["lead"]
        else:
            self._offer(subject, kind)
        self.previewed = kind is not None

    @staticmethod
    def _may_hand_on(subject: Subject) -> bool:
        """Whether a unit has it whose place another could take, by this person."""
        docket = subject.docket
        if subject.case.state != State.IN_HAND or not docket.may_walk(Verb.REASSIGN, subject.actor):
            return False
        return FLOW.refusal(Verb.REASSIGN, docket.facts(actor=subject.actor, now=subject.now)) is None

    def _offer(self, subject: Subject, kind: MatterType) -> None:
        """Who leads now stays where it has the duty; else the first that has it is proposed."""
        field = self.fields["lead"]
        assert isinstance(field, forms.ChoiceField)
        self.units = UnitChoices(subject, kind.code, subject.case.area_code)
        able = [one for one in self.units.responsible if not self.units.bar(one, lead=True)]
        field.choices = [(str(one.pk), one.name) for one in able]
        field.required = bool(able)
        lead = subject.docket.lead
        if lead is not None and lead.unit_id in {one.pk for one in able}:
            field.initial = str(lead.unit_id)
        elif able:
            field.initial = str(able[0].pk)
            self.notices.append(("warn", _("现在主办的单位没有新类型的职责，请换一个单位。")))
        if not able:
            self.notices.append(("warn", _("新类型在这里还没有负责的单位。改了以后还由现在的单位办。")))

    def part_rows(self, name: str) -> list[Any]:
        if name != "lead":
            return []
        chosen, units = self.asked("lead"), self.units
        return [
            UnitRow(str(one.pk), one.name, units.reason(one), units.bar(one, lead=True), str(one.pk) == chosen)
            for one in units.responsible
        ]

    def _foresee(self, subject: Subject, kind: MatterType) -> None:
        """What would change, line by line."""
        case, old = subject.case, subject.type
        self.lines = [(_("事项"), f"{old.name if old else _('还没有定')} → {kind.name}")]
        self.lines += self._clock_lines(subject, kind)
        if kind.stages and case.state in (State.IN_HAND, State.REVIEWING):
            told = listed(f"{one.name} {one.limit.words()}" for one in stages_of(kind.stages))
            self.lines.append((_("分段时限"), told))
        if old is None or old.check_policy != kind.check_policy:
            self.lines.append((_("现场核查"), str(CheckPolicy(kind.check_policy).label)))
        if old is None or old.call_back_policy != kind.call_back_policy:
            self.lines.append((_("回访"), str(CallBackPolicy(kind.call_back_policy).label)))
        if kind.proof:
            self.lines.append((_("办结要的凭证"), kind.proof))
        if kind.filing_condition:
            self.lines.append((_("立案条件"), kind.filing_condition))
        if kind.confidential and not case.confidential:
            self.notices.append(("warn", _("新类型是保密的：改了以后，没有保密职责的同事看不到这件事。")))
        if not self.routed and case.state == State.IN_HAND:
            self.notices.append(("", _("改类型不换单位。要换，请调度员改派。")))
        if self.routed and any(one.role == OrderRole.ASSIST for one in subject.docket.live_orders):
            self.notices.append(("", _("换了主办，协办的工单也撤销，要的话再加。")))
        self.notices.append(("", _("以前问的、答的和办的都留着，注明是在原来的类型下。")))

    @staticmethod
    def _clock_lines(subject: Subject, kind: MatterType) -> list[tuple[Label, str]]:
        """Running clocks whose limit would be another, counted anew from their start."""
        case, knowledge = copy(subject.case), subject.docket.knowledge
        found: list[tuple[Label, str]] = []
        case.type_code, case.catalogue_version = kind.code, matters.version_number()
        for clock in subject.docket.running(object_id=case.pk):
            if clock.step not in Step.values:
                continue
            row = knowledge.limit_of(case, Step(clock.step), at=clock.changed_at or clock.started_at)
            if clock.limit == str(row.limit):
                continue
            other = copy(clock)
            clock_actions.change_limit(other, row.limit, row.source, now=subject.now)
            clock_actions.reckon(other, knowledge.calendar, clocks.pauses_of(clock))
            words = f"{Limit.parse(clock.limit).words()} → {row.limit.words()}"
            due = "" if other.paused_at else due_words(other.due_at, subject.now)
            found.append((Step(clock.step).label, " · ".join(filter(None, (words, due)))))
        return found

    def buttons(self, submit: Label) -> list[Button]:
        look = Button(_("看看会怎样"), "find", "1", "btn-main" if not self.previewed else "")
        return [look, Button(submit)] if self.previewed else [look]

    def arguments(self) -> dict[str, Any]:
        data = self.cleaned_data
        lead = data.get("lead")
        return {"type_code": data["type_code"], "reason": data["reason"], "lead_id": UUID(lead) if lead else None}
