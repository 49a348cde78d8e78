"""Forms about units: who gets it, who takes it, who gives it back, what was done."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.utils import timezone

from huying.approvals.models import Approval
from huying.approvals.rules import ApprovalKind, ApprovalState
from huying.cases.actions.asking import TERMS
from huying.cases.actions.granting import MOST_ASKED
from huying.cases.actions.settling import FACTS, MINUTES
from huying.cases.forms.base import (
    Button,
    MoveForm,
    Subject,
    line_field,
    radio_field,
    select_field,
    words_field,
)
from huying.cases.forms.desk import DecideForm, RegisterForm, choose_report, last_words
from huying.cases.forms.drafting import Drafted
from huying.cases.forms.looking import Looked
from huying.cases.models import Case, WorkOrder
from huying.cases.queries import settled
from huying.cases.queries.stages import step_words
from huying.cases.rules import CallResult, HoldReason, OrderRole, OrderState, Outcome, OwnStep, State, Verb
from huying.cases.rules.guards import LONGEST_HOLD
from huying.clocks.queries import day_words
from huying.clocks.rules import Limit
from huying.clocks.rules import Unit as ClockUnit
from huying.files.forms import ImagesField, PapersField
from huying.kernel.actor import Actor
from huying.kernel.terms import Label, _, clauses, listed
from huying.matters import queries as matters
from huying.matters.models import MatterType
from huying.matters.rules import DutyKind, Step
from huying.matters.rules.knowledge import ReplyFor
from huying.matters.rules.stages import stage_number
from huying.people import queries as people
from huying.people.models import Organisation
from huying.places import queries as places
from huying.places.queries import components
from huying.places.queries.components import Near
from huying.places.rules import is_code, street_of
from huying.ui.words import due_words

FOUND_AT_ONCE = 12


@dataclass(frozen=True)
class UnitRow:
    """A unit that may be chosen: why it is offered, or why it is barred."""

    id: str
    name: str
    reason: Label = ""
    barred: Label = ""
    checked: bool = False


class UnitChoices:
    """The units of a case: those with the duty first, with their reason; all others by search."""

    def __init__(self, subject: Subject, type_code: str, area_code: str) -> None:
        case = subject.case
        kind = matters.type_of(type_code)
        self.responsible = matters.owners_of(kind.code, area_code) if kind is not None else []
        self.clause = kind.clause if kind else ""
        facts = subject.docket.facts(actor=subject.actor, now=subject.now)
        self.recused = facts.recused_units
        self.returned = facts.returned_units
        self.busy = {one.unit_id for one in facts.live}
        self.near = (area_code or case.area_code, street_of(case.area_code) or case.area_code)

    @cached_property
    def every(self) -> list[Organisation]:
        area_code, street = self.near
        return people.units_for(area_code, beside=street)

    def bar(self, unit: Organisation, *, lead: bool) -> Label:
        if unit.pk in self.recused:
            return _("回避，不可选")
        if lead and unit.pk in self.returned:
            return _("退回过，不可选")
        return ""

    def reason(self, unit: Organisation) -> Label:
        where = places.own_name_of(unit.area_code)
        return f"{self.clause} · {where}" if self.clause else where


def precedent_lines(viewer: Actor, type_code: str, area_code: str) -> list[tuple[Label, str]]:
    """How like disputes were settled: where, what it was about, whose it is and why."""
    lines: list[tuple[Label, str]] = []
    for one in settled.precedents_for(viewer, type_code, area_code):
        told = {"facts": one.facts, "unit": one.unit.name, "why": one.why, "clause": one.clause}
        words = _("%(facts)s → %(unit)s。%(why)s（%(clause)s）") if one.clause else _("%(facts)s → %(unit)s。%(why)s")
        lines.append((_("判例 %(place)s") % {"place": places.own_name_of(one.area_code)}, str(words) % told))
    return lines


def component_near(case: Case, kind: MatterType | None) -> Near | None:
    """The component that a case of this type is about, by its point."""
    return components.about(kind.name, case.lng, case.lat) if kind is not None else None


def component_lines(near: Near | None) -> list[tuple[Label, str]]:
    """Which component, how far from the point, and whose it is."""
    if near is None:
        return []
    one = near.component
    bodies = ((_("主管"), one.competent), (_("权属"), one.owner), (_("养护"), one.keeper))
    told = listed([f"{label} {body}" for label, body in bodies if body])
    place = {"name": one.name, "number": one.number, "metres": near.metres}
    words = str(_("%(name)s %(number)s，离这里 %(metres)s 米") % place)
    return [(_("部件"), clauses([words, told] if told else [words]))]


def keeper_among(units: Iterable[Organisation], near: Near | None) -> UUID | None:
    """The unit that keeps the component in order, if it is one of these."""
    keeper = near.component.keeper.strip() if near is not None else ""
    return next((one.pk for one in units if keeper and keeper in (one.name, one.short_name)), None)


def duty_words(kind: MatterType | None) -> str:
    """The entry of the duty list behind a type: which list, what it says, and who leads where others do."""
    if kind is None:
        return ""
    entry = kind.duty_entry
    told = {"kind": entry.kind_label, "text": entry.text, "lead": entry.lead}
    return str((_("%(kind)s：%(text)s（牵头：%(lead)s）") if entry.lead else _("%(kind)s：%(text)s")) % told)


class LeadFields(MoveForm):
    """A lead among the units with the duty, and assistants."""

    lead = radio_field(_("主办单位"), missing=_("请选一个主办单位。"), help_text=_("列出的是在这里有这项职责的单位。"))
    assistants = forms.MultipleChoiceField(
        label=_("协办单位"), required=False, widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": _("没有这个单位。请重新选。")},
    )  # fmt: skip
    unit_words = line_field(_("找别的协办单位"), limit=30, required=False)
    instruction = words_field(_("给单位的话"), limit=1000, required=False, rows=2)
    kinds: ClassVar[dict[str, str]] = {"lead": "units", "assistants": "assistants", "unit_words": "inside"}

    def prepare(self, subject: Subject) -> None:
        super().prepare(subject)
        self.units = UnitChoices(subject, self.for_type(), self.for_area())
        lead, assistants = self.fields["lead"], self.fields["assistants"]
        assert isinstance(lead, forms.ChoiceField)
        assert isinstance(assistants, forms.MultipleChoiceField)
        leads = self.leads()
        lead.choices = [(str(one.pk), one.name) for one in leads if not self.units.bar(one, lead=True)]
        if len(lead.choices) == 1 or (lead.choices and not lead.initial):
            lead.initial = lead.choices[0][0]
        assistants.choices = [
            (str(one.pk), one.name) for one in self.units.every if not self.units.bar(one, lead=False)
        ]
        if not leads:
            self.notices.append(("warn", self.nobody()))
        near = component_near(subject.case, matters.type_of(self.for_type()))
        keeper = keeper_among((one for one in leads if not self.units.bar(one, lead=True)), near)
        if keeper is not None:
            lead.initial = str(keeper)
        self.lines += component_lines(near)
        self.lines += precedent_lines(subject.actor, self.for_type(), self.for_area())

    def nobody(self) -> Label:
        return _("这类事项在这里还没有负责的单位。请先更正事项类型，或请管理员补上。")

    def for_type(self) -> str:
        return self.subject.case.type_code

    def for_area(self) -> str:
        return self.subject.case.area_code

    def leads(self) -> list[Organisation]:
        return self.units.responsible

    def part_rows(self, name: str) -> list[UnitRow]:
        units = self.units
        if name == "lead":
            chosen = self.asked("lead")
            return [
                UnitRow(str(one.pk), one.name, units.reason(one), units.bar(one, lead=True), str(one.pk) == chosen)
                for one in self.leads()
            ]
        if name != "assistants":
            return []
        ticked = set(self.asked_all("assistants"))
        words = self.asked("unit_words").strip()
        found = [one for one in units.every if words and words in one.name][:FOUND_AT_ONCE]
        first = [one for one in units.every if str(one.pk) in ticked] + found + units.responsible
        shown = list({one.pk: one for one in first if one.pk not in self.left_out()}.values())
        return [UnitRow(str(one.pk), one.name, "", units.bar(one, lead=False), str(one.pk) in ticked) for one in shown]

    def left_out(self) -> set[UUID]:
        return set()

    @property
    def folds_assistants(self) -> bool:
        """Assistants stand folded until one is ticked or looked for."""
        return not (self.asked_all("assistants") or self.asked("unit_words") or self.fields["assistants"].required)

    def clean(self) -> dict[str, Any] | None:
        data = super().clean()
        # The lead's own card may be ticked among the assistants too: it leads, and that is what was meant.
        lead = self.cleaned_data.get("lead")
        if lead and "assistants" in self.cleaned_data:
            self.cleaned_data["assistants"] = [one for one in self.cleaned_data["assistants"] if one != lead]
        return data

    def chosen(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {
            "lead_id": UUID(data["lead"]),
            "assistant_ids": tuple(UUID(one) for one in data["assistants"]),
            "instruction": data["instruction"],
        }

    def arguments(self) -> dict[str, Any]:
        return self.chosen()


class DispatchForm(LeadFields):
    """Filed: to its units."""


class TakeInForm(LeadFields, RegisterForm):
    """受理即派单: what, where and whose in one form."""

    field_order = [
        "key", "type_code", "grade", "grid_code", "lng", "lat", "place_words", "title", "lead", "assistants",
        "unit_words", "instruction",
    ]  # fmt: skip
    kinds: ClassVar[dict[str, str]] = {**LeadFields.kinds, **RegisterForm.kinds}

    def for_type(self) -> str:
        return self.asked("type_code")

    def for_area(self) -> str:
        typed = self.asked("grid_code")
        return typed if is_code(typed) else self.subject.case.area_code

    def nobody(self) -> Label:
        return _("选好类型和网格后，点“按类型找单位”。")

    @property
    def refinder(self) -> Label | None:
        return _("按类型找单位")

    def arguments(self) -> dict[str, Any]:
        return {**RegisterForm.arguments(self), **self.chosen()}


class ReassignForm(LeadFields):
    reason = words_field(_("为什么改派"), limit=500, missing=_("请写明为什么改派。"))
    field_order = ["key", "lead", "reason", "assistants", "unit_words", "instruction"]


class ReassignArguments(ReassignForm):
    def arguments(self) -> dict[str, Any]:
        return {**self.chosen(), "reason": self.cleaned_data["reason"]}


class NameForm(ReassignArguments):
    """The leader names any unit that need not keep away; what was settled is kept for the next like case."""

    lead = select_field(_("指定哪个单位主办"), missing=_("请选一个主办单位。"))
    reason = words_field(_("为什么指定它"), limit=500, missing=_("请写明为什么指定它。"))
    precedent = line_field(
        _("记成判例的事实"), limit=FACTS, required=False, help_text=_("一句话，不写个人。以后同类的派单看得到。")
    )
    field_order = ["key", "lead", "reason", "precedent", "assistants", "unit_words", "instruction"]
    kinds: ClassVar[dict[str, str]] = {"assistants": "assistants", "unit_words": "inside"}

    def prepare(self, subject: Subject) -> None:
        super().prepare(subject)
        lead = self.fields["lead"]
        assert isinstance(lead, forms.ChoiceField)
        lead.choices = [("", _("请选单位")), *((str(one.pk), one.name) for one in self.leads())]
        lead.initial = ""
        for one in settled.decisions_of(subject.case)[:1]:
            lead.initial = str(one.unit_id or "")
            agreed = one.unit.name if one.unit is not None else str(_("没有定"))
            self.lines += [(_("会商意见"), agreed), (_("会商记录"), one.minutes)]
        self.notices = [("", _("已有两个单位退回。指定以后，这个单位不能再退回。"))]
        if subject.case.state == State.FILED:  # where a unit has it in hand, nobody waits for another
            due = due_words(settled.settled_by(subject.case), subject.now)
            self.notices.append(("", _("%(when)s 还没有定下来，就由首接单位主办。") % {"when": due}))

    def leads(self) -> list[Organisation]:
        return [one for one in self.units.every if not self.units.bar(one, lead=False)]

    def arguments(self) -> dict[str, Any]:
        return {**super().arguments(), "precedent": self.cleaned_data["precedent"]}


class CouncilForm(MoveForm):
    """会商: who came, what was said, and whose it is, if they agreed."""

    unit_ids = forms.MultipleChoiceField(
        label=_("参加的单位"), widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("请选参加会商的单位，至少两个。"), "invalid_choice": _("没有这个单位。请重新选。"),
        },
    )  # fmt: skip
    minutes = words_field(_("会商记录"), limit=MINUTES, rows=4, missing=_("请写会商的经过和意见。"))
    decided_id = select_field(_("定下来由谁承办"), required=False, help_text=_("没有定下来就留空。由分管领导指定。"))
    kinds: ClassVar[dict[str, str]] = {"unit_ids": "checks"}

    def prepare(self, subject: Subject) -> None:
        units = UnitChoices(subject, subject.case.type_code, subject.case.area_code)
        there, decided = self.fields["unit_ids"], self.fields["decided_id"]
        assert isinstance(there, forms.MultipleChoiceField)
        assert isinstance(decided, forms.ChoiceField)
        open_to = [one for one in units.every if not units.bar(one, lead=False)]
        first = sorted(open_to, key=lambda one: one.pk not in units.returned)
        there.choices = [(str(one.pk), one.name) for one in first]
        there.initial = [str(one) for one in units.returned]
        decided.choices = [("", _("还没有定")), *((str(one.pk), one.name) for one in first)]
        due = due_words(settled.settled_by(subject.case), subject.now)
        case = subject.case
        self.lines = [(_("最晚定下来"), due), *precedent_lines(subject.actor, case.type_code, case.area_code)]

    def arguments(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {
            "unit_ids": tuple(UUID(one) for one in data["unit_ids"]),
            "minutes": data["minutes"],
            "decided_id": UUID(data["decided_id"]) if data["decided_id"] else None,
        }


class AddUnitForm(LeadFields):
    lead = None  # type: ignore[assignment]

    def prepare(self, subject: Subject) -> None:
        MoveForm.prepare(self, subject)
        self.units = UnitChoices(subject, self.for_type(), self.for_area())
        assistants = self.fields["assistants"]
        assert isinstance(assistants, forms.MultipleChoiceField)
        assistants.required = True
        assistants.error_messages["required"] = str(_("请至少选一个协办单位。"))
        assistants.choices = [
            (str(one.pk), one.name)
            for one in self.units.every
            if one.pk not in self.units.busy and not self.units.bar(one, lead=False)
        ]

    def left_out(self) -> set[UUID]:
        return set(self.units.busy)

    def arguments(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {
            "assistant_ids": tuple(UUID(one) for one in data["assistants"]),
            "instruction": data["instruction"],
        }


def own_order(subject: Subject) -> WorkOrder | None:
    """The live order of the viewer's unit, the lead first."""
    mine = [one for one in subject.docket.live_orders if one.unit_id in subject.actor.units]
    return next((one for one in mine if one.role == OrderRole.LEAD), mine[0] if mine else None)


