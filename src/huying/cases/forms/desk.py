"""Forms of the desk: what it is, where it is, whose it is, and the ends before anybody is sent."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.utils import timezone
from django.utils.choices import BaseChoiceIterator

from huying.approvals.models import Approval
from huying.approvals.rules import ApprovalKind
from huying.cases.actions.granting import asked_extension
from huying.cases.actions.intake import like
from huying.cases.actions.supervising import LIMITS
from huying.cases.forms.base import (
    Button,
    MoveForm,
    Subject,
    head_of,
    line_field,
    radio_field,
    select_field,
    words_field,
)
from huying.cases.forms.drafting import Drafted
from huying.cases.queries import page
from huying.cases.queries.suggesting import types_for
from huying.cases.rules import HoldReason, Supervision, Verb
from huying.clocks import actions as clock_actions
from huying.clocks import queries as clocks
from huying.clocks.rules import Basis, Limit, Unit
from huying.files.forms import ImagesField, PapersField
from huying.kernel.terms import Label, _
from huying.kernel.text import BIDI, TextField
from huying.matters import queries as matters
from huying.matters.queries import knowledge
from huying.matters.rules import Grade, Step
from huying.matters.rules.knowledge import ReplyFor
from huying.people import queries as people
from huying.places import queries as places
from huying.places.rules import community_of, street_of
from huying.ui.words import due_words

Choices = list[Any]


def type_choices(subject: Subject, *, empty: Label | None) -> Choices:
    """Types by class; the ones that the words point to come first."""
    said = " ".join(report.words for report in subject.rows.reports)
    hinted = [one.type for one in types_for(said, subject.case.area_code).types]
    groups: Choices = [("", empty)] if empty is not None else []
    if hinted:
        groups.append((_("按诉求内容，可能是"), [(one.code, one.name) for one in hinted]))
    by_class: dict[str, list[tuple[str, str]]] = {}
    for one in matters.active_types():
        by_class.setdefault(one.class_code, []).append((one.code, one.name))
    groups.extend((one.name, by_class[one.code]) for one in matters.classes() if one.code in by_class)
    return groups


def grid_choices(subject: Subject) -> Choices:
    """The street's communities with their grids."""
    street = street_of(subject.case.area_code) or subject.case.area_code
    names = places.names_within(street)
    groups: dict[str, list[tuple[str, Label]]] = {}
    for code in sorted(names):
        community = community_of(code)
        if not community:
            continue
        kept = groups.setdefault(community, [])
        if len(code) <= 15:
            kept.append((code, _("整个社区") if code == community else names[code]))
    found: Choices = [("", _("请选网格"))]
    found.extend((names.get(code, code), rows) for code, rows in groups.items())
    return found


class Listed(BaseChoiceIterator):
    """Choices as they are: a field and its widget would each look through hundreds of them for another order."""

    def __init__(self, choices: Choices) -> None:
        self._choices = choices

    def __iter__(self) -> Iterator[Any]:
        return iter(self._choices)


def choose_from(form: MoveForm, name: str, choices: Choices) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = Listed(choices)


class PlaceFields(MoveForm):
    """Where it is: a grid by name, or a point on the map."""

    grid_code = select_field(
        _("所在网格"), required=False, help_text=_("选网格，或在地图上点一下。"), missing=_("没有这个网格。请重新选。")
    )
    lng = forms.FloatField(widget=forms.HiddenInput, required=False, min_value=-180, max_value=180)
    lat = forms.FloatField(widget=forms.HiddenInput, required=False, min_value=-90, max_value=90)
    place_words = line_field(_("地点说明"), required=False)
    kinds: ClassVar[dict[str, str]] = {"grid_code": "place"}
    needed: ClassVar[frozenset[str]] = frozenset({"grid_code"})

    def prepare(self, subject: Subject) -> None:
        case = subject.case
        choose_from(self, "grid_code", grid_choices(subject))
        if not case.unplaced and len(case.area_code) <= 15:
            self.fields["grid_code"].initial = case.area_code
        self.fields["lng"].initial, self.fields["lat"].initial = case.lng, case.lat
        self.fields["place_words"].initial = case.place_words

    def hidden_fields(self) -> list[Any]:
        """The point comes with the map, which has inputs of its own."""
        return [one for one in super().hidden_fields() if one.name not in ("lng", "lat")]

    def place(self) -> dict[str, Any]:
        """A point that was moved says where it is; a grid that was chosen anew says so by its name."""
        case, data = self.subject.case, self.cleaned_data
        lng, lat, grid = data.get("lng"), data.get("lat"), data.get("grid_code", "")
        moved = None not in (lng, lat) and (lng, lat) != (case.lng, case.lat)
        chosen = bool(grid) and grid != case.area_code
        if moved and not chosen:
            return {"lng": lng, "lat": lat, "grid_code": "", "place_words": data.get("place_words", "")}
        return {
            "lng": lng if moved else None,
            "lat": lat if moved else None,
            "grid_code": grid,
            "place_words": data.get("place_words", ""),
        }


