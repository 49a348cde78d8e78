"""Areas for programs: the tree, one area, and where a point lies."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Query
from pydantic import Field

from huying.kernel.api import AreaCode, In, Latitude, Longitude, Out, Router
from huying.kernel.refusals import NotFound
from huying.places import queries
from huying.places.models import Area

router = Router("areas")


class AreaOut(Out):
    """A present area: its name and place in the tree, which everybody may know."""

    code: str = Field(examples=["440105001001"])
    name: str = Field(examples=["榕树社区"])
    tier: str = Field(examples=["community"])
    parent_code: str = Field(examples=["440105001"])


class AreasOut(Out):
    area: AreaOut | None = Field(description="null at the top of the tree")
    children: list[AreaOut]


class PointOut(Out):
    area_code: str = Field(examples=["440105001001001"])
    name: str = Field(examples=["榕树社区 · 榕树第一网格"])


@router.get("/areas", AreasOut, public=True)
def list_areas(request: HttpRequest) -> AreasOut:
    """The top of the tree."""
    return AreasOut(area=None, children=[_area(one) for one in queries.children_of("")])


class Point(In):
    lng: Longitude
    lat: Latitude


@router.get("/areas/locate", PointOut, public=True, problems=(404,))
def locate_point(request: HttpRequest, given: Query[Point]) -> PointOut:
    """The finest area that holds a WGS84 point; 404 where the point lies in none."""
    found = queries.locate(given.lng, given.lat)
    if found is None:
        raise NotFound("area")
    return PointOut(area_code=found.area_code, name=queries.name_of(found.area_code))


@router.get("/areas/{code}", AreasOut, public=True, problems=(404,))
def read_area(request: HttpRequest, code: AreaCode) -> AreasOut:
    """One area and what lies one tier below it."""
    found = queries.area(code)
    if found is None:
        raise NotFound("area")
    return AreasOut(area=_area(found), children=[_area(one) for one in queries.children_of(code)])


def _area(one: Area) -> AreaOut:
    return AreaOut(code=one.code, name=one.name, tier=one.tier, parent_code=one.parent_code)