class SignInForm(MoveForm):
    def prepare(self, subject: Subject) -> None:
        order = own_order(subject)
        if order is None:
            return
        self.lines = [(_("单位"), f"{order.unit.name} · {OrderRole(order.role).label}")]
        if order.clause:
            self.lines.append((_("为什么是我们"), order.clause))
        if order.instruction:
            self.quote = order.instruction
        if order.sign_in_due is not None:
            self.lines.append((_("最晚签收"), due_words(order.sign_in_due, subject.now)))
        given = order.given_to
        if given is not None and given.pk != subject.actor.id:
            self.notices = [("", _("这件已交给 %(name)s 办，您是代签收。") % {"name": given.name})]
        else:
            self.notices = [("", _("签收后，您就是这件事的经办人。"))]


class AskReturnForm(MoveForm):
    clause = line_field(_("依据哪一条"), missing=_("请写明依据哪一条。"), help_text=_("写履职清单的条目，或别的规定。"))
    reason = words_field(_("为什么不是我们的"), limit=500)

    def prepare(self, subject: Subject) -> None:
        order = own_order(subject)
        if order is not None and order.sign_in_due is not None:
            self.lines = [(_("最晚提出"), due_words(order.sign_in_due, subject.now))]
        kind = subject.type
        if kind is not None:
            self.lines.append((_("履职清单"), duty_words(kind)))
            if kind.duty_entry.kind == DutyKind.TAKEN_BACK:  # the clause of the return lies ready
                self.fields["clause"].initial = str(kind.clause)
        self.notices = [("", _("每个单位只能退回一次，由调度中心决定。决定前照常计时。"))]


