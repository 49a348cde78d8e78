"""Forms of campaigns: plan one, list and share its places, work through them, close and publish it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, cast
from uuid import UUID

from django import forms
from django.utils import timezone

from huying.cases.actions import campaigns as acts
from huying.cases.actions.campaigns import NewSpot
from huying.cases.forms.base import MoveForm, line_field, radio_field, select_field, words_field
from huying.cases.forms.table import SENT_OTHERWISE
from huying.cases.models import Campaign, CampaignSpot
from huying.cases.queries import campaigns as reads
from huying.cases.rules.campaigns import AIM_LIMIT, DONE, NAME_LIMIT, WORDS_LIMIT, Finding, SpotVerb
from huying.files.forms import ImagesField
from huying.kernel.actor import Actor
from huying.kernel.refusals import Conflict, KeyReused
from huying.kernel.terms import Label, _
from huying.matters import queries as matters
from huying.people import queries as people
from huying.places import queries as places
from huying.places.rules import EstateKind, FacilityKind, WaterwayKind, parent_of

OWN = "own"  # each community's committee takes its own places
PLACE_KINDS: dict[str, Label] = {
    **{f"facility-{one}": one.label for one in FacilityKind},
    **{f"waterway-{one}": one.label for one in WaterwayKind},
    **{f"estate-{one}": one.label for one in EstateKind},
}


@dataclass
class Taking:
    """A campaign, or one of its places, for whoever takes part."""

    actor: Actor
    now: datetime
    campaign: Campaign | None = None
    spot: CampaignSpot | None = None
    spots: list[CampaignSpot] | None = None


class CampaignForm(MoveForm):
    """`subject` is a `Taking`."""

    def prepare(self, subject: Any) -> None:
        self.taking: Taking = subject

    @property
    def campaign(self) -> Campaign:
        assert self.taking.campaign is not None
        return self.taking.campaign


def _day(label: Label) -> forms.DateField:
    said = cast(str, _("请写日期。"))
    return forms.DateField(
        label=cast(str, label), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": said, "invalid": said},
    )  # fmt: skip


def _checks(label: Label, *, required: bool = False, missing: Label = "") -> forms.MultipleChoiceField:
    said = cast(str, missing or _("请选一项。"))
    return forms.MultipleChoiceField(
        label=cast(str, label), required=required, widget=forms.CheckboxSelectMultiple,
        error_messages={"required": said, "invalid_choice": said},
    )  # fmt: skip


class PlanForm(CampaignForm):
    name = line_field(_("名称"), limit=NAME_LIMIT, missing=_("请写专项整治的名称。"))
    aim = words_field(_("整治什么、要做到什么"), limit=AIM_LIMIT, missing=_("请写整治什么、要做到什么。"))
    area_code = select_field(_("在哪里"), missing=_("请选区域。"))
    type_codes = _checks(_("整治哪些事项"), required=True, missing=_("请选整治哪些事项。"))
    from_day, until_day = _day(_("从哪天")), _day(_("到哪天"))
    kinds: ClassVar[dict[str, str]] = {"type_codes": "checks"}

    def prepare(self, subject: Any) -> None:
        super().prepare(subject)
        areas, types = (cast(forms.ChoiceField, self.fields[name]) for name in ("area_code", "type_codes"))
        led = reads.areas_led(self.taking.actor)
        inside = sorted({one for code in led for one in [code, *places.names_within(code)] if len(one) <= 12})
        areas.choices = [(one, places.own_name_of(one)) for one in inside]
        types.choices = [(one.code, one.name) for one in matters.active_types()]
        day = timezone.localdate(self.taking.now)
        self.fields["from_day"].initial, self.fields["until_day"].initial = day, day + timedelta(days=30)

    def arguments(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.base_fields if name != "key"}


class AddForm(CampaignForm):
    """Places to list: kinds of registered ones, and lines of one's own."""

    place_kinds = _checks(_("登记在册的场所，一类一次列入"))
    typed = words_field(
        _("另外的点位，一行一个"), limit=10_000, rows=6, required=False,
        help_text=_("写名称；有坐标的写“名称,经度,纬度”（WGS84）。"),
    )  # fmt: skip
    area_code = select_field(_("没有坐标的点位在哪里"), required=False)
    unit = select_field(_("分给谁"), required=False)
    kinds: ClassVar[dict[str, str]] = {"place_kinds": "checks"}
    needed: ClassVar[frozenset[str]] = frozenset({"typed"})

    def prepare(self, subject: Any) -> None:
        super().prepare(subject)
        code = self.campaign.area_code
        kinds, areas, unit = (cast(forms.ChoiceField, self.fields[one]) for one in ("place_kinds", "area_code", "unit"))
        kinds.choices = [
            (kind, _("%(kind)s（%(count)s）") % {"kind": PLACE_KINDS[kind], "count": count})
            for kind, count in reads.kinds_in(code)
        ]
        if not kinds.choices:
            del self.fields["place_kinds"]
        inside = [one for one in sorted(places.names_within(code)) if len(one) <= 15]
        areas.choices = [(one, places.own_name_of(one)) for one in dict.fromkeys([code, *inside])]
        unit.choices = [("", _("先不分")), (OWN, _("各社区管各自的")), *units_near(code)]

    def clean(self) -> dict[str, Any] | None:
        data = super().clean()
        if self.errors:
            return data
        code = self.cleaned_data.get("area_code") or self.campaign.area_code
        found = [_spot_of(line, code) for line in self.cleaned_data.get("typed", "").splitlines() if line.strip()]
        if None in found:
            self.add_error("typed", _("有一行看不懂。请写名称，或“名称,经度,纬度”。"))
        spots = [one for one in found if one is not None]
        for kind in self.cleaned_data.get("place_kinds", ()):
            rows = reads.places_of_kind(kind, self.campaign.area_code)
            spots += [NewSpot(one.name, one.area_code, one.lng, one.lat, one.id) for one in rows]
        self.cleaned_data["spots"] = spots
        return data

    def arguments(self) -> dict[str, Any]:
        unit = self.cleaned_data["unit"]
        return {
            "spots": self.cleaned_data["spots"],
            "by_community": unit == OWN,
            "unit_id": UUID(unit) if unit not in ("", OWN) else None,
        }


