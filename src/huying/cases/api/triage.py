"""Triage for programs: what words point to, and how good the models are that say so. No word is kept or sent back."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Path
from pydantic import Field

from huying.cases.models import TriageModel
from huying.cases.queries import triage as reads
from huying.cases.queries.said import place_of
from huying.cases.queries.suggesting import types_for
from huying.cases.rules.triage import ModelState
from huying.kernel.api import AreaCode, In, Latitude, Line, Longitude, OneOf, Out, Router, Words, Written, actor_of
from huying.kernel.refusals import NotFound
from huying.matters import queries as matters
from huying.matters.rules import Grade
from huying.people.rules import Duty
from huying.places import queries as places
from huying.triage.gazetteer import Why

router = Router("triage")
ModelId = Annotated[UUID, Path(description="the model's id", examples=["0198c0de-0000-7000-8000-000000000000"])]


class WordsIn(In):
    words: Annotated[Words, Field(description="what was said; read, and not kept", examples=["楼下的垃圾桶满了"])]
    area_code: AreaCode
    estate: Line = Field("", description="the estate that the caller says they live in")
    lng: Longitude | None = None
    lat: Latitude | None = None


class PointedOut(Written):
    type_code: str = Field(examples=["0103"])
    percent: int = Field(ge=0, le=100, description="how often of a hundred such a suggestion is right", examples=[97])
    grade: Annotated[str, OneOf(Grade)]
    unit_ids: list[UUID] = Field(description="units with the duty there, in the order of the catalogue")


class SaidOut(Written):
    code: str = Field(description="a community or a grid of the street", examples=["440307008001003"])
    level: str = Field(description="community or grid")
    percent: int = Field(ge=0, le=100, description="how sure, set by hand and not measured as that of types is")
    reasons: list[Annotated[str, OneOf(Why)]] = Field(description="what spoke for it")


class PointingOut(Written):
    types: list[PointedOut] = Field(description="up to three, the best first")
    danger: str = Field(description="the number to call at once (110, 119, 120), or empty")
    model: int = Field(description="version of the street's model; 0 where the catalogue's words spoke alone")
    places: list[SaidOut] = Field(description="where the words say that it is: one, or up to six to ask about")
    question: str = Field(description="`which` where the words leave it open which of the places is meant, or empty")


class ModelOut(Out):
    """One version of what a street's triage has learned."""

    id: UUID
    area_code: str = Field(description="the street")
    number: int
    state: Annotated[str, OneOf(ModelState)]
    made_at: datetime
    learned_from: int = Field(description="how many closed cases")
    sha256: str = Field(description="of the file")
    data_hash: str = Field(description="SHA-256 over what it learned from, in whatever order")
    accuracy: float = Field(description="share of right first suggestions on cases held back from learning")
    macro_f1: float
    calibration_error: float
    measured_on: int


class ModelsOut(Out):
    items: list[ModelOut] = Field(description="the newest first, up to 50")


@router.post("/triage/suggest", PointingOut, duty=Duty.INTAKE, problems=(404,))
def suggest_triage(request: HttpRequest, body: WordsIn) -> PointingOut:
    """The matter types and the place that words point to, with grade and units. Nothing is registered by it.

    Errors: 403 `not-allowed` (no duty of intake anywhere), 404 `not-found` (no such area, or outside your intake).
    """
    if not actor_of(request).may(Duty.INTAKE, body.area_code) or not places.is_known(body.area_code):
        raise NotFound("area")
    found = types_for(body.words, body.area_code)
    danger = matters.danger_in(body.words)
    point = places.locate(body.lng, body.lat) if body.lng is not None and body.lat is not None else None
    codes = [point.area_code] if point is not None else []
    where = place_of(body.words, body.area_code, stated=body.estate, codes=codes)
    return PointingOut(
        types=[
            PointedOut(
                type_code=one.type.code, percent=int(one.score * 100), grade=Grade.URGENT if danger else one.type.grade,
                unit_ids=[unit.pk for unit in matters.owners_of(one.type.code, body.area_code)],
            )
            for one in found.types
        ],
        danger=danger.number if danger is not None else "",
        model=found.model,
        places=[
            SaidOut(code=one.code, level=one.level, percent=int(one.confidence * 100),
                    reasons=list(dict.fromkeys(str(why.code) for why in one.reasons)))
            for one in where.candidates
        ],
        question=str(where.ask.question) if where.ask is not None else "",
    )  # fmt: skip


@router.get("/triage/models", ModelsOut)
def list_triage_models(request: HttpRequest) -> ModelsOut:
    """The models of your streets."""
    return ModelsOut(items=[ModelOut(**_row(one)) for one in reads.models_of(actor_of(request))])


@router.get("/triage/models/{model_id}", ModelOut, problems=(404,))
def read_triage_model(request: HttpRequest, model_id: ModelId) -> ModelOut:
    """The card of one model.

    Errors: 404 `not-found` (missing, or of a street outside your scope).
    """
    found = reads.model(model_id, actor_of(request))
    if found is None:
        raise NotFound("triage_model")
    return ModelOut(**_row(found))


def _row(row: TriageModel) -> dict[str, Any]:
    return {
        "id": row.pk, "area_code": row.area_code, "number": row.number, "state": row.state, "made_at": row.made_at,
        "learned_from": row.learned_from, "sha256": row.sha256, "data_hash": row.data_hash,
        "accuracy": row.measured["accuracy"], "macro_f1": row.measured["macro_f1"],
        "calibration_error": row.measured["calibration_error"], "measured_on": row.measured["n"],
    }  # fmt: skip