class DecideReturnForm(DecideForm):
    """A return: which order, and who leads if the lead goes."""

    kind = ApprovalKind.RETURN
    yes, no = _("同意退回"), _("不同意")
    order_id = select_field(_("哪个单位的申请"))
    new_lead_id = select_field(_("新的主办"), required=False, missing=_("请选新的主办。"))
    field_order = ["key", "order_id", "new_lead_id", "words"]
    needed: ClassVar[frozenset[str]] = frozenset({"words", "new_lead_id"})

    def prepare(self, subject: Subject) -> None:
        self.asked_orders = [one for one in subject.docket.live_orders if one.return_asked]
        field, lead = self.fields["order_id"], self.fields["new_lead_id"]
        assert isinstance(field, forms.ChoiceField)
        assert isinstance(lead, forms.ChoiceField)
        field.choices = [(str(one.pk), one.unit.name) for one in self.asked_orders]
        if self.asked_orders:
            field.initial = str(self.asked_orders[0].pk)
        if len(self.asked_orders) == 1:
            field.widget = forms.HiddenInput()
            self.lines = [(_("单位"), self.asked_orders[0].unit.name)]
        others = [one for one in subject.docket.live_orders if one not in self.asked_orders]
        if others and any(one.role == OrderRole.LEAD for one in self.asked_orders):
            lead.choices = [("", _("请选新的主办")), *((str(one.unit_id), one.unit.name) for one in others)]
        else:
            del self.fields["new_lead_id"]
        given = self.lines
        super().prepare(subject)
        self.lines = [*given, *self.lines]

    def approval(self, subject: Subject) -> Approval | None:
        order_id = self.asked("order_id")
        every = [
            one
            for one in subject.docket.approvals
            if one.kind == ApprovalKind.RETURN and one.state == ApprovalState.ASKED
        ]
        return next((one for one in every if str(one.object_id) == order_id), every[0] if every else None)

    def arguments(self) -> dict[str, Any]:
        data = self.cleaned_data
        new_lead = data.get("new_lead_id")
        return {
            **super().arguments(),
            "order_id": UUID(data["order_id"]),
            "new_lead_id": UUID(new_lead) if new_lead else None,
        }


