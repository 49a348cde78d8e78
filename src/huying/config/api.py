"""The API: every app's operations under one address, one shape of refusals, and the file that describes them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache, wraps
from importlib import import_module
from pathlib import Path
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.operation import PathView
from ninja.utils import replace_path_param_notation

from huying.clients import auth, keeping
from huying.kernel import api
from huying.kernel.api import MEANINGS, Problem, Reader, Renderer, Router, WrongMethod, dumped
from huying.kernel.problems import response_to

PREFIX = "/api/v1/"
APPS = (
    "clients", "cases", "portal", "files", "matters", "places", "people", "registers", "channels", "desk", "insight",
)  # fmt: skip
# Of a package, with tags of their own.
ROOMS = (
    "huying.cases.api.incidents", "huying.cases.api.campaigns", "huying.cases.api.street_rules", "huying.cases.api.hot",
    "huying.cases.api.triage",
)  # fmt: skip
DESCRIPTION = """
Every operation goes through the same actions and queries as the staff's pages: a token sees and does what its owner
may see and do, cut down to the token's duties and areas. What is missing and what lies outside the scope answer
alike (404). Every write takes an `Idempotency-Key`. Lists come in pages by key: pass `next` of one page as `after`
of the following. Times are ISO 8601 with offset, coordinates WGS84. Sentences follow `Accept-Language`
(`zh-hans`, `zh-hant`, `en`). Refusals are problem documents (RFC 9457); `code` is stable.
""".strip()
TAGS = {
    "reports": "one voice each: take in, and read what became of it",
    "cases": "the matters themselves, their moves, orders, clocks and photos",
    "incidents": "one matter that many report: declared, joined in one act, said to everybody",
    "hot": "issues that many calls of a place are about, ranked by heat; nothing of who called",
    "triage": "what words point to, and the models that a street's triage has learned",
    "campaigns": "places of an area worked through in a period, with photos before and after",
    "files": "photos, held for a day until a move or a report takes them",
    "catalogue": "classes, types and limits of the version in force",
    "areas": "the tree of areas, and where a point lies",
    "organisations": "units and the posts that people hold in them",
    "registers": "rows of every register",
    "desk": "whom to call back, filters kept under a name, hand-overs between shifts",
    "assessments": "rates of an area and a month, frozen months and their versions",
    "events": "what happened, in an order without gaps: asked for, streamed, or sent to an address of yours",
    "clients": "the token itself",
}

ninja = NinjaAPI(
    title="huying",
    version="1",
    description=DESCRIPTION,
    urls_namespace="api",
    openapi_url=None,
    docs_url=None,
    renderer=Renderer(),
    parser=Reader(),
    openapi_extra={
        "info": {"license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
        "tags": [{"name": name, "description": says} for name, says in TAGS.items()],
    },
)
# Here and not where the apps start: a worker has no API, and does without what describes one.
api.identify_with(auth.identify)
api.keep_with(keeping.once)
for fault in (Exception, Http404, HttpError, ValidationError):  # ninja has answers of its own for these
    ninja.add_exception_handler(fault, api.refused)


def _rooms() -> list[Router]:
    """The `api` of each app that has one: a module or a package."""
    there = [one for one in APPS if any(Path(__file__).parents[1].joinpath(one).glob("api*"))]
    found = [import_module(f"huying.{one}.api").router for one in there]
    return found + [import_module(name).router for name in ROOMS]


for room in _rooms():
    ninja.add_router("", room.ninja)


def _view(path_view: PathView, view: Callable[..., Any]) -> Callable[..., HttpResponse]:
    """The view of one address: its door, and a problem document where the method is none of its own."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        if request.method == "HEAD" and any("GET" in one.methods for one in path_view.operations):
            request.method = "GET"
        response: HttpResponse = view(request, *args, **options)
        if response.status_code != 405:
            if not response.has_header("Cache-Control"):
                response["Cache-Control"] = "private, no-store"
            return response
        told = response_to(request, WrongMethod())
        told["Allow"] = response["Allow"]
        return told

    answered.csrf_exempt = True  # type: ignore[attr-defined]
    answered.door = ("api", None)  # type: ignore[attr-defined]
    answered.operations = path_view.operations  # type: ignore[attr-defined]
    return answered


