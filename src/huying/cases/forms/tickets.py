"""Forms of tickets: one for each move, with the action that it calls; sending up; bringing a sheet."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, cast
from uuid import UUID

from django import forms

from huying.cases.actions import tickets as acts
from huying.cases.forms.base import MoveForm, line_field, radio_field, select_field, words_field
from huying.cases.forms.table import SENT_OTHERWISE
from huying.cases.models import Case, Source, Ticket
from huying.cases.queries import tickets
from huying.cases.queries.tickets import Rows
from huying.cases.rules.tickets import MOST_CLOSING, NEEDED_FIELDS, AskKind, Result, TicketField
from huying.clocks.rules import Limit
from huying.kernel.actor import Actor
from huying.kernel.refusals import Conflict, KeyReused
from huying.kernel.terms import Label, _
from huying.ui.words import due_words


@dataclass
class Handling:
    """A ticket, or a case that is to be sent up: what the forms look at."""

    case: Case
    actor: Actor
    now: datetime
    rows: Rows | None = None


class TicketForm(MoveForm):
    """`subject` is a `Handling`."""

    def prepare(self, subject: Any) -> None:
        self.handling: Handling = subject

    @property
    def rows(self) -> Rows:
        assert self.handling.rows is not None
        return self.handling.rows


class _Fill(TicketForm):
    def prepare(self, subject: Any) -> None:
        super().prepare(subject)
        self.headings: dict[str, str] = {}
        for place, (heading, words) in enumerate(acts.first_words(self.rows).items(), start=1):
            name = f"field_{place}"
            self.headings[name] = heading
            field = self.fields[name]
            field.label, field.initial = heading, words
        for name in [one for one in self.fields if one.startswith("field_") and one not in self.headings]:
            del self.fields[name]

    def arguments(self) -> dict[str, Any]:
        return {"fields": {heading: self.cleaned_data[name] for name, heading in self.headings.items()}}


FillForm = cast(
    "type[TicketForm]",
    type(
        "FillForm",
        (_Fill,),
        {
            f"field_{place}": words_field(_("回复表的一栏"), limit=acts.FIELD_LIMIT, required=False, rows=2)
            for place in range(1, MOST_CLOSING + 1)
        },
    ),
)


class SendForm(TicketForm):
    def prepare(self, subject: Any) -> None:
        super().prepare(subject)
        self.lines = [(heading, words or "—") for heading, words in acts.first_words(self.rows).items()]
        self.notices = [("", _("记下后，可以导出这张回复表，或逐栏复制到上级平台。"))]

    def arguments(self) -> dict[str, Any]:
        return {}


class AnswerAskForm(TicketForm):
    granted = radio_field(_("上级的答复"), [("yes", _("同意")), ("no", _("不同意"))], missing=_("请选一项。"))
    words = words_field(_("上级怎么说"), limit=acts.REASON_LIMIT, required=False, help_text=_("不同意要写明原因。"))
    due = forms.DateTimeField(
        label=cast(str, _("新的上级时限")),
        required=False,
        help_text=cast(str, _("上级另给了时限就写，不写的按申请的算。")),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={"invalid": cast(str, _("请写日期和时间。"))},
    )
    layouts: ClassVar[dict[str, str]] = {"granted": "segment"}

    def prepare(self, subject: Any) -> None:
        super().prepare(subject)
        asked = self.rows.asked
        if asked is None or asked.kind != AskKind.EXTEND:
            del self.fields["due"]
        if asked is not None:
            self.quote = asked.reason
            self.lines = [(_("申请"), str(AskKind(asked.kind).label))]
            if asked.amount:
                self.lines.append((_("申请延长"), Limit.parse(asked.amount).words()))

    def arguments(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {"granted": data["granted"] == "yes", "words": data["words"], "due": data.get("due")}


class ResultForm(TicketForm):
    result = radio_field(_("上级回访的结果"), Result.choices, missing=_("请选回访结果。"))
    words = words_field(_("诉求人怎么说"), limit=acts.FIELD_LIMIT, required=False)


class StepForm(TicketForm):
    words = words_field(_("怎么办的"), limit=acts.REASON_LIMIT, required=False, rows=2)

    def prepare(self, subject: Any) -> None:
        super().prepare(subject)
        step = self.rows.next_step
        if step is not None:
            clock = self.rows.clocks.get(step.pk)
            due = due_words(clock.due_at, self.handling.now) if clock is not None else ""
            self.lines = [(step.name, due)]


class NumberForm(TicketForm):
    number = line_field(_("上级给的编号"), limit=60, missing=_("请写上级给的编号。"))


class ReplyForm(TicketForm):
    taken = radio_field(
        _("上级怎么办"), [("yes", _("上级接过去办")), ("no", _("答复了，本街道接着办"))], missing=_("请选一项。")
    )
    words = words_field(_("上级怎么说"), limit=acts.FIELD_LIMIT, required=False)

    def arguments(self) -> dict[str, Any]:
        return {"taken": self.cleaned_data["taken"] == "yes", "words": self.cleaned_data["words"]}


class AskReturnForm(TicketForm):
    reason = words_field(_("为什么退回上级"), limit=acts.REASON_LIMIT, missing=_("请写明为什么退回上级。"))

    def prepare(self, subject: Any) -> None:
        super().prepare(subject)
        until = self.rows.ticket.return_until
        if until is not None:
            self.lines = [(_("可以退回到"), due_words(until, self.handling.now))]

    def arguments(self) -> dict[str, Any]:
        return {"kind": AskKind.RETURN.value, "reason": self.cleaned_data["reason"]}


class AskExtendForm(TicketForm):
    amount = select_field(
        _("要延多久"), [(one, Limit.parse(one).words()) for one in acts.MORE], missing=_("请选要延多久。")
    )
    reason = words_field(_("为什么要延"), limit=acts.REASON_LIMIT, missing=_("请写明为什么要延。"))

    def prepare(self, subject: Any) -> None:
        super().prepare(subject)
        ticket = self.rows.ticket
        if ticket.upper_due_at is not None and ticket.extend_until is not None:
            self.lines = [
                (_("上级时限"), due_words(ticket.upper_due_at, self.handling.now)),
                (_("可以申请到"), due_words(ticket.extend_until, self.handling.now)),
            ]

    def arguments(self) -> dict[str, Any]:
        return {"kind": AskKind.EXTEND.value, **super().arguments()}


class UpForm(TicketForm):
    source_id = select_field(_("报给哪里"), missing=_("请选上级系统。"))
    reason = words_field(_("为什么报上级"), limit=acts.REASON_LIMIT, missing=_("请写明为什么报上级。"))
    number = line_field(_("上级给的编号"), limit=60, required=False, help_text=_("还没有就不写，有了再记。"))

    def prepare(self, subject: Any) -> None:
        super().prepare(subject)
        field = cast(forms.ChoiceField, self.fields["source_id"])
        found = tickets.sources_above(self.handling.case)
        field.choices = [(str(one.pk), one.name) for one in found]
        if not found:
            self.notices = [("warn", _("还没有登记上级系统。请管理员在台账“上级来源”里添加。"))]

    def arguments(self) -> dict[str, Any]:
        return {**super().arguments(), "source_id": UUID(self.cleaned_data["source_id"])}


@dataclass(frozen=True)
class TicketMove:
    """One move of a ticket. `done` is what the toast says."""

    name: str
    form: type[TicketForm]
    call: Callable[..., Ticket]
    label: Label
    icon: str
    done: Label
    danger: bool = False


_EVERY = (
    TicketMove("fill", FillForm, acts.fill_closing, _("填回复表"), "edit", _("回复表已保存。")),
    TicketMove("send", SendForm, acts.send_answer, _("回复上级"), "send", _("已记为回复上级。")),
    TicketMove("answer_ask", AnswerAskForm, acts.answer_ask, _("记上级的答复"), "scale", _("上级的答复已记下。")),
    TicketMove("result", ResultForm, acts.record_result, _("记上级回访结果"), "smile", _("回访结果已记下。")),
    TicketMove("do_step", StepForm, acts.do_step, _("办完一步"), "check", _("这一步已办完。")),
    TicketMove("number", NumberForm, acts.note_number, _("记上级编号"), "tag", _("编号已记下。")),
    TicketMove("reply", ReplyForm, acts.reply_from_above, _("记上级的处理"), "down", _("上级的处理已记下。")),
    TicketMove("ask_extend", AskExtendForm, acts.ask_upper, _("向上级申请延期"), "clock",
               _("申请已记下，等上级答复。")),
    TicketMove("ask_return", AskReturnForm, acts.ask_upper, _("申请退回上级"), "undo",
               _("申请已记下，等上级答复。"), danger=True),
)  # fmt: skip
TICKET_MOVES: dict[str, TicketMove] = {one.name: one for one in _EVERY}


def walk_ticket(move: TicketMove, form: MoveForm, ticket_id: UUID, *, actor: Actor, now: datetime) -> Ticket:
    """Make the move of a valid form. The same form sent twice acts once."""
    try:
        return move.call(ticket_id, **form.arguments(), key=form.cleaned_data.get("key"), actor=actor, now=now)
    except KeyReused as why:
        raise Conflict(SENT_OTHERWISE) from why


def go_up(form: MoveForm, case_id: UUID, *, actor: Actor, now: datetime) -> Ticket:
    try:
        return acts.send_up(case_id, **form.arguments(), key=form.cleaned_data.get("key"), actor=actor, now=now)
    except KeyReused as why:
        raise Conflict(SENT_OTHERWISE) from why


def ticket_form(
    found: type[TicketForm], handling: Handling, data: Any = None, files: Any = None, **options: Any
) -> TicketForm:
    return found(data, files, subject=cast(Any, handling), **options)


# A sheet


class SheetForm(forms.Form):
    """Which system a sheet is from."""

    source = select_field(_("来自哪里"), missing=_("请选这个表格来自哪里。"))
    file = forms.FileField(
        label=cast(str, _("表格文件")),
        help_text=cast(str, _("CSV 或 xlsx，一次最多 300 行。")),
        error_messages={"required": cast(str, _("请选一个文件。")), "empty": cast(str, _("这个文件是空的。"))},
    )

    def __init__(self, *args: Any, sources: Iterable[Source], **options: Any) -> None:
        super().__init__(*args, **options)
        cast(forms.ChoiceField, self.fields["source"]).choices = [(str(one.pk), one.name) for one in sources]


class ExportForm(forms.Form):
    """Whose answers, and since when."""

    source = select_field(_("导出谁的回复表"))
    since = forms.DateField(
        label=cast(str, _("从哪天起回复的")), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, *args: Any, sources: Iterable[Source], **options: Any) -> None:
        super().__init__(*args, **options)
        cast(forms.ChoiceField, self.fields["source"]).choices = [(str(one.pk), one.name) for one in sources]


class ColumnsForm(forms.Form):
    """Which column means what: one select for each field."""

    def __init__(self, *args: Any, headings: list[str], **options: Any) -> None:
        super().__init__(*args, **options)
        for one in TicketField:
            needed = one in NEEDED_FIELDS
            field = select_field(
                one.label, [("", _("没有这一列")), *((heading, heading) for heading in headings)], required=needed
            )
            self.fields[str(one)] = field

    def columns(self) -> dict[str, str]:
        return {name: heading for name, heading in self.cleaned_data.items() if heading}

    def clean(self) -> dict[str, Any] | None:
        data = super().clean()
        chosen = [heading for heading in self.cleaned_data.values() if heading]
        if len(chosen) != len(set(chosen)):
            self.add_error(None, str(_("同一列不能有两个意思。请重新选。")))
        return data
