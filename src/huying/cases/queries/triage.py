"""How good triage was, read by scope: what was suggested against what the case is now, and the models it learned."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Avg, Count, F, Q, QuerySet
from django.db.models.functions import TruncWeek

from huying.cases.models import Case, Report, Suggested, TriageModel
from huying.cases.queries.scope import STREET_LENGTH, seen_by_area, within
from huying.cases.rules.triage import LOW, Judged
from huying.kernel.actor import Actor
from huying.people.rules import Duty

A_WEEK: Final = timedelta(days=7)
A_SEASON: Final = timedelta(days=90)
MOST_READ: Final = 20_000
MOST_MODELS: Final = 50


@dataclass(frozen=True)
class Looked:
    """A case with what was suggested for it first."""

    case: Case
    suggested: str
    confidence: float
    model: int
    by_rule: bool

    @property
    def wrong(self) -> bool:
        return bool(self.suggested and self.case.type_code) and self.suggested != self.case.type_code


def _rows(viewer: Actor, since: datetime) -> QuerySet[Suggested]:
    """What was suggested since then, in cases that the viewer sees by place; the latest first."""
    mine = seen_by_area(viewer).values("pk")
    return Suggested.objects.filter(at__gte=since, case__in=mine).order_by("-at", "-pk")


def looked_at(viewer: Actor, *, since: datetime) -> list[Looked]:
    """The cases registered since then in which the suggestion was not right, or a rule acted; the latest first."""
    wrong = ~Q(type_code="") & ~Q(type_code=F("case__type_code"))
    rows = _rows(viewer, since).filter(wrong | Q(by_rule=True)).select_related("case", "model").defer("case__search")
    return _first(
        Looked(one.case, one.type_code, one.confidence, one.model.number if one.model else 0, one.by_rule)
        for one in rows[:MOST_READ]
    )


def _first(looked: Iterable[Looked]) -> list[Looked]:
    """One of each case: registered twice, it counts once."""
    return list({one.case.pk: one for one in looked}.values())


def words_of(cases: Iterable[Case]) -> dict[UUID, str]:
    """What was said in cases that the viewer was given: one statement."""
    ids = [one.pk for one in cases]
    found: dict[UUID, str] = {}
    rows = Report.objects.filter(case_id__in=ids).order_by("received_at", "id") if ids else Report.objects.none()
    for case_id, words in rows.values_list("case_id", "words"):
        found[case_id] = f"{found[case_id]}\n{words}" if case_id in found else words
    return found


def counted(viewer: Actor, *, since: datetime) -> int:
    """How many cases were registered since then with a suggestion."""
    found = _rows(viewer, since).exclude(type_code="").order_by().aggregate(n=Count("case_id", distinct=True))
    return int(found["n"])


def judged(viewer: Actor, *, area_code: str, since: datetime) -> list[Judged]:
    """Suggestions of an area's cases that have ended, each with the type that the case had in the end."""
    rows = _rows(viewer, since).filter(
        within([area_code], "case__area_code"), case__ended_at__isnull=False, case__restricted=False
    )
    rows = rows.exclude(case__type_code="")
    found = rows.values_list("case_id", "type_code", "confidence", "case__type_code")[:MOST_READ]
    last = {case: Judged(suggested, confidence, final) for case, suggested, confidence, final in found}
    return list(last.values())


@dataclass(frozen=True)
class Week:
    """One week of suggestions in an area, beside what the model met when it was measured."""

    begins: date
    n: int
    low: float
    known: float | None


def weeks(viewer: Actor, *, area_code: str, since: datetime) -> list[Week]:
    """Week by week: the share of suggestions of low confidence, and how much of the calls the model had met before."""
    rows = _rows(viewer, since).filter(within([area_code], "case__area_code"))
    made = (
        rows.order_by()
        .annotate(week=TruncWeek("at"))
        .values("week")
        .annotate(n=Count("pk"), low=Count("pk", filter=Q(confidence__lt=LOW)), known=Avg("known"))
        .order_by("-week")
    )
    return [Week(one["week"].date(), one["n"], one["low"] / one["n"], one["known"]) for one in made]


def streets(viewer: Actor) -> list[str]:
    """Areas of the viewer from the sub-district up: whose models and limits are theirs to see."""
    return [code for code in viewer.areas(Duty.READ) if len(code) <= STREET_LENGTH]


def models_of(viewer: Actor) -> list[TriageModel]:
    """The models of the viewer's streets, the newest first."""
    rows = TriageModel.objects.filter(within(streets(viewer)))
    return list(rows.order_by("-made_at", "-pk")[:MOST_MODELS])


def model(model_id: UUID, viewer: Actor) -> TriageModel | None:
    """One model, or None where it is missing or of a street that is not the viewer's."""
    return TriageModel.objects.filter(within(streets(viewer)), pk=model_id).first()
