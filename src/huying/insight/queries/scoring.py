"""Terms of scoring: those in force, all versions, and the scores by them."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from huying.insight.models import Scoring
from huying.insight.rules import SHIPPED, Month, Score, Terms, TermsState, score_of
from huying.insight.rules.formulas import POSTS, UNIT
from huying.kernel.actor import Actor
from huying.kernel.refusals import NotFound
from huying.people.rules import Duty, prefixes
from huying.places import queries as places


def terms_for(code: str, month: Month) -> Terms:
    """By which an area's month is scored: the narrowest area around it that has terms, the latest of them."""
    rows = Scoring.objects.filter(area_code__in=prefixes(code), valid_from__lte=month.number, state=TermsState.IN_FORCE)
    found = max(rows, key=lambda one: (len(one.area_code), one.valid_from, one.number), default=None)
    return Terms.read(found.terms) if found is not None else SHIPPED


def scoring_of(viewer: Actor, code: str) -> list[Scoring]:
    """Every version of an area's own terms, the latest first. Raises NotFound outside the viewer's areas."""
    there = places.is_known(code)  # asked first: whoever may not look waits as long
    if not there or not viewer.may(Duty.READ, code):
        raise NotFound("area")
    return list(Scoring.objects.filter(area_code=code).order_by("-number"))


def scoring(viewer: Actor, scoring_id: UUID) -> Scoring:
    """One version. Raises NotFound, the same where it is not the viewer's to see."""
    found = Scoring.objects.filter(pk=scoring_id).first()
    if found is None or not viewer.may(Duty.READ, found.area_code):
        raise NotFound("scoring")
    return found


def scores_of_posts(sums: Mapping[str, int], terms: Terms) -> list[Score]:
    """One for each post over the whole area; none while they are switched off."""
    return [score_of(one, sums, terms) for one in POSTS] if terms.posts else []


def score_of_unit(sums: Mapping[str, int], terms: Terms) -> Score | None:
    return score_of(UNIT, sums, terms) if terms.units else None
