"""Forms of incidents: declare one, say how it goes, end it; and the calls that join."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, TypeVar, cast
from uuid import UUID

from django import forms

from huying.cases.actions import incidents
from huying.cases.forms.base import MoveForm, line_field, radio_field
from huying.cases.forms.table import SENT_OTHERWISE
from huying.cases.models import Case, Incident
from huying.cases.queries import incidents as reads
from huying.cases.rules.incidents import MOST_JOINED, PLACE_LIMIT, TITLE_LIMIT, WORDS_LIMIT
from huying.kernel.actor import Actor
from huying.kernel.refusals import Conflict, KeyReused
from huying.kernel.terms import Label, _
from huying.matters import queries as matters
from huying.places import queries as places
from huying.places.rules import community_of, street_of

FOR_ALL = _("人人看得到。不写姓名、电话、门牌和诉求人的话。")


def moment_field(label: Label, *, required: bool, help_text: Label = "") -> forms.DateTimeField:
    said = cast(str, _("请写日期和时间。"))
    return forms.DateTimeField(
        label=cast(str, label),
        required=required,
        help_text=cast(str, help_text),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={"required": said, "invalid": said},
    )


@dataclass
class About:
    """A case, or the incident that it is, for its forms."""

    case: Case
    actor: Actor
    now: datetime
    incident: Incident | None = None


class IncidentForm(MoveForm):
    """`subject` is an `About`."""

    def prepare(self, subject: Any) -> None:
        self.about: About = subject


class DeclareForm(IncidentForm):
    title = line_field(
        _("什么事"), limit=TITLE_LIMIT, missing=_("请写是什么事。"), help_text=_("比如：榕树路一带停水。")
    )
    words = line_field(
        _("已知的情况"), limit=WORDS_LIMIT, missing=_("请写已知的情况：什么原因，谁在处置。"), help_text=FOR_ALL
    )
    advice = line_field(
        _("居民可以怎么做"), limit=WORDS_LIMIT, required=False, help_text=_("比如：南门有送水车，可以接水。")
    )
    area_codes = forms.MultipleChoiceField(
        label=cast(str, _("哪些地方的诉求算这一件")),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": cast(str, _("请选范围。"))},
    )
    place_words = line_field(_("范围怎么说"), limit=PLACE_LIMIT, missing=_("请写哪些地方。"))
    types = radio_field(_("哪类诉求算这一件"), missing=_("请选一项。"))
    began_at = moment_field(_("什么时候开始"), required=True)
    expected_at = moment_field(_("预计什么时候好"), required=False, help_text=_("说不准就空着。"))
    kinds: ClassVar[dict[str, str]] = {"area_codes": "checks"}
    layouts: ClassVar[dict[str, str]] = {"types": "segment"}

    def prepare(self, subject: Any) -> None:
        super().prepare(subject)
        case = self.about.case
        areas, types = (cast(forms.ChoiceField, self.fields[name]) for name in ("area_codes", "types"))
        areas.choices = _places(case)
        areas.initial = [community_of(case.area_code) or street_of(case.area_code)]
        own = [("own", matters.name_of(case.type_code))] if case.type_code else []
        types.choices = [*own, ("any", _("这里的各类诉求"))]
        types.initial = types.choices[0][0]
        self.fields["place_words"].initial = places.own_name_of(areas.initial[0])
        self.fields["began_at"].initial = case.received_at
        self.notices = [("", _("发布后，报过这件事的人各收到一次；居民报同一件时先看到这些话。"))]

    def arguments(self) -> dict[str, Any]:
        data = self.cleaned_data
        names = ("title", "words", "advice", "place_words", "began_at", "expected_at")
        codes = [code for one in data["area_codes"] for code in one.split(",")]
        return {**{name: data[name] for name in names}, "area_codes": codes, "any_type": data["types"] == "any"}


def _places(case: Case) -> list[tuple[str, str]]:
    """The whole sub-district, its communities, the grids of the case's community, and the estates there."""
    street, community = street_of(case.area_code), community_of(case.area_code)
    names = places.names_within(street)
    codes = [one for one in sorted(names) if len(one) == 12 or (community and one[:12] == community and len(one) == 15)]
    own = [(code, names[code]) for code in codes]
    estates = [(",".join(codes), name) for name, codes in reads.estates_in(community or street)]
    return [(street, str(_("整个街道"))), *own, *estates]


