"""Forms of the catalogue's pages."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from huying.kernel.refusals import Invalid
from huying.kernel.terms import _
from huying.kernel.text import LINE_LIMIT, TextField
from huying.matters.models import CatalogueVersion
from huying.matters.rules.book import TYPE_COLUMNS, TypeRow, limits_text, read_limits
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
