"""What was answered before in the same matter and street: for who writes an answer now, and may see those cases."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from huying.cases.models import Case, Report
from huying.cases.queries.public import quotes
from huying.cases.queries.scope import branches_seen_by, within
from huying.cases.rules import State
from huying.cases.rules.masking import masked
from huying.kernel.actor import Actor
from huying.kernel.paging import Page

SHOWN = 3
LOOKED_AT = 12


def earlier_answers(case: Case, type_code: str, viewer: Actor) -> list[str]:
    """Up to three answers that left the house, the latest first, without what points to a person or quotes a caller."""
    if not type_code:
        return []
    page: Page[Case] = Page(limit=LOOKED_AT)
    ended = [str(State.CLOSED), str(State.ANSWERED)]
    rows = page.of(
        (
            branch.filter(
                within([case.area_code[:9]]), type_code=type_code, state__in=ended, restricted=False, imported=False,
                drill=False,
            ).exclude(answer="").exclude(pk=case.pk)
            for branch in branches_seen_by(viewer)
        ),
        order=("-received_at", "-id"),
    )  # fmt: skip
    said = _said(one.pk for one in rows)
    found = dict.fromkeys(masked(one.answer) for one in rows if not quotes(one.answer, said.get(one.pk, [])))
    return list(found)[:SHOWN]


def _said(case_ids: Iterable[UUID]) -> dict[UUID, list[str]]:
    found: dict[UUID, list[str]] = {}
    for case_id, words in (
        Report.objects.filter(case_id__in=list(case_ids)).order_by("pk").values_list("case_id", "words")
    ):
        found.setdefault(case_id, []).append(words)
    return found
