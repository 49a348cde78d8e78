"""Forms of exports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django import forms

from huying.kernel.terms import _


class ExportForm(forms.Form):
    area = forms.ChoiceField(label=_("导出哪个区域"))

    def __init__(self, *args: Any, areas: Sequence[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        cast(forms.ChoiceField, self.fields["area"]).choices = list(areas)
