"""Forms of places."""

from __future__ import annotations

from django import forms

from huying.kernel.terms import _
from huying.places.rules import CoordinateSystem, ImportKind


class ImportForm(forms.Form):
    """A file of areas or of outlines, to be checked."""

    kind = forms.ChoiceField(
        label=_("导入什么"), choices=ImportKind.choices, initial=ImportKind.AREAS, widget=forms.RadioSelect
    )
    system = forms.ChoiceField(
        label=_("边界的坐标系"),
        choices=CoordinateSystem.choices,
        initial=CoordinateSystem.WGS84,
        required=False,
        help_text=_("只对区域边界有用。从国内地图导出的多是 GCJ-02。"),
    )
    file = forms.FileField(
        label=_("文件"),
        help_text=_("名录用 CSV 或 xlsx，要有“代码”和“名称”两列；边界用 GeoJSON，每个图形写明 code。"),
        error_messages={"required": _("请选一个文件。"), "empty": _("这个文件是空的。请换一个。")},
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.xlsx,.json,.geojson"}),
    )

    def clean_system(self) -> str:
        return self.cleaned_data["system"] or CoordinateSystem.WGS84