class AskExtensionForm(MoveForm):
    """How much longer, counted as the limit itself is, and why."""

    amount = forms.IntegerField(label=_("延长多久"), min_value=1, max_value=max(MOST_ASKED.values()))
    unit = radio_field(_("按天还是按小时"), [(one.value, one.label) for one in MOST_ASKED])
    reason = words_field(_("为什么要延期"), limit=500, missing=_("请写明为什么要延期。"))
    layouts: ClassVar[dict[str, str]] = {"unit": "segment"}

    def prepare(self, subject: Subject) -> None:
        clock = next(iter(subject.docket.running(Step.HANDLE, subject.case.pk)), None)
        self.fields["unit"].initial = ClockUnit.DAY.value
        if clock is not None:
            self.lines = [(_("现在到期"), due_words(clock.due_at, subject.now))]
            if clock.rule().working:
                self.notices.append(("", _("按工作日和工作时算。")))
        self.notices.append(("", _("决定以前照常计时。每一轮最多申请两次，第二次由分管领导决定。")))

    def clean(self) -> dict[str, Any] | None:
        data = super().clean()
        amount, unit = self.cleaned_data.get("amount"), self.cleaned_data.get("unit")
        if amount and unit and amount > MOST_ASKED[ClockUnit(unit)]:
            self.add_error("amount", _("最多延长 30 天，或 72 小时。请改好再报。"))
        return data