def _spot_of(line: str, area_code: str) -> NewSpot | None:
    """A place from one line: a name, or a name with a point."""
    parts = [one.strip() for one in line.replace("，", ",").split(",")]
    if len(parts) == 1:
        return NewSpot(parts[0], area_code)
    try:
        name, lng, lat = parts
        return NewSpot(name, lng=float(lng), lat=float(lat))
    except ValueError:
        return None


def units_near(area_code: str) -> list[tuple[str, str]]:
    """Units of the area, of its parts, and those of the tier above."""
    found = [*people.tree_under([area_code]), *people.units_in(parent_of(area_code))]
    return [(str(one.pk), one.name) for one in {one.pk: one for one in found}.values()]


class ShareForm(CampaignForm):
    spots = forms.TypedMultipleChoiceField(
        label=cast(str, _("哪些点位")), coerce=UUID, widget=forms.CheckboxSelectMultiple,
        error_messages={"required": cast(str, _("请选要分的点位。"))},
    )  # fmt: skip
    unit_id = select_field(_("分给谁"), missing=_("请选单位。"))
    kinds: ClassVar[dict[str, str]] = {"spots": "checks"}

    def prepare(self, subject: Any) -> None:
        super().prepare(subject)
        spots, unit = (cast(forms.ChoiceField, self.fields[name]) for name in ("spots", "unit_id"))
        rows = self.taking.spots if self.taking.spots is not None else reads.spots_of(self.campaign.pk)
        free = [one for one in rows if one.state not in DONE]
        spots.choices = [
            (str(one.pk), f"{one.number} {one.name} · {one.unit.short_name if one.unit else _('没有分')}")
            for one in sorted(free, key=lambda one: one.unit_id is not None)
        ]
        unit.choices = [("", _("请选单位")), *units_near(self.campaign.area_code)]

    def arguments(self) -> dict[str, Any]:
        return {"spot_ids": self.cleaned_data["spots"], "unit_id": UUID(self.cleaned_data["unit_id"])}


class NothingForm(CampaignForm):
    """A move that asks nothing."""

    def arguments(self) -> dict[str, Any]:
        return {}


class WordsForm(CampaignForm):
    words = words_field(_("要说的话"), limit=WORDS_LIMIT)

    def arguments(self) -> dict[str, Any]:
        return {"words": self.cleaned_data["words"]}


class CloseForm(WordsForm):
    words = words_field(
        _("整治的结果，和以后怎么保持"), limit=WORDS_LIMIT, rows=5, missing=_("请写整治的结果，和以后怎么保持。")
    )


class PublishForm(WordsForm):
    words = words_field(
        _("写给居民看的话"), limit=AIM_LIMIT, rows=5, missing=_("请写给居民看的话。"),
        help_text=_("人人看得到：只公布数量，不列点位、单位和人。"),
    )  # fmt: skip


# One place


class StartForm(CampaignForm):
    images = ImagesField(label=_("整治前的照片"), most=3)


