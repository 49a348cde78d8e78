"""Hot issues: what a clerk says of one, said twice by the action, the operation and the form."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any
from uuid import UUID

from huying.cases.actions import hot
from huying.cases.models import HotIssue, HotIssueCase
from huying.kernel.ids import uuid7
from prove.race.stage import RACE
from tests.world import GRID, STREET

_numbers = itertools.count(5001)
WORDS = "榕树路口的路灯不亮了，请来看看。"  # as `kinds` says them first


def issue(kinds: Any) -> HotIssue:
    """An issue of two calls."""
    scenes = [kinds.stage.scene("received") for _call in range(2)]
    kinds.stage.write()
    row = HotIssue.objects.create(
        street_code=STREET, number=next(_numbers), area_code=GRID, typical_id=scenes[0].case.pk, heat=1, callers=2,
        first_on=RACE.date(), last_on=RACE.date(), trend="rising", found_at=RACE,
    )  # fmt: skip
    HotIssueCase.objects.bulk_create([HotIssueCase(case_id=one.case.pk, issue=row) for one in scenes])
    return row


def _said(kinds: Any, verb: str) -> tuple[HotIssue, dict[str, Any], dict[str, Any]]:
    """An issue, what is said of it, and something else."""
    row = issue(kinds)
    if verb == "name_issue":
        return row, {"words": "榕树路路灯不亮"}, {"words": "路灯"}
    if verb in ("take_out", "put_back"):
        if verb == "put_back":
            _act(kinds, "take_out", row, {"case_id": row.typical_id}, None)
        return row, {"case_id": row.typical_id}, {"case_id": uuid7()}
    other = issue(kinds).pk
    if verb == "part_issues":
        _act(kinds, "join_issues", row, {"other_id": other}, None)
    return row, {"other_id": other}, {"other_id": uuid7()}


def _act(kinds: Any, verb: str, row: HotIssue, given: dict[str, Any], key: UUID | None) -> HotIssue:
    made: HotIssue = getattr(hot, verb)(row.pk, **given, actor=kinds.stage.world.clerk, now=RACE, key=key)
    return made


OPERATIONS = {
    "name_hot_issue": ("name_issue", "name", "words"),
    "take_out_of_hot_issue": ("take_out", "take-out", "case_id"),
    "put_back_into_hot_issue": ("put_back", "put-back", "case_id"),
    "join_hot_issues": ("join_issues", "join", "issue_id"),
    "part_hot_issues": ("part_issues", "part", "issue_id"),
}
FORMS = {"ThingForm": ("take_out", "take_out", "thing"), "NameForm": ("name_issue", "name", "words"),
         "JoinForm": ("join_issues", "join", "thing")}  # fmt: skip


def makers(kinds: Any, write: Callable[..., Any]) -> dict[str, Callable[[], Any]]:
    def make(verb: str) -> Any:
        row, given, other = _said(kinds, verb)
        return write(lambda words, key: _act(kinds, verb, row, given if words == WORDS else other, key))

    return {verb: (lambda verb=verb: make(verb)) for verb, _path, _field in OPERATIONS.values()}  # type: ignore[misc]


def operations(kinds: Any) -> dict[str, Callable[[], Any]]:
    def make(verb: str, path: str, field: str) -> Any:
        row, given, other = _said(kinds, verb)
        bodies = ({field: str(*one.values())} for one in (given, other))
        return kinds.sending("clerk", "POST", f"/hot-issues/{row.pk}/{path}", *bodies)

    return {name: (lambda told=told: make(*told)) for name, told in OPERATIONS.items()}  # type: ignore[misc]


def forms(kinds: Any, posting: Callable[..., Any]) -> dict[str, Callable[[], Any]]:
    def make(verb: str, path: str, field: str) -> Any:
        row, given, other = _said(kinds, verb)
        data, more = ({field: str(*one.values())} for one in (given, other))
        return posting("clerk", f"/desk/cases/hot/{row.pk}/moves/{path}/", {"key": str(uuid7()), **data}, more)

    return {
        f"huying.cases.forms.hot.{name}": (lambda told=told: make(*told))  # type: ignore[misc]
        for name, told in FORMS.items()
    }
