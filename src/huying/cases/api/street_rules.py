"""Decisions on street rules for programs; the versions themselves are rows of registers (`/registers/{key}`)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from pydantic import Field

from huying.cases.actions import ruling
from huying.cases.rules.street_rules import RuleState
from huying.kernel.api import In, OneOf, Router, Words, Written, actor_of, uuid_key
from huying.kernel.doors import now_of
from huying.registers.api import Key

router = Router("registers")


class DecisionIn(In):
    granted: bool
    words: Annotated[Words, Field(max_length=ruling.WORDS)] = Field("", description="why not, where it is refused")


class DecidedOut(Written):
    id: UUID
    state: Annotated[str, OneOf(RuleState)]
    version: int = Field(examples=[2])


@router.post("/registers/{key}/{row_id}/decision", DecidedOut, problems=(404,))
def decide_rule(request: HttpRequest, key: Key, row_id: UUID, body: DecisionIn) -> DecidedOut:
    """Approve or refuse a version of a street rule: `exclusion_kind`, `whistle_kind` or `whistle_band`.

    Errors: 403 `not-allowed` (not your duty over its area), 404 `not-found`, 409 `illegal-move` (you wrote in it, it is
    decided already, or its first day is over), 422 `invalid`.
    """
    row = ruling.decide_rule(
        register=key, rule_id=row_id, granted=body.granted, words=body.words, actor=actor_of(request),
        now=now_of(request), key=uuid_key(request),
    )  # fmt: skip
    return DecidedOut(id=row.pk, state=row.state, version=row.version)