def _patterns() -> list[URLPattern]:
    found = [path("openapi.json", describe, name="openapi")]
    for bound in ninja._get_bound_routers():
        for route, path_view in bound.path_operations.items():
            view = _view(path_view, path_view.get_view())
            route = replace_path_param_notation(route).lstrip("/")
            found.append(path(route, view, name=path_view.operations[0].operation_id))
    return found


@cache
def openapi() -> dict[str, Any]:
    """The description of every operation, OpenAPI 3.1."""
    made: dict[str, Any] = json.loads(dumped(dict(ninja.get_openapi_schema(path_prefix=PREFIX.lstrip("/")))))
    made["components"]["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "description": "a personal token, or what /oauth/token gave"},
        "program": {
            "type": "oauth2",
            "flows": {"clientCredentials": {"tokenUrl": "/oauth/token", "scopes": {}}},
        },
    }
    doors = {one.operation_id: one.view_func.door for one in operations()}
    for methods in made["paths"].values():
        for one in methods.values():
            public = doors[one["operationId"]][0] == "public"
            either: list[dict[str, Any]] = [{"token": []}, {"program": []}]
            one["security"] = [{}, *either] if public else either
            _told(one, doors[one["operationId"]][1])
    made["servers"] = [{"url": "/"}]
    _pruned(made)
    return made


def _pruned(made: dict[str, Any]) -> None:
    """Drop schemas that nothing refers to: ninja also lists those whose fields became parameters."""
    schemas = made["components"]["schemas"]
    while True:
        named = set(re.findall(r"#/components/schemas/([\w-]+)", json.dumps(made)))
        unused = set(schemas) - named
        if not unused:
            return
        for name in unused:
            del schemas[name]


def _told(one: dict[str, Any], duty: str | None) -> None:
    """Refusals as problem documents, each with what it means; the duty in words."""
    for parameter in one.get("parameters", []):
        examples = parameter.pop("examples", None)  # of the schema: a list there, a map here
        if isinstance(examples, list):
            parameter["example"] = examples[0]
    if duty:
        one["description"] = f"{one.get('description', '')}\n\nNeeds the duty `{duty}`.".strip()
    for status, said in one["responses"].items():
        number = int(status)
        if number >= 400:
            said["description"] = MEANINGS[number]
            schema = {"$ref": "#/components/schemas/Problem"}
            said["content"] = {"application/problem+json": {"schema": schema, "example": _example(number)}}
        elif "Idempotency-Key" in [each["name"] for each in one.get("parameters", [])]:
            said["headers"] = api._REPLAYED_HEADER


@cache
def _example(status: int) -> dict[str, Any]:
    from django.utils import translation

    from huying.kernel import problems, refusals

    kinds: dict[int, Any] = {
        400: api.Unreadable,
        401: refusals.SignInNeeded,
        403: refusals.NotAllowed,
        404: refusals.NotFound,
        409: refusals.IllegalMove,
        413: refusals.TooLarge,
        422: lambda: refusals.Invalid({"words": [api._SENTENCES["missing"]]}),
        429: refusals.TooMany,
        503: refusals.Unavailable,
        507: refusals.NoSpace,
    }
    with translation.override("zh-hans"):
        return problems.document(kinds[status]())


def operations() -> list[Any]:
    return [
        one
        for bound in ninja._get_bound_routers()
        for path_view in bound.path_operations.values()
        for one in path_view.operations
    ]


def openapi_text() -> str:
    """The committed file: `docs/reference/openapi.json`."""
    return json.dumps(openapi(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def describe(request: HttpRequest) -> HttpResponse:
    """The OpenAPI file itself, for everybody."""
    response = HttpResponse(openapi_text(), content_type="application/json")
    response["Cache-Control"] = "public, max-age=300"
    return response


describe.door = ("public", None)  # type: ignore[attr-defined]

urls = _patterns()
__all__ = ["Problem", "describe", "ninja", "openapi", "openapi_text", "operations", "urls"]