class AskReporterForm(Drafted):
    """One question to one caller, and how long it may wait."""

    reply_for, drafts = ReplyFor.QUESTION, "question"
    report_id = select_field(_("问哪一位"), missing=_("请选问哪一位诉求人。"))
    question = words_field(
        _("问什么"), limit=500, missing=_("请写要问什么。"), help_text=_("诉求人看得到。只问办这件事要用的。")
    )
    limit = select_field(_("等多久"), [(one, Limit.parse(one).words()) for one in TERMS], missing=_("请选等多久。"))

    def prepare(self, subject: Subject) -> None:
        voices = [one for one in subject.rows.reports if one.withdrawn_at is None]
        choose_report(self, subject, [(one.pk, one.words) for one in voices])
        told = [_("等回答时办理时限停表。每一轮问一次；要再问，由调度中心问。")]
        if not any(one.reachable for one in voices):
            told.append(_("诉求人没有留电话，自己查进度时才看得到。"))
        elif subject.case.confidential:
            told.append(_("这件事保密，不发短信。请打电话问，回答记在这里。"))
        self.notices = [("", one) for one in told]

    def arguments(self) -> dict[str, Any]:
        return {**super().arguments(), "report_id": UUID(self.cleaned_data["report_id"])}


class AnswerQuestionForm(MoveForm):
    """What the caller said on the phone."""

    words = words_field(_("诉求人的回答"), missing=_("请写诉求人怎么回答的。"))

    def prepare(self, subject: Subject) -> None:
        self.quote = last_words(subject, Verb.ASK_REPORTER)


