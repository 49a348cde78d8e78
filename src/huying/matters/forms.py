"""Forms of the catalogue's pages."""

from __future__ import annotations

import base64
import binascii
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from huying.kernel.ids import uuid7
from huying.kernel.refusals import Invalid
from huying.kernel.terms import _
from huying.kernel.text import LINE_LIMIT, TextField
from huying.matters.models import CatalogueVersion, Knowledge
from huying.matters.rules.book import TYPE_COLUMNS, TypeRow, limits_text, read_limits
from huying.matters.rules.knowledge import BODY_LIMIT, QUESTION_LIMIT, KnowledgeKind, ReplyFor
from huying.matters.rules.seasons import LEVELS, Season, read_set, set_name
from huying.matters.sheets import FILE_LIMIT

# What a dry run hands on to the second step in the form; a bigger file is chosen again.
KEPT_LIMIT = 1_000_000


class DraftForm(forms.Form):
    reason = TextField(label=_("为什么要改"), limit=LINE_LIMIT, line=True, required=False)


class RevisionForm(forms.Form):
    """A button that means what its reader saw."""

    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=10**9)


class ApproveForm(RevisionForm):
    valid_from = forms.DateField(
        label=_("从哪天起执行"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


class SendBackForm(forms.Form):
    words = TextField(label=_("要改什么"), limit=LINE_LIMIT, line=True)


class TypeForm(RevisionForm):
    """All columns of one type of a draft; the table of columns says which fields there are."""

    limits = TextField(
        label=_("时限"), limit=1000, required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "一行一个，如“办理=3wd”“签收 紧急=15m”。"
            "wh 工作小时，wd 工作日，h 小时，d 天，m 分钟。不写就用默认时限。"
        ),
    )  # fmt: skip

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        fields: dict[str, forms.Field] = {}
        for column in TYPE_COLUMNS:
            if column.name == "code":
                continue
            if column.kind == "choice":
                assert column.choices is not None
                fields[column.name] = forms.ChoiceField(label=str(column.label), choices=column.choices.choices)
            elif column.kind == "yes_no":
                fields[column.name] = forms.BooleanField(label=str(column.label), required=False)
            elif column.kind == "number":
                fields[column.name] = forms.IntegerField(label=str(column.label), min_value=1, max_value=9999)
            else:
                long = column.kind == "list" or column.limit >= 200
                fields[column.name] = TextField(
                    label=str(column.label), limit=3000 if column.kind == "list" else column.limit, line=True,
                    required=column.needed and column.kind != "list",
                    widget=forms.Textarea(attrs={"rows": 2}) if long else None,
                    help_text=_("用顿号隔开。") if column.kind == "list" else "",
                )  # fmt: skip
        self.fields = {**fields, **self.fields}

    @staticmethod
    def initial_of(row: TypeRow, limits: list[tuple[str, str, str]], version: CatalogueVersion) -> dict[str, Any]:
        values = {
            one.name: one.write(getattr(row, one.name)) if one.kind == "list" else getattr(row, one.name)
            for one in TYPE_COLUMNS
        }
        return {**values, "limits": limits_text(limits), "revision": version.revision}

    def clean_limits(self) -> list[tuple[str, str, str]]:
        try:
            return read_limits(self.cleaned_data["limits"])
        except Invalid as why:
            raise ValidationError([str(one) for one in why.errors["limits"]]) from why

    def changes(self) -> dict[str, Any]:
        """What goes to the action: values as in a cell."""
        return {
            one.name: self.cleaned_data[one.name] if one.kind == "yes_no" else str(self.cleaned_data[one.name])
            for one in TYPE_COLUMNS
            if one.name != "code"
        }


class ImportForm(RevisionForm):
    """A workbook, or the one kept from the dry run before."""

    file = forms.FileField(label=_("表格文件（xlsx）"), required=False)
    kept = forms.CharField(widget=forms.HiddenInput, required=False, max_length=KEPT_LIMIT * 4 // 3 + 8)
    write = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def clean_file(self) -> UploadedFile[bytes] | None:
        file: UploadedFile[bytes] | None = self.cleaned_data["file"]
        if file is not None and (file.size or 0) > FILE_LIMIT:
            raise ValidationError(_("文件太大，最多 4 MB。请删掉多余的内容再传。"))
        return file

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if not self.errors and values.get("file") is None and not values.get("kept"):
            self.add_error("file", _("请选一个 xlsx 文件。"))
        return values

    def data_bytes(self) -> bytes:
        file: UploadedFile[bytes] | None = self.cleaned_data["file"]
        if file is not None:
            return bytes(file.read())
        try:
            return base64.b64decode(self.cleaned_data["kept"], validate=True)
        except (binascii.Error, ValueError) as why:
            raise Invalid({"file": [_("文件没有传完整。请重新选一次。")]}) from why


def occasions() -> list[tuple[str, str]]:
    """Every occasion with its level as one choice: `typhoon:red`."""
    return [
        (f"{season.value}:{alert}", str(set_name(season, str(alert)))) for season in Season for alert in LEVELS[season]
    ]


class OccasionForm(forms.Form):
    """Which set, and where."""

    occasion = forms.ChoiceField(label=_("哪一组"), widget=forms.Select)
    area_code = forms.ChoiceField(label=_("在哪里"), widget=forms.Select)

    def __init__(self, *args: Any, areas: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["occasion"].choices = occasions()  # type: ignore[attr-defined]
        self.fields["area_code"].choices = areas  # type: ignore[attr-defined]

    def occasion_named(self) -> tuple[str, str]:
        """Season and level."""
        season, _colon, alert = self.cleaned_data["occasion"].partition(":")
        return season, alert


class SwitchForm(OccasionForm):
    """Let a set hold in an area."""

    reason = TextField(label=_("为什么"), limit=LINE_LIMIT, line=True, error_messages={"required": _("请写明为什么。")})
    until = forms.DateTimeField(
        label=_("到什么时候"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
        help_text=_("到时自动换回。不填就一直执行，要手动换回。"),
        error_messages={"invalid": _("时间写不对。请写成 2026-09-20 08:00 这样。")},
    )
    drill = forms.BooleanField(label=_("演练（只管演练案件）"), required=False)


class SetForm(OccasionForm):
    """The next version of a set."""

    limits = TextField(
        label=_("时限"), limit=6000, widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_(
            "一行一个，如“办理 紧急=4h”“办理 一般=10d”。只管一种事项的，前面写代码：“0901 办理=2h”。没写的照清单。"
        ),
        error_messages={"required": _("请写时限。")},
    )  # fmt: skip
    recount = forms.BooleanField(label=_("已经在走的时限也改（仍从各自起点算）"), required=False)

    def clean_limits(self) -> str:
        try:
            read_set(self.cleaned_data["limits"])
        except Invalid as why:
            raise ValidationError([str(one) for one in why.errors["limits"]]) from why
        return str(self.cleaned_data["limits"])


class ReviewDateForm(forms.Form):
    """By which day somebody looks at a text again."""

    review_on = forms.DateField(
        label=_("复核日期"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("到那天提醒负责的单位看还对不对。过三十天没人看，就不再使用。"),
        error_messages={"required": _("请选复核日期。"), "invalid": _("请选复核日期。")},
    )  # fmt: skip


class KnowledgeForm(ReviewDateForm):
    """One version of a text of the knowledge base."""

    key = forms.UUIDField(widget=forms.HiddenInput, required=False, initial=uuid7)
    area_code = forms.ChoiceField(label=_("用在哪里"), help_text=_("下面的社区和网格都能用。"))
    reply_for = forms.ChoiceField(label=_("用在哪一步"), choices=ReplyFor.choices)
    question = TextField(
        label=_("问题"), limit=QUESTION_LIMIT, line=True, error_messages={"required": _("这里要写内容。")},
        widget=forms.TextInput(attrs={"maxlength": QUESTION_LIMIT, "autocomplete": "off"}),
    )  # fmt: skip
    body = TextField(
        label=_("答复"), limit=BODY_LIMIT, error_messages={"required": _("这里要写内容。")},
        widget=forms.Textarea(attrs={"rows": 8, "maxlength": BODY_LIMIT}),
    )  # fmt: skip
    type_codes = forms.MultipleChoiceField(
        label=_("事项类型"), required=False, widget=forms.SelectMultiple(attrs={"size": 6}),
        help_text=_("不选就是各类事项都用。"), error_messages={"invalid_choice": _("清单里没有这类事项。请重新选。")},
    )  # fmt: skip
    basis = TextField(
        label=_("依据"), limit=LINE_LIMIT, line=True, required=False, help_text=_("法规、文件或清单的条目。"),
        widget=forms.TextInput(attrs={"maxlength": LINE_LIMIT, "autocomplete": "off"}),
    )  # fmt: skip
    unit_id = forms.TypedChoiceField(
        label=_("负责单位"), required=False, coerce=UUID, empty_value=None,
        error_messages={"invalid_choice": _("没有这个单位。请重新选。")},
    )  # fmt: skip
    field_order = [
        "reply_for", "area_code", "question", "body", "type_codes", "basis", "unit_id", "review_on",
    ]  # fmt: skip

    def __init__(
        self,
        *args: Any,
        kind: str,
        areas: list[tuple[str, str]],
        types: list[Any],
        units: list[tuple[str, str]],
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        fields: dict[str, Any] = self.fields
        fields["type_codes"].choices = types
        fields["unit_id"].choices = [("", _("还没有定")), *units]
        fields["area_code"].choices = areas
        if not areas:  # the next version of a text stays where the text is
            del fields["area_code"]
        if kind == KnowledgeKind.REPLY:
            fields["question"].label, fields["body"].label = _("名称"), _("答复的话")
        else:
            del fields["reply_for"]
            fields["question"].help_text = _("照居民会问的话写。")
            fields["body"].help_text = _("居民会看到。写明怎么办、找谁、什么时候。")

    @staticmethod
    def initial_of(row: Knowledge, today: date) -> dict[str, Any]:
        names = ("reply_for", "question", "body", "type_codes", "basis", "unit_id")
        first = row.review_on if row.review_on > today else None
        return {**{name: getattr(row, name) for name in names}, "review_on": first}