class SayForm(IncidentForm):
    words = line_field(_("现在怎么样了"), limit=WORDS_LIMIT, missing=_("请写现在怎么样了。"), help_text=FOR_ALL)
    expected_at = moment_field(_("预计什么时候好"), required=False, help_text=_("不变就空着。"))

    def prepare(self, subject: Any) -> None:
        super().prepare(subject)
        self.notices = [("", _told_words(self.about.case))]

    def arguments(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("words", "expected_at")}


class EndForm(IncidentForm):
    words = line_field(_("结果怎么样"), limit=WORDS_LIMIT, missing=_("请写结果，比如已经恢复供水。"), help_text=FOR_ALL)

    def prepare(self, subject: Any) -> None:
        super().prepare(subject)
        self.notices = [("", _told_words(self.about.case)), ("", _("案件照常办结、回访。"))]

    def arguments(self) -> dict[str, Any]:
        return {"words": self.cleaned_data["words"]}


def _told_words(case: Case) -> Label:
    voices = reads.voices_of(case.pk)
    facts = {"told": voices.written_to, "rest": voices.every - voices.written_to}
    return _("发短信给 %(told)s 人；没留电话的 %(rest)s 人凭查询码看。") % facts


class JoinForm(IncidentForm):
    """Which calls go in: those ticked of the likely ones."""

    calls = forms.TypedMultipleChoiceField(
        label=cast(str, _("并入哪些")),
        coerce=UUID,
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("请选要并入的诉求，一次最多 %(most)s 件。") % {"most": MOST_JOINED},
            "invalid_choice": cast(str, _("有的诉求已经不在这里了。请再看一遍。")),
        },
    )

    def prepare(self, subject: Any) -> None:
        super().prepare(subject)
        assert self.about.incident is not None
        self.likely = reads.calls_like(self.about.incident, self.about.actor)
        cast(forms.ChoiceField, self.fields["calls"]).choices = [(str(one.pk), one.number) for one, _why in self.likely]

    def arguments(self) -> dict[str, Any]:
        return {"case_ids": self.cleaned_data["calls"]}


@dataclass(frozen=True)
class IncidentMove:
    """One move of an incident. `done` is what the toast says."""

    name: str
    form: type[IncidentForm]
    call: Callable[..., Incident]
    label: Label
    icon: str
    done: Label


Done = TypeVar("Done")
INCIDENT_MOVES: dict[str, IncidentMove] = {
    one.name: one
    for one in (
        IncidentMove("say", SayForm, incidents.say_of_incident, _("发布进展"), "megaphone", _("已发布，正在通知。")),
        IncidentMove("end", EndForm, incidents.end_incident, _("事件结束"), "badge-check", _("已结束，正在通知。")),
    )
}


def declare(form: IncidentForm, case_id: UUID, *, actor: Actor, now: datetime) -> Incident:
    return _once(incidents.declare_incident, form, case_id, actor, now)


def walk_incident(
    move: IncidentMove, form: IncidentForm, incident_id: UUID, *, actor: Actor, now: datetime
) -> Incident:
    """Make the move of a valid form. The same form sent twice acts once."""
    return _once(move.call, form, incident_id, actor, now)


def join(form: IncidentForm, incident_id: UUID, *, actor: Actor, now: datetime) -> incidents.Joined:
    return _once(incidents.join_calls, form, incident_id, actor, now)


def _once(call: Callable[..., Done], form: IncidentForm, thing_id: UUID, actor: Actor, now: datetime) -> Done:
    try:
        return call(thing_id, **form.arguments(), key=form.cleaned_data.get("key"), actor=actor, now=now)
    except KeyReused as why:
        raise Conflict(SENT_OTHERWISE) from why


def form_of(
    found: type[IncidentForm], about: About, data: Any = None, files: Any = None, **options: Any
) -> IncidentForm:
    return found(data, files, subject=cast(Any, about), **options)
