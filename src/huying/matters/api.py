"""The catalogue for programs: classes, types and limits of the version in force."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest
from ninja import Query
from pydantic import Field

from huying.kernel.api import In, Line, Out, Router
from huying.kernel.refusals import NotFound
from huying.matters import queries
from huying.matters.models import MatterType
from huying.matters.rules import Grade, Step

router = Router("catalogue")
TypeCode = Annotated[str, Field(pattern=r"^[0-9]{4}$", examples=["0103"])]


class ClassOut(Out):
    code: str = Field(examples=["01"])
    name: str = Field(examples=["市容环卫"])


class TypeOut(Out):
    """A matter type of the version in force."""

    code: str = Field(examples=["0103"])
    name: str = Field(examples=["垃圾桶满溢或破损"])
    class_code: str = Field(examples=["01"])
    flow: str
    grade: str = Field(examples=["ordinary"])
    public: bool = Field(description="residents may choose it")
    confidential: bool
    self_handle: bool = Field(description="whoever finds it may settle it on the spot")
    filing_condition: str
    closing_condition: str
    clause: str
    advice: str


class LimitOut(Out):
    """How long a step may take, and where it is written."""

    step: str = Field(examples=["handle"])
    grade: str = Field(examples=["ordinary"])
    limit: str = Field(description="`h` and `d` plain time, `wh` and `wd` working time", examples=["24h"])
    words: str = Field(examples=["24 小时"])
    source: str


class CatalogueOut(Out):
    version: str = Field(examples=["2026-1"])
    classes: list[ClassOut]
    types: list[TypeOut]


class TypePage(Out):
    type: TypeOut
    limits: list[LimitOut]


class SuggestionOut(Out):
    type: TypeOut
    words: list[str] = Field(description="the words that led there")


class SuggestedOut(Out):
    danger: str = Field(description="call this number at once; empty where the words tell of no danger")
    suggestions: list[SuggestionOut]


@router.get("/catalogue", CatalogueOut, public=True)
def read_catalogue(request: HttpRequest) -> CatalogueOut:
    """Classes and types of the version in force; without a token those that residents may choose."""
    types = queries.active_types() if hasattr(request, "client") else queries.public_types()
    return CatalogueOut(
        version=queries.version_number(),
        classes=[ClassOut(code=one.code, name=one.name) for one in queries.classes()],
        types=[_type(one) for one in types],
    )


class Said(In):
    words: Annotated[Line, Field(min_length=1)]


@router.get("/catalogue/suggest", SuggestedOut, public=True)
def suggest_types(request: HttpRequest, given: Query[Said]) -> SuggestedOut:
    """The types that these words point to, best first, and whether they tell of danger."""
    danger = queries.danger_in(given.words)
    open_to_all = hasattr(request, "client")
    found = [one for one in queries.suggest(given.words, 5) if open_to_all or one.type.public]
    return SuggestedOut(
        danger=danger.number if danger is not None else "",
        suggestions=[SuggestionOut(type=_type(one.type), words=list(one.words)) for one in found[:3]],
    )


@router.get("/catalogue/types/{code}", TypePage, public=True, problems=(404,))
def read_type(request: HttpRequest, code: TypeCode) -> TypePage:
    """One type with the limits of each step and grade."""
    found = queries.type_of(code)
    if found is None or not (found.public or hasattr(request, "client")):
        raise NotFound("type")
    limits = []
    for step in Step:
        for grade in Grade:
            row = queries.limit_row(code, step, grade)
            limits.append(
                LimitOut(step=step, grade=grade, limit=str(row.limit), words=str(row.limit.words()), source=row.source)
            )
    return TypePage(type=_type(found), limits=limits)


def _type(one: MatterType) -> TypeOut:
    return TypeOut(
        code=one.code,
        name=one.name,
        class_code=one.class_code,
        flow=one.flow,
        grade=one.grade,
        public=one.public,
        confidential=one.confidential,
        self_handle=one.self_handle,
        filing_condition=one.filing_condition,
        closing_condition=one.closing_condition,
        clause=one.clause,
        advice=one.advice,
    )
