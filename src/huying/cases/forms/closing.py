"""Forms of review, check, call-back and what follows."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django import forms

from huying.cases.forms.base import Button, MoveForm, Subject, head_of, radio_field, select_field, words_field
from huying.cases.forms.desk import choose_report
from huying.cases.forms.looking import Looked
from huying.cases.rules import FLOW, CallResult, Outcome, Satisfaction, State, Verb, state_label
from huying.files.forms import ImagesField
from huying.kernel.refusals import IllegalMove
from huying.kernel.terms import Label, _
from huying.ui.words import due_words


class ReviewForm(MoveForm):
    """Is the answer fit to leave the house?"""

    seen = forms.MultipleChoiceField(label=_("出门前看"), required=False, widget=forms.CheckboxSelectMultiple)
    decision = radio_field(_("决定"), missing=_("请选通过，或退回修改。"))
    reason = words_field(_("退回意见"), limit=500, required=False, help_text=_("退回时要写，单位会看到。"))
    kinds: ClassVar[dict[str, str]] = {"seen": "checks"}
    needed: ClassVar[frozenset[str]] = frozenset({"seen", "reason"})
    CHECKS: ClassVar[list[tuple[str, Label]]] = [
        ("done", _("写了做法和原因")),
        ("private", _("没有他人个人信息")),
        ("dated", _("承诺有日期")),
    ]

    def prepare(self, subject: Subject) -> None:
        seen, decision = self.fields["seen"], self.fields["decision"]
        assert isinstance(seen, forms.MultipleChoiceField)
        assert isinstance(decision, forms.ChoiceField)
        photos = [("photos", _("前后照片是同一处"))] if any(one.purpose == "after" for one in subject.photos) else []
        self.checks = [*self.CHECKS, *photos]
        seen.choices = self.checks
        decision.choices = self.decisions(subject)
        if len(decision.choices) == 1:
            decision.initial = decision.choices[0][0]
        mine = [one for one in subject.rows.answers if one.round == subject.case.round]
        if mine:
            self.lines = [(_("单位报的结果"), str(Outcome(mine[-1].outcome).label))]
            if mine[-1].internal:
                self.lines.append((_("内部说明"), mine[-1].internal))
            self.quote = mine[-1].words
            self.read = Looked((one.words for one in subject.rows.reports), mine[-1].words)

    def decisions(self, subject: Subject) -> list[tuple[str, Label]]:
        """Pass and back; passing is offered only where the flow lets it, and its reason is told where not."""
        facts = subject.docket.facts(actor=subject.actor, now=subject.now)
        found: list[tuple[str, Label]] = []
        try:
            lands = FLOW.move(Verb.REVIEW, facts).target
            word = state_label(lands or State.CLOSED, subject.case.flow)
            found.append(("pass", _("通过，进入“%(state)s”") % {"state": word}))
        except IllegalMove as why:
            self.notices.append(("warn", why.sentence))
        if FLOW.refusal(Verb.REWORK, facts) is None:
            found.append(("back", _("退回修改")))
        return found

    def clean(self) -> dict[str, Any] | None:
        data = super().clean()
        decision = self.cleaned_data.get("decision")
        if decision == "back" and not self.cleaned_data.get("reason"):
            self.add_error("reason", _("退回时，请写明要改什么。"))
        if decision == "pass" and len(self.cleaned_data.get("seen", [])) < len(self.checks):
            self.add_error("seen", _("通过前，请逐条看过并打勾。"))
        return data


class CheckForm(MoveForm):
    """Eyes on the place after the work."""

    passed = radio_field(
        _("现场看到的"), [("yes", _("办好了")), ("no", _("没办好"))], missing=_("请选办好了，或没办好。")
    )
    words = words_field(_("看到的情况"), required=False, help_text=_("写几句，或传一张现场照片。没办好要写明差什么。"))
    images = ImagesField(label=_("现场照片"))
    layouts: ClassVar[dict[str, str]] = {"passed": "segment"}
    needed: ClassVar[frozenset[str]] = frozenset({"words"})

    def clean(self) -> dict[str, Any] | None:
        data = super().clean()
        if self.cleaned_data.get("passed") == "no" and not self.cleaned_data.get("words"):
            self.add_error("words", _("没办好，请写明差什么。"))
        return data

    def arguments(self) -> dict[str, Any]:
        return {**super().arguments(), "passed": self.cleaned_data["passed"] == "yes"}


class CallBackForm(MoveForm):
    """One call with one caller. Nothing is chosen before the call."""

    report_id = select_field(_("打给哪一位"))
    result = radio_field(_("电话"), CallResult.choices, missing=_("请选电话结果。"))
    solved = radio_field(_("解决了吗（由诉求人说）"), [("yes", _("解决了")), ("no", _("没有解决"))], required=False)
    satisfaction = radio_field(_("满意吗"), Satisfaction.choices, required=False)
    words = words_field(_("诉求人的话"), required=False)
    layouts: ClassVar[dict[str, str]] = {"satisfaction": "segment"}
    needed: ClassVar[frozenset[str]] = frozenset({"solved", "satisfaction"})

    def prepare(self, subject: Subject) -> None:
        docket, now = subject.docket, subject.now
        left = docket.to_call()
        choose_report(self, subject, [(one.pk, one.words) for one in left])
        if len(left) == 1:
            self.lines = [(_("打给"), subject.caller(left[0]))]
            counts_from = docket.next_try_at(left[0], now)
            if counts_from > now:
                self.lines.append((_("没接通算下一次"), _("%(when)s 起") % {"when": due_words(counts_from, now)}))
        self.quote = subject.case.answer
        self.notices = [("", _("说没解决，就再办一次。三次不同时段都没接通，才按未联系上办结。"))]

    def clean(self) -> dict[str, Any] | None:
        data = super().clean()
        if self.cleaned_data.get("result") == CallResult.REACHED and not self.cleaned_data.get("solved"):
            self.add_error("solved", _("接通了，请先问解决了没有。"))
        return data

    def arguments(self) -> dict[str, Any]:
        given = self.cleaned_data
        reached = given["result"] == CallResult.REACHED
        return {
            "report_id": UUID(given["report_id"]),
            "result": given["result"],
            "solved": given["solved"] == "yes" if reached else None,
            "satisfaction": given["satisfaction"] if reached else "",
            "words": given["words"],
        }


class SecondRoundForm(MoveForm):
    def prepare(self, subject: Subject) -> None:
        self.notices = [("", _("马上开始新一轮，仍由上一轮的单位办，不再等其他诉求人的评价。"))]

    def buttons(self, submit: Label) -> list[Button]:
        return [Button(submit)]


class SplitOffForm(MoveForm):
    report_id = select_field(_("拆出哪条诉求"), missing=_("请选要拆出的诉求。"))

    def prepare(self, subject: Subject) -> None:
        field = self.fields["report_id"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            (str(one.pk), f"{subject.caller(one)} · {head_of(one.words)}")
            for one in subject.rows.reports
            if one.withdrawn_at is None
        ]
        self.notices = [("", _("拆出的诉求成为另一件，和这件连在一起，查询码照样能用。"))]

    def arguments(self) -> dict[str, Any]:
        return {"report_id": UUID(self.cleaned_data["report_id"])}