class ReportBackForm(MoveForm):
    words = words_field(_("办到哪一步了"), limit=500, missing=_("请写办到哪一步了。"))

    def prepare(self, subject: Subject) -> None:
        self.quote = last_words(subject, Verb.SUPERVISE, Verb.PRESS)
        clock = next(iter(subject.docket.running(OwnStep.SUPERVISE, subject.case.pk)), None)
        if clock is not None:
            self.lines = [(_("最晚回报"), due_words(clock.due_at, subject.now))]


class AskHoldForm(MoveForm):
    """Why nothing can be done for now, and when somebody looks again."""

    kind = radio_field(
        _("挂账原因"), HoldReason.choices, missing=_("请选挂账的原因。"), help_text=_("公开的挂账清单只写这个原因。")
    )
    until = forms.DateField(
        label=_("复核日期"), widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("最晚 90 天，到那天就接着办。"),
        error_messages={"required": _("请选复核日期。"), "invalid": _("请选复核日期。")},
    )  # fmt: skip
    reason = words_field(_("为什么现在办不了"), limit=500, missing=_("请写明为什么现在办不了。"))

    def prepare(self, subject: Subject) -> None:
        today = timezone.localdate(subject.now)
        attrs = self.fields["until"].widget.attrs
        attrs["min"], attrs["max"] = (today + timedelta(days=1)).isoformat(), (today + LONGEST_HOLD).isoformat()
        case = subject.case
        if case.held_until is not None:
            self.lines = [(_("现在的复核日期"), day_words(case.held_until, subject.now))]
            self.fields["kind"].initial = case.held_reason
        self.notices = [("", _("由分管领导决定。同意以前照常计时；挂账期间办理时限停表，诉求人看得到原因和复核日期。"))]

    def clean_until(self) -> date:
        until: date = self.cleaned_data["until"]
        today = timezone.localdate(self.subject.now)
        if not today < until <= today + LONGEST_HOLD:
            raise forms.ValidationError(_("复核日期要在明天以后、90 天以内。请改好再报。"))
        return until


class ResumeForm(MoveForm):
    def prepare(self, subject: Subject) -> None:
        case = subject.case
        if case.held_until is not None:
            self.lines = [
                (_("挂账原因"), str(HoldReason(case.held_reason).label)),
                (_("复核日期"), day_words(case.held_until, subject.now)),
            ]
        self.notices = [("", _("单位马上收到，办理时限接着走。"))]


class FirstContactForm(MoveForm):
    report_id = select_field(_("联系哪一位"))
    result = radio_field(
        _("联系结果"), [one for one in CallResult.choices if one[0] != CallResult.WRONG], missing=_("请选联系结果。")
    )
    words = words_field(_("说了什么"), limit=1000, required=False)

    def prepare(self, subject: Subject) -> None:
        choose_report(self, subject, [(one.pk, one.words) for one in subject.rows.reports if one.withdrawn_at is None])
        self.notices = [("", _("没打通，换个时间再打。三次都没打通，也算联系过。"))]

    def arguments(self) -> dict[str, Any]:
        return {**super().arguments(), "report_id": UUID(self.cleaned_data["report_id"])}