class PlaceForm(PlaceFields):
    def arguments(self) -> dict[str, Any]:
        return self.place()


class CorrectForm(MoveForm):
    type_code = select_field(_("事项类型"), required=False, missing=_("没有这类事项。请重新选。"))
    grade = radio_field(_("级别"), Grade.choices, required=False)
    title = line_field(_("标题"), limit=60, required=False, help_text=_("不写诉求人的姓名和电话。"))
    layouts: ClassVar[dict[str, str]] = {"grade": "segment"}
    needed: ClassVar[frozenset[str]] = frozenset({"type_code", "grade", "title"})

    def prepare(self, subject: Subject) -> None:
        case = subject.case
        choose_from(self, "type_code", type_choices(subject, empty=_("还没有定") if not case.type_code else None))
        self.fields["type_code"].initial = case.type_code
        self.fields["grade"].initial, self.fields["title"].initial = case.grade, BIDI.sub("", case.title)

    def clean(self) -> dict[str, Any] | None:
        data = super().clean()
        given = {name: self.cleaned_data.get(name) for name in ("type_code", "grade", "title")}
        if not self.errors and all(
            not value or value == getattr(self.subject.case, name) for name, value in given.items()
        ):
            self.add_error(None, _("没有改动。请先改好再保存。"))
        return data

    def arguments(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {name: data[name] or None for name in ("type_code", "grade", "title")}


class RegisterForm(PlaceFields):
    """What a matter must have before it is handed on."""

    type_code = select_field(_("事项类型"), missing=_("请选事项类型。"))
    grade = radio_field(_("级别"), Grade.choices, missing=_("请选一般、紧急或疑难。"))
    title = line_field(_("标题"), limit=60, required=False, help_text=_("不写诉求人的姓名和电话。"))
    layouts: ClassVar[dict[str, str]] = {"grade": "segment"}
    field_order = ["key", "type_code", "grade", "grid_code", "lng", "lat", "place_words", "title"]

    def prepare(self, subject: Subject) -> None:
        super().prepare(subject)
        choose_from(self, "type_code", type_choices(subject, empty=_("请选类型")))
        hinted = subject.hinted_type
        kind = matters.type_of(hinted) if hinted else None
        self.fields["type_code"].initial = hinted
        self.fields["grade"].initial = subject.case.grade or (kind.grade if kind else Grade.ORDINARY)
        self.fields["title"].initial = BIDI.sub("", subject.case.title)

    def arguments(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {"type_code": data["type_code"], "grade": data["grade"], "title": data["title"], **self.place()}


class FileForm(MoveForm):
    def prepare(self, subject: Subject) -> None:
        kind = subject.type
        if kind is not None:
            self.lines = [(_("立案条件"), kind.filing_condition), (_("依据"), kind.clause)]


class AddForm(MoveForm):
    """Words or photos added by the one who took the call."""

    report_id = select_field(_("补充哪条诉求"))
    words = words_field(_("补充的话"), limit=10_000, required=False)
    images = ImagesField(label=_("照片"))
    papers = PapersField(label=_("文件"), help_text=_("PDF、Word、Excel、PPT、ODF、文本。别带宏和密码。"))
    needed: ClassVar[frozenset[str]] = frozenset({"words"})

    def prepare(self, subject: Subject) -> None:
        mine = [one for one in subject.rows.reports if one.taken_by_id == subject.actor.id]
        choose_report(self, subject, [(one.pk, one.words) for one in mine])

    def arguments(self) -> dict[str, Any]:
        return {**super().arguments(), "report_id": UUID(self.cleaned_data["report_id"])}


def choose_report(form: MoveForm, subject: Subject, found: list[tuple[UUID, str]]) -> None:
    """The choice among reports; hidden where there is one."""
    field = form.fields["report_id"]
    assert isinstance(field, forms.ChoiceField)
    callers = {one.pk: subject.caller(one) for one in subject.rows.reports}
    field.choices = [(str(pk), f"{callers[pk]} · {head_of(words)}") for pk, words in found]
    if len(found) == 1:
        field.widget = forms.HiddenInput()
    if found:
        field.initial = str(found[0][0])


class AnswerForm(Drafted):
    reply_for = ReplyFor.ANSWER
    words = words_field(
        _("给诉求人的答复"), limit=10_000, rows=6, missing=_("请写给诉求人的答复。"),
        help_text=_("诉求人会看到。写明怎么办、找谁、什么时候。"),
    )  # fmt: skip
    source = radio_field(_("怎么答复的"), [("knowledge", _("按知识库")), ("phone", _("电话里说清楚了"))])
    article = forms.UUIDField(widget=forms.HiddenInput, required=False)  # the version of the knowledge base, if one
    layouts: ClassVar[dict[str, str]] = {"source": "segment"}

    def prepare(self, subject: Subject) -> None:
        self.fields["source"].initial = "knowledge"
        self.take_article(subject)
        kind = subject.type
        if kind is not None and kind.advice:
            self.lines = [(_("参考说法"), kind.advice)]

    def take_article(self, subject: Subject) -> None:
        """The words of the article that was chosen, to be read and edited; nothing where it is not in use here."""
        asked = self.initial.pop("article", "")
        try:
            chosen = UUID(str(asked))
        except ValueError:
            return
        found = knowledge.in_use(chosen, subject.case.area_code, today=timezone.localdate(subject.now))
        if found is not None:
            self.initial["article"] = str(found.pk)
            self.initial.setdefault("words", found.body)


class AskDeclineForm(Drafted):
    reply_for, drafts = ReplyFor.DECLINE, "reason"
    clause = line_field(_("依据哪一条"), missing=_("请写明依据哪一条。"))
    reason = words_field(_("为什么不受理"), limit=500)
    where_to = line_field(_("可以找谁"), required=False, help_text=_("写单位和电话，诉求人会看到。"))


class DecideForm(MoveForm):
    """An approval: what was asked, by whom, and both buttons."""

    kind: ClassVar[ApprovalKind]
    yes: ClassVar[Label] = _("同意")
    no: ClassVar[Label] = _("不同意")
    yes_css: ClassVar[str] = "btn-main"
    granted = forms.ChoiceField(
        choices=[("yes", _("同意")), ("no", _("不同意"))], error_messages={"required": _("请选同意或不同意。")}
    )
    words = words_field(_("意见"), limit=500, required=False, help_text=_("不同意时要写明原因，申请人会看到。"))
    needed: ClassVar[frozenset[str]] = frozenset({"words"})

    def prepare(self, subject: Subject) -> None:
        self.fields["granted"].widget = forms.HiddenInput()
        found = self.approval(subject)
        if found is not None:
            self.lines = [(_("申请人"), subject.who(found.asked_by)), *approval_lines(found, subject.now)]
            self.quote = found.reason

    def approval(self, subject: Subject) -> Approval | None:
        return subject.docket.open_approval(self.kind, subject.case.pk)

    def hidden_fields(self) -> list[Any]:
        """The decision comes with the button that is pressed."""
        return [one for one in super().hidden_fields() if one.name != "granted"]

    def clean(self) -> dict[str, Any] | None:
        data = super().clean()
        if self.cleaned_data.get("granted") == "no" and not self.cleaned_data.get("words"):
            self.add_error("words", _("不同意时，请写明原因。"))
        return data

    def arguments(self) -> dict[str, Any]:
        return {"granted": self.cleaned_data["granted"] == "yes", "words": self.cleaned_data["words"]}

    def buttons(self, submit: Label) -> list[Button]:
        return [Button(self.no, "granted", "no", ""), Button(self.yes, "granted", "yes", self.yes_css)]


def approval_lines(approval: Approval, now: datetime) -> list[tuple[Label, str]]:
    """What was cited with an ask."""
    lines: list[tuple[Label, str]] = []
    if approval.facts.get("clause"):
        lines.append((_("依据"), str(approval.facts["clause"])))
    if approval.facts.get("where_to"):
        lines.append((_("可以找谁"), str(approval.facts["where_to"])))
    if approval.facts.get("until"):
        lines.append((_("挂账原因"), str(HoldReason(approval.facts["kind"]).label)))
        lines.append((_("复核日期"), clocks.day_words(date.fromisoformat(approval.facts["until"]), now)))
    if approval.facts.get("amount"):
        amount, unit = approval.facts["amount"], Unit(approval.facts["unit"])
        lines.append((_("申请延长"), Limit(amount, unit, Basis(approval.facts["basis"])).words()))
    return lines


class DecideExtensionForm(DecideForm):
    """More time: until when it would run."""

    yes, no = _("同意延期"), _("不延期")

    def approval(self, subject: Subject) -> Approval | None:
        return asked_extension(subject.docket)

    def prepare(self, subject: Subject) -> None:
        super().prepare(subject)
        found = self.approval(subject)
        clock = next(iter(subject.docket.running(Step.HANDLE, subject.case.pk)), None)
        if found is None or clock is None:
            return
        now, longer = subject.now, copy(clock)
        clock_actions.extend(longer, found.facts["amount"], Unit(found.facts["unit"]))
        clock_actions.reckon(longer, subject.docket.knowledge.calendar, clocks.pauses_of(clock))
        self.lines += [
            (_("现在到期"), due_words(clock.due_at, now)),
            (_("同意后到期"), due_words(longer.due_at, now)),
        ]


class DecideHoldForm(DecideForm):
    kind = ApprovalKind.HOLD
    yes, no = _("同意挂账"), _("不挂账")


def last_words(subject: Subject, *verbs: Verb) -> str:
    """What was said last with one of these moves."""
    return next((one.words for one in reversed(subject.rows.remarks) if one.verb in verbs), "")


class SuperviseForm(MoveForm):
    """What is to be done, and by when the unit reports back."""

    what = words_field(_("要办到什么"), limit=500, missing=_("请写明要办到什么。"))
    limit = select_field(
        _("什么时候回报"), [(one, Limit.parse(one).words()) for one in LIMITS], missing=_("请选回报的时限。")
    )

    def prepare(self, subject: Subject) -> None:
        said = last_words(subject, Verb.REPORT_BACK)
        if subject.case.supervision and said:
            self.quote = said
        self.notices = [("", _("主办单位和单位负责人马上收到。督办次数记在这件事上。"))]


class CloseSupervisionForm(MoveForm):
    words = words_field(_("意见"), limit=500, required=False, help_text=_("可以不写，单位看得到。"))

    def prepare(self, subject: Subject) -> None:
        self.quote = last_words(subject, Verb.REPORT_BACK) if subject.case.supervision == Supervision.REPORTED else ""


class DecideDeclineForm(DecideForm):
    kind = ApprovalKind.DECLINE
    yes, no = _("同意不予受理"), _("继续受理")
    yes_css = "btn-danger"


class DecideVoidForm(DecideForm):
    kind = ApprovalKind.VOID
    yes, no = _("同意作废"), _("不作废")
    yes_css = "btn-danger"


class MergeForm(MoveForm):
    """One matter with another: chosen from the likely ones, or by its number."""

    into = radio_field(_("并入哪一件"), required=False)
    number = line_field(_("或者写案件编号"), limit=24, required=False)
    confirmed = forms.BooleanField(
        label=_("我看过两件的内容和地点，是同一件事"), error_messages={"required": _("请先核对，再打勾。")}
    )
    needed: ClassVar[frozenset[str]] = frozenset({"into"})

    def prepare(self, subject: Subject) -> None:
        field = self.fields["into"]
        assert isinstance(field, forms.ChoiceField)
        likely = [one for one in subject.near if like(subject.case, one)]
        field.choices = [(str(one.pk), f"{head_of(one.title)} · {one.number}") for one in likely]
        if not likely:
            del self.fields["into"]
            self.fields["number"].label = _("并入哪一件（案件编号）")
            self.fields["number"].required = True
        self.notices = [("", _("诉求都归到那一件，查询码照样能用。并错了可以撤销。"))]

    def clean(self) -> dict[str, Any] | None:
        data = super().clean()
        chosen, number = self.cleaned_data.get("into", ""), self.cleaned_data.get("number", "")
        if number:
            found = page.by_number(number, self.subject.actor)
            if found is None:
                self.add_error("number", _("没有找到这个编号的案件。请核对。"))
            else:
                self.cleaned_data["into_id"] = found.pk
        elif chosen:
            self.cleaned_data["into_id"] = UUID(chosen)
        elif not self.errors:
            self.add_error("number", _("请选一件，或写案件编号。"))
        return data

    def arguments(self) -> dict[str, Any]:
        return {"into_id": self.cleaned_data["into_id"], "confirmed": self.cleaned_data["confirmed"]}


class VerifyForm(MoveForm):
    found = radio_field(_("看到了吗"), [("yes", _("属实")), ("no", _("没有发现"))], missing=_("请选属实，或没有发现。"))
    words = words_field(_("看到的情况"), required=False, help_text=_("写几句，或传一张现场照片。"))
    images = ImagesField(label=_("现场照片"))
    layouts: ClassVar[dict[str, str]] = {"found": "segment"}
    needed: ClassVar[frozenset[str]] = frozenset({"words"})

    def arguments(self) -> dict[str, Any]:
        return {**super().arguments(), "found": self.cleaned_data["found"] == "yes"}


class SelfHandleForm(MoveForm):
    before = ImagesField(label=_("处理前"), required=True)
    after = ImagesField(label=_("处理后"), required=True)
    words = words_field(_("怎么处理的"), required=False)


class TransferForm(MoveForm):
    receiver = TextField(
        label=_("转给谁"), limit=60, name=True, error_messages={"required": _("请写明转给谁。")},
        widget=forms.TextInput(attrs={"maxlength": 60, "autocomplete": "off"}),
    )  # fmt: skip
    confirmed = forms.BooleanField(
        label=_("对方已经同意接收"), error_messages={"required": _("请先确认对方同意接收。")}
    )

    def prepare(self, subject: Subject) -> None:
        self.notices = [("warn", _("转出后，本街道不再办这件事，在办的工单会撤销。"))]


class AskVoidForm(MoveForm):
    reason = words_field(_("为什么作废"), limit=500, help_text=_("写明理由和证明。记录保留，不能删除。"))

    def prepare(self, subject: Subject) -> None:
        self.notices = [("", _("作废要两个人：您先申请，值班长再确认。确认前照常计时。"))]


class RecuseForm(MoveForm):
    unit_id = select_field(_("哪个单位要回避"), missing=_("请选要回避的单位。"))

    def prepare(self, subject: Subject) -> None:
        street = street_of(subject.case.area_code) or subject.case.area_code
        kept_away = {one.unit_id for one in subject.rows.recusals}
        field = self.fields["unit_id"]
        assert isinstance(field, forms.ChoiceField)
        units = people.units_for(subject.case.area_code, beside=street)
        field.choices = [("", _("请选单位")), *((str(one.pk), one.name) for one in units if one.pk not in kept_away)]
        self.notices = [("", _("设了以后，这个单位看不到这件事，也不能派给它、由它回访。"))]

    def arguments(self) -> dict[str, Any]:
        return {"unit_id": UUID(self.cleaned_data["unit_id"])}
