"""Forms of assessments: freezing, correcting, terms of scoring and their approval."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from django import forms
from django.forms import BoundField

from huying.insight.actions.freezing import REASON_LIMIT
from huying.insight.rules import FORMULAS, Month, Terms
from huying.insight.rules.terms import LARGEST_NORM
from huying.kernel.terms import Label, _
from huying.kernel.text import TextField


class MonthForm(forms.Form):
    """Which month of which area: carried along by the page."""

    area = forms.RegexField(r"\A[0-9]{2,24}\Z", widget=forms.HiddenInput)
    month = forms.CharField(max_length=7, widget=forms.HiddenInput)

    def clean_month(self) -> Month:
        try:
            return Month.read(self.cleaned_data["month"])
        except ValueError:
            raise forms.ValidationError(_("月份写不对。请写成 2026-10 这样。")) from None


class CorrectForm(MonthForm):
    reason = TextField(
        label=_("更正的原因"),
        limit=REASON_LIMIT,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("和数字一起公布，请不要写个人信息。"),
        error_messages={"required": _("请写明为什么更正，会和数字一起公布。")},
    )


class DecideForm(forms.Form):
    granted = forms.ChoiceField(
        label=_("是否批准"), choices=[("yes", _("批准")), ("no", _("不批准"))], widget=forms.RadioSelect
    )
    words = TextField(label=_("意见"), required=False, limit=REASON_LIMIT, widget=forms.Textarea(attrs={"rows": 2}))


def _whole(label: Any, most: int, least: int = 0) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        min_value=least,
        max_value=most,
        error_messages={"required": _("请写一个整数。"), "invalid": _("请写一个整数。")},
    )


class TermsForm(forms.Form):
    """Terms as a whole: what is not changed is carried over from those in force."""

    area = forms.RegexField(r"\A[0-9]{2,24}\Z", widget=forms.HiddenInput)
    valid_from = forms.RegexField(
        r"\A20[0-9]{2}-(0[1-9]|1[0-2])\Z", label=_("从哪个月起"), help_text=_("例如 2026-12"),
        error_messages={"required": _("请写月份。"), "invalid": _("月份写不对。请写成 2026-10 这样。")},
    )  # fmt: skip
    fair = forms.DecimalField(
        label=_("基本满意的系数"), min_value=0, max_value=1, max_digits=4, decimal_places=3,
        error_messages={"required": _("系数在 0 到 1 之间。"), "invalid": _("系数在 0 到 1 之间。")},
    )  # fmt: skip
    posts = forms.BooleanField(label=_("给岗位评分"), required=False)
    units = forms.BooleanField(label=_("给单位评分"), required=False)
    reason = TextField(
        label=_("为什么这样改"), limit=REASON_LIMIT, widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("请写明理由，审批的人要看。")},
    )  # fmt: skip

    def __init__(self, *args: Any, terms: Terms, **options: Any) -> None:
        self.terms = terms
        super().__init__(*args, **options)
        for name, floor in terms.bands[:-1]:
            self.fields[f"band_{name}"] = _whole(name, 100)
            self.initial.setdefault(f"band_{name}", floor)
        for formula in FORMULAS:
            for part in formula.parts:
                self.fields[f"{formula.code}_{part.code}"] = _whole(part.label, 100)
                self.initial.setdefault(f"{formula.code}_{part.code}", terms.weights[formula.code][part.code])
            if formula.code in terms.norms:
                self.fields[f"norm_{formula.code}"] = _whole(_("满分的工作量（件）"), LARGEST_NORM, 1)
                self.initial.setdefault(f"norm_{formula.code}", terms.norms[formula.code])
        for name, value in (("fair", f"{float(terms.fair):g}"), ("posts", terms.posts), ("units", terms.units)):
            self.initial.setdefault(name, value)

    def groups(self) -> Iterator[tuple[Label, list[BoundField]]]:
        """The fields of each formula under its name, then the bands."""
        for formula in FORMULAS:
            names = [f"{formula.code}_{part.code}" for part in formula.parts]
            if formula.code in self.terms.norms:
                names.append(f"norm_{formula.code}")
            yield formula.label, [self[name] for name in names]
        yield _("档次的最低分"), [self[f"band_{name}"] for name, _floor in self.terms.bands[:-1]]

    def read(self) -> tuple[Terms, Month]:
        """The terms as they were filled in; their sums are the action's to judge."""
        given = self.cleaned_data
        terms = self.terms.changed(
            fair=Fraction(str(given["fair"])),
            bands=(*((name, given[f"band_{name}"]) for name, _floor in self.terms.bands[:-1]), self.terms.bands[-1]),
            weights={
                formula.code: {part.code: given[f"{formula.code}_{part.code}"] for part in formula.parts}
                for formula in FORMULAS
            },
            norms={code: given[f"norm_{code}"] for code in self.terms.norms},
            posts=given["posts"],
            units=given["units"],
        )
        return terms, Month.read(given["valid_from"])