class FinishForm(CampaignForm):
    finding = radio_field(_("结果"), Finding.choices, missing=_("请选一项。"))
    before = ImagesField(label=_("整治前的照片"), most=3)
    after = ImagesField(label=_("整治后的照片"), most=3)
    words = words_field(_("做了什么、看到什么"), limit=WORDS_LIMIT, required=False)
    needed: ClassVar[frozenset[str]] = frozenset({"before", "after"})

    def prepare(self, subject: Any) -> None:
        super().prepare(subject)
        self.fields["finding"].initial = Finding.SOLVED


class LookForm(CampaignForm):
    images = ImagesField(label=_("核查照片"), most=3)
    words = words_field(_("看到的情况"), limit=WORDS_LIMIT, required=False)


class MissingForm(LookForm):
    words = words_field(_("看到什么、差什么"), limit=WORDS_LIMIT, missing=_("请写明看到什么、差什么。"))


class CaseForm(CampaignForm):
    words = words_field(_("什么情况，要谁来办"), limit=WORDS_LIMIT, missing=_("请写明情况。"))
    type_code = select_field(_("哪类事项"))

    def prepare(self, subject: Any) -> None:
        super().prepare(subject)
        types = cast(forms.ChoiceField, self.fields["type_code"])
        types.choices = [(one, matters.name_of(one)) for one in self.campaign.type_codes]
        self.notices = [("", _("转成案件以后按案件办理，算自己发现的。"))]

    def arguments(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("words", "type_code")}


@dataclass(frozen=True)
class CampaignMove:
    """One move of a campaign or of a place. `done` is what the toast says."""

    name: str
    form: type[CampaignForm]
    call: Callable[..., Any]
    label: Label
    icon: str
    done: Label
    danger: bool = False


def _named(*rows: CampaignMove) -> dict[str, CampaignMove]:
    return {one.name: one for one in rows}


CAMPAIGN_MOVES = _named(
    CampaignMove("add", AddForm, acts.add_spots, _("列入点位"), "plus", _("点位列好了。")),
    CampaignMove("share", ShareForm, acts.share_spots, _("分工"), "users", _("分好了。")),
    CampaignMove("begin", NothingForm, acts.begin_campaign, _("开始整治"), "play", _("已开始，参加的单位都看得到。")),
    CampaignMove("close", CloseForm, acts.close_campaign, _("结题"), "badge-check", _("已结题。")),
    CampaignMove("publish", PublishForm, acts.publish_campaign, _("公开结果"), "megaphone", _("已公开。")),
    CampaignMove("hide", NothingForm, acts.hide_campaign, _("撤下公开"), "eye-off", _("已撤下。"), danger=True),
)
SPOT_MOVES = _named(
    CampaignMove(str(SpotVerb.FINISH), FinishForm, acts.finish_spot, _("整治完成"), "check", _("已记下，等核查。")),
    CampaignMove(str(SpotVerb.START), StartForm, acts.start_spot, _("开始整治"), "play", _("已开始。")),
    CampaignMove(str(SpotVerb.PASS), LookForm, acts.pass_spot, _("核查通过"), "badge-check", _("核查通过。")),
    CampaignMove(str(SpotVerb.FAIL), MissingForm, acts.fail_spot, _("核查退回"), "undo", _("已退回。")),
    CampaignMove(str(SpotVerb.RECUR), MissingForm, acts.recur_spot, _("发现反弹"), "redo", _("已记下，重新整治。")),
    CampaignMove(str(SpotVerb.OPEN_CASE), CaseForm, acts.open_case, _("转成案件"), "flag", _("已转成案件。")),
)


def plan(form: CampaignForm, *, actor: Actor, now: datetime) -> Campaign:
    return cast(Campaign, _once(acts.plan_campaign, form, (), actor, now))


def walk(move: CampaignMove, form: CampaignForm, thing_id: UUID, *, actor: Actor, now: datetime) -> Any:
    """Make the move of a valid form. The same form sent twice acts once."""
    return _once(move.call, form, (thing_id,), actor, now)


def _once(call: Callable[..., Any], form: CampaignForm, ids: tuple[UUID, ...], actor: Actor, now: datetime) -> Any:
    try:
        return call(*ids, **form.arguments(), key=form.cleaned_data.get("key"), actor=actor, now=now)
    except KeyReused as why:
        raise Conflict(SENT_OTHERWISE) from why


def form_of(
    found: type[CampaignForm], taking: Taking, data: Any = None, files: Any = None, **options: Any
) -> CampaignForm:
    return found(data, files, subject=cast(Any, taking), **options)
