"""The form that opens a caller's contact data for a stated purpose."""

from __future__ import annotations

from typing import Any

from django import forms

from huying.cases.forms.base import Subject, radio_field
from huying.kernel.terms import _
from huying.people.rules import OpeningPurpose


class OpenContactForm(forms.Form):
    """Whose data, and what for. The caller can read both later."""

    report_id = forms.ChoiceField(widget=forms.HiddenInput, error_messages={"invalid_choice": _("没有这条诉求。")})
    purpose = radio_field(_("用来做什么"), OpeningPurpose.choices, missing=_("请选查看的用途，诉求人会看到。"))

    def __init__(self, *args: Any, subject: Subject, **options: Any) -> None:
        super().__init__(*args, **options)
        mine = [one for one in subject.rows.reports if one.contact_id is not None]
        field = self.fields["report_id"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(str(one.pk), subject.caller(one)) for one in mine]
        asked = str(self.data.get("report_id") or self.initial.get("report_id") or "")
        chosen = next((one for one in mine if str(one.pk) == asked), mine[0] if mine else None)
        self.caller = subject.caller(chosen) if chosen is not None else ""
        if not self.is_bound and chosen is not None:
            self.initial["report_id"] = str(chosen.pk)
