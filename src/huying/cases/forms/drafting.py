"""Words to the caller drafted from standard replies, the clause and earlier answers: edited and sent by hand."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.forms import BoundField
from django.http import HttpRequest
from django.utils import timezone
from django.utils.datastructures import MultiValueDict

from huying.cases.forms.base import MoveForm, Subject, select_field
from huying.cases.forms.looking import Looked
from huying.cases.queries.precedents import earlier_answers
from huying.kernel.terms import _
from huying.matters import queries as matters
from huying.matters.models import Knowledge
from huying.matters.queries import knowledge
from huying.matters.rules.knowledge import Blank, ReplyFor, reply_words
from huying.places import queries as places

MARK = "※"  # stands before each earlier answer: words that hold it do not leave the house
ASK = "draft"  # what the buttons send in place of the move
LOOK = "look"
WITH_PRECEDENTS = (ReplyFor.ANSWER, ReplyFor.RESULT)


class Drafted(MoveForm):
    """A form whose words go to the caller. Nothing is read for a draft until somebody asks for one."""

    reply_for: ClassVar[ReplyFor]
    drafts: ClassVar[str] = "words"

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.kinds = {**cls.kinds, cls.drafts: "drafted", "reply": "inside"}

    def __init__(self, *args: Any, subject: Subject, request: HttpRequest | None = None, **options: Any) -> None:
        self.drafting = request is not None and request.POST.get("find") == ASK
        self.found_any = False
        self.looked: Looked | None = None
        looking = request is not None and request.POST.get("find") == LOOK
        super().__init__(*args, subject=subject, request=request, **options)
        if self.drafting and not self.is_bound:
            self.draft(subject)
        if looking and not self.is_bound:
            said = (one.words for one in subject.rows.reports)
            self.looked = Looked(said, _lines(self.initial.get(self.drafts)))

    @classmethod
    def kept(cls, data: MultiValueDict[str, Any]) -> dict[str, Any]:
        return {**super().kept(data), **{name: data[name] for name in ("reply", "drafted") if name in data}}

    @property
    def reply(self) -> BoundField | None:
        return self["reply"] if "reply" in self.fields else None

    @property
    def drafted(self) -> BoundField | str:
        return self["drafted"] if "drafted" in self.fields else ""

    def hidden_fields(self) -> list[Any]:
        """The draft stands beside the choice of the reply."""
        return [one for one in super().hidden_fields() if one.name != "drafted"]

    def draft(self, subject: Subject) -> None:
        """Put a draft after what is typed; a draft that was not touched gives way to the next."""
        case, today = subject.case, timezone.localdate(subject.now)
        code = case.type_code or subject.hinted_type
        rows = knowledge.replies(self.reply_for, case.area_code, code, today=today)
        chosen = next((one for one in rows if str(one.pk) == self.initial.get("reply")), rows[0] if rows else None)
        earlier = earlier_answers(case, code, subject.actor) if self.reply_for in WITH_PRECEDENTS else []
        self.found_any = bool(chosen or earlier)
        made = self.assembled(subject, code, chosen, earlier)
        typed, before = (_lines(self.initial.get(name)) for name in (self.drafts, "drafted"))
        kept = "" if typed == before or made in typed else f"{typed}\n\n"
        self.initial[self.drafts] = typed if made in typed else kept + made
        if rows:
            self.fields["reply"] = select_field(
                _("标准答复"), [(str(one.pk), one.question) for one in rows], required=False
            )
            self.fields["drafted"] = forms.CharField(widget=forms.HiddenInput, required=False)
            self.initial["reply"] = str(chosen.pk) if chosen is not None else ""
            self.initial["drafted"] = made

    def assembled(self, subject: Subject, code: str, chosen: Knowledge | None, earlier: list[str]) -> str:
        """The reply with its blanks filled, what it rests on, and earlier answers marked to be taken out."""
        kind = matters.type_of(code) if code else None
        clause = kind.clause if kind is not None else ""
        parts = [reply_words(chosen.body, blanks_of(subject, code, clause))] if chosen is not None else []
        basis = (chosen.basis if chosen is not None else "") or (clause if self.reply_for != ReplyFor.QUESTION else "")
        if parts and basis and basis not in parts[0]:
            parts.append(str(_("依据：%(basis)s") % {"basis": basis}))
        return "\n\n".join([*parts, *(MARK + " " + " ".join(one.split()) for one in earlier)])

    def clean(self) -> dict[str, Any] | None:
        data = super().clean()
        if MARK in str(self.cleaned_data.get(self.drafts, "")):
            self.add_error(self.drafts, _("请先改写或删掉带 ※ 的几行，再发。"))
        return data


def blanks_of(subject: Subject, code: str, clause: str) -> dict[str, str]:
    """What the blanks of a reply are filled with: facts of the case, nothing of its callers."""
    case, now = subject.case, subject.now
    mine = next((one.unit.name for one in subject.docket.live_orders if one.unit_id in subject.actor.units), "")
    day = timezone.localdate(now)
    return {
        Blank.NUMBER: case.number,
        Blank.MATTER: matters.name_of(code) if code else "",
        Blank.PLACE: places.own_name_of(case.area_code),
        Blank.UNIT: mine or places.own_name_of(case.desk_code),
        Blank.DATE: str(_("%(year)s年%(month)s月%(day)s日") % {"year": day.year, "month": day.month, "day": day.day}),
        Blank.CLAUSE: clause,
    }


def _lines(value: Any) -> str:
    return str(value or "").replace("\r\n", "\n").strip()
