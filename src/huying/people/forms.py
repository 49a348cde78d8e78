"""Forms of the pages about grants, posts and second steps."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from huying.kernel.actor import Actor
from huying.kernel.terms import _
from huying.kernel.text import LINE_LIMIT, NAME_LIMIT, TextField
from huying.people import queries
from huying.people.models import Nomination, Organisation, Role
from huying.people.rules import Duty
from huying.people.rules.registers import ELECTIONS, RANKS, ElectionForm, PartyRank, Tally
from huying.registers import declared

MOST_AREAS = 400
MOST_UNITS = 500
Pairs = list[tuple[str, Any]]


def _day(label: object, *, required: bool = True, help_text: object = "") -> forms.DateField:
    return forms.DateField(
        label=label,  # type: ignore[arg-type]
        required=required,
        help_text=help_text,  # type: ignore[arg-type]
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": _("请选日期。"), "invalid": _("日期要像 2026-07-01 这样写。")},
    )


def _words(label: object, *, required: bool = False, limit: int = LINE_LIMIT, help_text: object = "") -> TextField:
    return TextField(
        label=label, required=required, limit=limit, line=True, help_text=help_text,
        error_messages={"required": _("这里要填。")},
    )  # fmt: skip


def _number(label: object, *, required: bool = True, help_text: object = "") -> forms.IntegerField:
    return forms.IntegerField(
        label=label,  # type: ignore[arg-type]
        required=required,
        min_value=0,
        max_value=1_000_000_000,
        help_text=help_text,  # type: ignore[arg-type]
        error_messages={"required": _("请填数字。"), "invalid": _("请填整数。")},
    )


class GrantForm(forms.Form):
    """A role for somebody, over an area or for one unit there."""

    username = TextField(
        label=_("账号"), limit=NAME_LIMIT, name=True, error_messages={"required": _("请写这位同事的账号。")}
    )
    role = forms.ChoiceField(label=_("角色"), error_messages={"required": _("请选角色。")})
    area = forms.ChoiceField(label=_("区域"), error_messages={"required": _("请选区域。")})
    unit = forms.ChoiceField(
        label=_("单位"),
        required=False,
        help_text=_("承办人、单位负责人、联络员这类角色要选：只看到交给这个单位的工单。"),
    )
    until = _day(_("到哪天为止"), required=False, help_text=_("不填就一直有效，到人离岗为止。"))
    reason = _words(_("理由"), help_text=_("要两个人办的角色要写：复核的人会看。"))

    def __init__(self, *args: Any, viewer: Actor, **options: Any) -> None:
        super().__init__(*args, **options)
        codes = tuple(dict.fromkeys(code for duty in (Duty.ADMIN_PEOPLE, Duty.SECURE) for code in viewer.areas(duty)))
        areas: Pairs = list(declared.areas().within(codes))[:MOST_AREAS]
        units = queries.tree_under(codes)[:MOST_UNITS]
        self._choose("role", [(one.code, one.name) for one in queries.roles()])
        self._choose("area", areas)
        self._choose("unit", [(str(one.pk), one.name) for one in units])

    def _choose(self, name: str, pairs: Pairs) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("请选择")), *pairs]


class DecideForm(forms.Form):
    words = _words(_("说明"), help_text=_("不同意时要写。"))


class SeersForm(forms.Form):
    """An area, or something of another app by its number."""

    area = forms.ChoiceField(label=_("区域"), required=False)
    number = TextField(label=_("案件编号"), required=False, limit=60, line=True)

    def __init__(self, *args: Any, codes: tuple[str, ...], **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["area"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("请选择")), *list(declared.areas().within(codes))[:MOST_AREAS]]


class SuccessorForm(forms.Form):
    to = TextField(
        label=_("继任者的账号"), limit=NAME_LIMIT, name=True, error_messages={"required": _("请写继任者的账号。")}
    )


class HandOverForm(forms.Form):
    grants = forms.MultipleChoiceField(
        label=_("一并交给继任者的授权"), required=False, widget=forms.CheckboxSelectMultiple
    )
    reason = _words(_("理由"), help_text=_("有要两个人办的授权时，复核的人会看。"))

    def __init__(self, *args: Any, grants: Pairs, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["grants"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = grants
        field.initial = [value for value, _label in grants]


class SureForm(forms.Form):
    """Nothing to fill in: only sure."""


class WordsForm(forms.Form):
    words = _words(_("原因"), required=True)


class RaiseForm(forms.Form):
    party_form = forms.ChoiceField(label=_("升格为"), choices=[(one, PartyRank(one).label) for one in RANKS[1:]])
    on = _day(_("升格日期"))
    paper = _words(_("批复文号"), required=True, limit=60)


class DeliverForm(forms.Form):
    sessions_done = _number(_("实际完成的场次"))


class ElectForm(forms.Form):
    """What the minutes say."""

    form = forms.ChoiceField(label=_("选举方式"), error_messages={"required": _("请选选举方式。")})
    held_on = _day(_("选举日期"))
    paper = _words(_("会议记录或备案编号"), required=True, limit=60)
    due = _number(_("应到人数（或专有部分数）"))
    present = _number(_("参加人数"))
    ayes = _number(_("赞成人数"))
    area_due = _number(_("专有部分总面积（平方米）"), required=False, help_text=_("业主大会才填。"))
    area_present = _number(_("参加的面积（平方米）"), required=False)
    area_ayes = _number(_("赞成的面积（平方米）"), required=False)
    eligible = forms.BooleanField(label=_("候选人的参选资格已核对"), required=False)

    def __init__(self, *args: Any, row: Nomination | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        forms_of = ELECTIONS.get(row.organisation.kind, frozenset()) if row is not None else frozenset()
        field = self.fields["form"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(one.value, one.label) for one in ElectionForm if one in forms_of]
        if ElectionForm.OWNERS not in forms_of:
            for name in ("area_due", "area_present", "area_ayes"):
                del self.fields[name]
        if row is not None:
            self.fields["held_on"].initial = timezone.localdate()

    def tally(self) -> Tally:
        numbers = {
            name: self.cleaned_data.get(name) or 0
            for name in ("due", "present", "ayes", "area_due", "area_present", "area_ayes")
        }
        return Tally(**numbers)


def needs_reason(role_code: str) -> bool:
    from huying.people.rules.registers import is_sensitive

    role = Role.objects.filter(pk=role_code).first()
    return role is not None and is_sensitive(role.duties)


def unit_of(pk: str) -> Organisation | None:
    return Organisation.objects.filter(pk=pk, active=True).first() if pk else None