class FinishStageForm(MoveForm):
    """Which stage of the staged limit is done, the one that is due first unless another is chosen."""

    stage = select_field(_("哪一段"), missing=_("请选哪一段。"))
    words = words_field(_("做了什么"), limit=500, required=False)

    def prepare(self, subject: Subject) -> None:
        field, case = self.fields["stage"], subject.case
        assert isinstance(field, forms.ChoiceField)
        clocks = subject.docket.stages()
        field.choices = [(str(stage_number(one.step)), step_words(one.step, case)) for one in clocks]
        self.lines = [
            (step_words(one.step, case), _("%(when)s 到期") % {"when": due_words(one.due_at, subject.now)})
            for one in clocks
        ]

    def arguments(self) -> dict[str, Any]:
        return {**super().arguments(), "stage": int(self.cleaned_data["stage"])}


class FinishForm(MoveForm):
    words = words_field(_("做了什么"), required=False, help_text=_("写几句，或传一张现场照片。"))
    images = ImagesField(label=_("现场照片"))
    papers = PapersField(label=_("证明材料"), help_text=_("PDF、Word、Excel、PPT、ODF、文本。别带宏和密码。"))
    needed: ClassVar[frozenset[str]] = frozenset({"words"})


class SubmitResultForm(Drafted):
    reply_for, drafts = ReplyFor.RESULT, "answer"
    outcome = radio_field(_("办理结果"), Outcome.choices, missing=_("请选办理结果：已解决、已说明，或待项目解决。"))
    answer = words_field(
        _("给诉求人的答复"), limit=10_000, rows=6, missing=_("请写给诉求人的答复。"),
        help_text=_("写做法、原因和日期，不写别人的姓名和电话。"),
    )  # fmt: skip
    before = ImagesField(label=_("处置前"))
    after = ImagesField(label=_("处置后"))
    proof = PapersField(
        label=_("证明材料"), joins="", help_text=_("PDF、Word、Excel、PPT、ODF、文本。别带宏和密码。诉求人看不到。")
    )
    internal = words_field(_("内部说明"), limit=10_000, required=False, rows=2, help_text=_("诉求人看不到。"))
    layouts: ClassVar[dict[str, str]] = {"outcome": "segment"}

    def prepare(self, subject: Subject) -> None:
        kind, case = subject.type, subject.case
        if kind is not None:
            self.lines = [(_("结案条件"), kind.closing_condition)]
            if kind.proof:
                self.lines.append((_("要附的证明"), kind.proof))
        earlier = [one for one in subject.rows.answers if one.round == case.round]
        if earlier:
            self.fields["answer"].initial = earlier[-1].words
            self.fields["outcome"].initial = earlier[-1].outcome
            if earlier[-1].sent_back_words:
                self.notices = [("warn", _("退回意见：%(words)s") % {"words": earlier[-1].sent_back_words})]
        if case.round > 1 and not subject.docket.head_took_part():
            self.notices.append(("warn", _("单位负责人还没有参与，请负责人先记一下，再报结果。")))
        waiting = [
            one.unit.name
            for one in subject.docket.live_orders
            if one.role == OrderRole.ASSIST and one.state != OrderState.DONE
        ]
        if waiting:
            self.notices.append(("warn", _("还没完成的协办：%(units)s") % {"units": listed(waiting)}))


class SignForm(MoveForm):
    """The unit's head reads the answer and signs."""

    def prepare(self, subject: Subject) -> None:
        mine = [one for one in subject.rows.answers if one.round == subject.case.round]
        if mine:
            self.lines = [
                (_("办理结果"), str(Outcome(mine[-1].outcome).label)),
                (_("经办"), subject.who(mine[-1].written_by)),
            ]
            self.quote = mine[-1].words
            self.read = Looked((one.words for one in subject.rows.reports), mine[-1].words)

    def buttons(self, submit: Label) -> list[Button]:
        return [Button(submit)]
