"""The knowledge base for programs of the staff: its texts by words, and one text. Everybody reads `/answers`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from django.utils.timezone import localdate
from ninja import Path, Query
from pydantic import Field

from huying.kernel.api import AreaCode, Cursor, In, Limit, Line, Listed, OneOf, Out, actor_of
from huying.kernel.doors import now_of
from huying.kernel.paging import Page
from huying.matters.api import TypeCode, router
from huying.matters.models import Knowledge
from huying.matters.queries import knowledge
from huying.matters.queries.knowledge import Wanted
from huying.matters.rules.knowledge import KnowledgeKind, KnowledgeState

KnowledgeId = Annotated[UUID, Path(description="a version's id", examples=["0198c0de-0000-7000-8000-000000000000"])]


class KnowledgeOut(Out):
    """One version of a text: an article that answers a question, or a standard reply for a move."""

    id: UUID = Field(description="of this version")
    entry: UUID = Field(description="the same for every version of the text")
    number: int = Field(ge=1, description="of the version")
    kind: Annotated[str, OneOf(KnowledgeKind)]
    state: Annotated[str, OneOf(KnowledgeState)]
    area_code: str
    type_codes: list[str] = Field(description="for these matters; empty: for all")
    reply_for: str = Field(description="of a reply: the move that it is for")
    question: str = Field(examples=["大件垃圾怎么预约上门收"])
    body: str
    basis: str = Field(description="a law, a document or an entry of a list; may be empty")
    unit_id: UUID | None
    review_on: date = Field(description="the day on which somebody looks at it again")
    approved_at: datetime | None


class KnowledgePage(Listed):
    items: list[KnowledgeOut]


class WantedKnowledge(In):
    words: Annotated[Line, Field(max_length=100, description="every pair of their characters stands in the text")] = ""
    kind: Annotated[str, OneOf(["", *KnowledgeKind])] = ""
    state: Annotated[str, OneOf(["", "due", *KnowledgeState])] = Field(
        "", description="`due`: to be looked at again; where nothing is said, what is in use or in the making"
    )
    limit: Limit = 50
    after: Cursor = ""


class Near(In):
    area: AreaCode
    words: Annotated[Line, Field(min_length=1, description="what somebody says; looked at and not kept")]
    type_code: TypeCode | None = None


class NearOut(Out):
    items: list[KnowledgeOut]


@router.get("/knowledge", KnowledgePage)
def list_knowledge(request: HttpRequest, given: Query[WantedKnowledge]) -> KnowledgePage:
    """Texts that you may see, the newest version first: in use where you work, others where you keep them."""
    page: Page[Knowledge] = Page(limit=given.limit, after=given.after)
    wanted = Wanted(given.kind, given.state, given.words)
    rows = knowledge.listed(actor_of(request), wanted, today=localdate(now_of(request)), page=page)
    return KnowledgePage(items=[_knowledge(one) for one in rows], next=page.next)


@router.get("/knowledge-near", NearOut)
def find_answers(request: HttpRequest, given: Query[Near]) -> NearOut:
    """Articles in use in a place that may answer what somebody says, the nearest first, at most three."""
    codes = [given.type_code] if given.type_code else []
    rows = knowledge.matching(given.words, given.area, today=localdate(now_of(request)), type_codes=codes)
    return NearOut(items=[_knowledge(one) for one in rows])


@router.get("/knowledge/{version_id}", KnowledgeOut, problems=(404,))
def read_knowledge(request: HttpRequest, version_id: KnowledgeId) -> KnowledgeOut:
    """One version. Errors: 404 `not-found` (missing, or not yours to see)."""
    return _knowledge(knowledge.one(actor_of(request), version_id))


def _knowledge(one: Knowledge) -> KnowledgeOut:
    return KnowledgeOut(
        id=one.pk, entry=one.entry, number=one.number, kind=one.kind, state=one.state, area_code=one.area_code,
        type_codes=one.type_codes, reply_for=one.reply_for, question=one.question, body=one.body, basis=one.basis,
        unit_id=one.unit_id, review_on=one.review_on, approved_at=one.approved_at,
    )  # fmt: skip
