"""The form that splits a case: its own matter stays, up to three others are written down."""

from __future__ import annotations

from typing import Any

from django import forms

from huying.cases.forms.base import MoveForm, Subject, line_field, select_field, words_field
from huying.cases.forms.desk import choose_from, grid_choices, type_choices
from huying.kernel.terms import _

PARTS = ("1", "2", "3")


class SplitForm(MoveForm):
    """Empty parts are left out. The reporter's own words stay with the case; a part says the matter in the desk's."""

    words_1 = words_field(_("拆出来的第一件：什么事"), limit=2000, missing=_("请写明拆出来的是什么事。"),
                          help_text=_("不写诉求人的姓名和电话。"))  # fmt: skip
    type_1 = select_field(_("事项类型"), required=False)
    grid_1 = select_field(_("所在网格"), required=False)
    place_1 = line_field(_("地点说明"), required=False)
    words_2 = words_field(_("第二件：什么事"), limit=2000, required=False)
    type_2 = select_field(_("事项类型"), required=False)
    grid_2 = select_field(_("所在网格"), required=False)
    place_2 = line_field(_("地点说明"), required=False)
    words_3 = words_field(_("第三件：什么事"), limit=2000, required=False)
    type_3 = select_field(_("事项类型"), required=False)
    grid_3 = select_field(_("所在网格"), required=False)
    place_3 = line_field(_("地点说明"), required=False)

    def prepare(self, subject: Subject) -> None:
        types = type_choices(subject, empty=_("还没有定"))
        grids = [("", _("和这一件一样")), *grid_choices(subject)[1:]]
        for number in PARTS:
            choose_from(self, f"type_{number}", types)
            choose_from(self, f"grid_{number}", grids)
        self.notices = [
            ("", _("这一件照办，留着诉求人；拆出来的各自派单。全部办完后，这一件再办结，一起回访诉求人一次。")),
        ]

    def clean(self) -> dict[str, Any] | None:
        data = super().clean()
        for number in PARTS:
            told = [self.cleaned_data.get(f"{name}_{number}") for name in ("type", "grid", "place")]
            if any(told) and not self.cleaned_data.get(f"words_{number}") and f"words_{number}" not in self.errors:
                self.add_error(f"words_{number}", forms.ValidationError(str(_("请写明拆出来的是什么事。"))))
        return data

    def arguments(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {
            "parts": [
                {
                    "words": data[f"words_{number}"],
                    "type_code": data[f"type_{number}"],
                    "grid_code": data[f"grid_{number}"],
                    "place_words": data[f"place_{number}"],
                }
                for number in PARTS
                if data[f"words_{number}"]
            ]
        }
