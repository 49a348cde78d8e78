"""Forms of who in a unit does it: give to a handler by what each has in hand, and the head's part in a round."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import ngettext

from huying.cases.forms.base import MoveForm, Subject, radio_field, words_field
from huying.cases.forms.units import own_order
from huying.cases.queries.sharing import loads_of
from huying.cases.rules import HeadPart
from huying.cases.rules.sharing import Load, suggested
from huying.clocks.queries import day_words
from huying.kernel.terms import _, clauses, listed


def load_words(one: Load) -> str:
    """What somebody has in hand: 在办 3 件，今天到期 1 件，超时 1 件."""
    told = [ngettext("在办 %(count)s 件", "在办 %(count)s 件", one.open) % {"count": one.open}]
    if one.today:
        told.append(ngettext("今天到期 %(count)s 件", "今天到期 %(count)s 件", one.today) % {"count": one.today})
    if one.late:
        told.append(ngettext("超时 %(count)s 件", "超时 %(count)s 件", one.late) % {"count": one.late})
    return clauses(told)


class GiveForm(MoveForm):
    """The unit's head hands the order to one handler."""

    handler_id = radio_field(_("交给谁"), missing=_("请选一位承办人。"))

    def prepare(self, subject: Subject) -> None:
        order = own_order(subject)
        if order is None:
            return
        keeps_away = {one.account_id for one in subject.rows.recusals}
        loads = [one for one in loads_of(order.unit_id, now=subject.now) if one.id not in keeps_away]
        there = [one for one in loads if one.there and one.id != order.given_to_id]
        best = suggested(there)
        field = self.fields["handler_id"]
        field.choices = [  # type: ignore[attr-defined]
            (str(one.id), self._said(one, suggested=one is best)) for one in there
        ]
        field.initial = str(best.id) if best is not None else ""
        if order.given_to is not None:
            self.lines.append((_("现在的承办人"), order.given_to.name))
        away = [
            str(_("%(name)s（到 %(day)s）")) % {"name": one.name, "day": day_words(one.away_until, subject.now)}
            for one in loads
            if one.away_until is not None
        ]
        if away:
            self.lines.append((_("不在岗"), listed(away)))
        if not there:
            self.notices.append(("warn", _("本单位现在没有别的在岗承办人。")))
        self.notices.append(("", _("建议手上最少的人，负责人排在最后；一样多时，建议最久没有接到的人。换人不停表。")))

    @staticmethod
    def _said(one: Load, *, suggested: bool) -> str:
        told = {"name": one.name, "load": load_words(one)}
        return str(_("%(name)s：%(load)s（建议）") if suggested else _("%(name)s：%(load)s")) % told

    def arguments(self) -> dict[str, Any]:
        return {"handler_id": UUID(self.cleaned_data["handler_id"])}


class TakePartForm(MoveForm):
    """How the head took part, and what came of it."""

    part = radio_field(_("怎么参与的"), HeadPart.choices, missing=_("请选负责人是怎么参与的。"))
    words = words_field(_("说明"), limit=500, missing=_("请写几句。"))

    def prepare(self, subject: Subject) -> None:
        self.notices = [("", _("从第二轮起，负责人参与以后才能报结果。"))]


class PutBackForm(MoveForm):
    def prepare(self, subject: Subject) -> None:
        self.notices = [("", _("放回以后，本单位谁都可以接。办理时限照常走。"))]


class TakeOnForm(MoveForm):
    def prepare(self, subject: Subject) -> None:
        self.notices = [("", _("接下以后，这件事排在您的工作最前面。"))]


class AwayForm(forms.Form):
    """Until which day somebody is away; empty: back again."""

    until = forms.DateField(
        label=_("不在岗到哪天"), required=False, widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("含当天。留空就是在岗。"), error_messages={"invalid": _("请选日期。")},
    )  # fmt: skip
