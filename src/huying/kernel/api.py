"""What every `api.py` stands on: routers whose operations have a door, one text type, bounded numbers, problems.

An operation names its door: `token` (a bearer token, with a duty where one is needed anywhere) or `public`.
Who a token stands for and how answers are kept is the business of `clients`, which hands both in at start.
Every write takes an `Idempotency-Key`; its answer is a `Written`, which holds ids, codes, numbers and times alone,
so that it may be kept for ever.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import wraps
from typing import Annotated, Any, ClassVar, Literal, Protocol, TypeVar, cast, get_type_hints
from uuid import UUID

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils.datastructures import MultiValueDict
from ninja import Router as NinjaRouter
from ninja import Schema
from ninja.errors import HttpError, ValidationError
from ninja.parser import Parser
from ninja.renderers import BaseRenderer
from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    ValidationInfo,
    model_validator,
)
from pydantic_core import PydanticCustomError, core_schema

from huying.kernel.actor import Actor, ActorKind, resident
from huying.kernel.paging import MOST
from huying.kernel.problems import refusal_for, response_to
from huying.kernel.refusals import Invalid, NotAllowed, Refusal, SignInNeeded
from huying.kernel.terms import Label, _
from huying.kernel.text import LINE_LIMIT, NAME_LIMIT, WORDS_LIMIT, clean

__all__ = [
    "AreaCode",
    "Derived",
    "In",
    "Key",
    "Latitude",
    "Line",
    "Listed",
    "Longitude",
    "Moment",
    "Name",
    "OneOf",
    "Out",
    "Router",
    "Slug",
    "Words",
    "Written",
    "actor_of",
    "identify_with",
    "keep_with",
    "refused",
    "text",
]

V = TypeVar("V", bound=Callable[..., Any])

# Values


def text(limit: int, *, name: bool = False, line: bool = False, least: int = 0) -> Any:
    """A string with the rules of `kernel.text`: no controls, no lone surrogates, nothing cut."""

    def checked(value: str) -> str:
        try:
            found = clean(value, limit=limit, name=name, line=line)
        except Invalid as why:
            raise PydanticCustomError("text", "{sentence}", {"sentence": str(why)}) from why
        if len(found) < least:
            raise PydanticCustomError("text", "{sentence}", {"sentence": str(_("这里要写文字。"))})
        return found

    return Annotated[str, Field(min_length=least, max_length=limit), AfterValidator(checked)]


Words = text(WORDS_LIMIT)
Line = text(LINE_LIMIT, line=True)
Name = text(NAME_LIMIT, name=True, least=1)
Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$", max_length=40)]
AreaCode = Annotated[str, Field(pattern=r"^[0-9]{2,24}$", max_length=24, examples=["440105001001"])]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False, description="WGS84 degrees east")]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False, description="WGS84 degrees north")]


class OneOf:
    """`Annotated[str, OneOf(State)]`: a string that is one of these words."""

    def __init__(self, words: Iterable[object]) -> None:
        self.words = [str(one) for one in words]

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        return core_schema.literal_schema(self.words)


def _in_range(value: datetime) -> datetime:
    if value.tzinfo is None or not 1970 < value.year < 2200:
        raise PydanticCustomError(
            "moment", "{sentence}", {"sentence": str(_("时间要带时区，年份在 1971 到 2199 之间。"))}
        )
    return value


Moment = Annotated[datetime, AfterValidator(_in_range), Field(description="ISO 8601 with offset")]
Limit = Annotated[int, Field(ge=1, le=MOST, description="rows on a page")]
Cursor = Annotated[str, Field(max_length=2000, description="`next` of the page before; empty for the first page")]


class In(Schema):
    """What comes in: unknown fields are refused, so that a misspelt one is never silently lost."""

    model_config = ConfigDict(extra="forbid")


class Out(Schema):
    """What goes out: an allow-list of fields."""

    @model_validator(mode="wrap")
    @classmethod
    def _run_root_validator(cls, values: Any, handler: ModelWrapValidatorHandler[Any], info: ValidationInfo) -> Any:
        # Ninja reads each field through a getter that knows Django's managers and files. An answer is made from plain
        # values by name, where that costs more than all the rest of it.
        return handler(values)


class Listed(Out):
    """One page. `next` is the cursor of the following page, empty on the last."""

    next: str = Field("", description="cursor of the following page, empty on the last", examples=[""])


class Derived(Protocol):
    """Makes a secret of an answer again from what was kept of it."""

    def __call__(self, kept: dict[str, Any]) -> str: ...


class Written(Out):
    """The answer of a write. What `derived` names is never kept: it is made again when the answer is."""

    derived: ClassVar[dict[str, Derived]] = {}


class Done(Written):
    """Nothing more to say."""

    done: Literal[True] = True


# Problems


class Problem(Out):
    """RFC 9457: why a request was refused. `code` is stable; the sentences follow Accept-Language."""

    type: str = Field(description="urn:huying:problem:<code>", examples=["urn:huying:problem:not-found"])
    title: str = Field(examples=["没有找到"])
    status: int = Field(ge=400, le=599, examples=[404])
    detail: str = Field(examples=["没有找到这一项。它可能不存在，或者不在您的范围内。请核对编号。"])
    code: str = Field(examples=["not-found"])
    instance: str = Field("", examples=["/api/v1/cases/0198c0de-0000-7000-8000-000000000000"])
    facts: dict[str, Any] | None = Field(None, description="numbers and codes for a program")
    errors: dict[str, list[str]] | None = Field(None, description="bad fields and what is wrong with each")


class Unreadable(Refusal):
    """A body that is no JSON, or not in the form that its type says."""

    code = "unreadable"
    status = 400
    title = _("内容读不懂")
    says = _("请求的内容读不懂。请按接口说明的格式再发一次。")


class WrongMethod(Refusal):
    code = "wrong-method"
    status = 405
    title = _("没有这个操作")
    says = _("这个地址不支持这个操作。请按接口说明调用。")


# What each status may mean, for the reader of the OpenAPI file.
MEANINGS: dict[int, str] = {
    400: "`unreadable`: the body is not what its content type says.",
    401: "`sign-in-needed`: no token, or one that is wrong, expired or revoked.",
    403: "`not-allowed`: visible, but not the duty of this token.",
    404: "`not-found`: missing, or outside the scope of this token: the same answer.",
    409: "`illegal-move` or `conflict`: not in this state, or somebody was faster; `facts` say what stands.",
    413: "`too-large`: more bytes than are taken in.",
    422: "`invalid` (see `errors`) or `key-reused`: the same `Idempotency-Key` came with another body.",
    429: "`too-many`: asked too often; see `Retry-After`.",
    503: "`unavailable`: the database is away for a moment; see `Retry-After`.",
    507: "`no-space`: the disk is full; nothing was written, see `Retry-After`.",
}


class _Refused(Schema):
    """A problem as Ninja wraps what an operation answers; it would make one for each status of each operation."""

    response: Problem


_SENTENCES: dict[str, Label] = {
    "missing": _("这一项要填。"),
    "extra_forbidden": _("没有这个字段。请按接口说明填写。"),
    "string_too_long": _("太长了。请写短一些。"),
    "string_too_short": _("太短了。请写全。"),
    "uuid_parsing": _("这里要写编号（UUID）。"),
    "datetime_parsing": _("这里要写带时区的时间。"),
    "literal_error": _("没有这个选项。"),
    "enum": _("没有这个选项。"),
}
_NOT_RIGHT = _("这一项不对。请按接口说明填写。")


def invalid_of(errors: Iterable[dict[str, Any]]) -> Invalid:
    """Ninja's list of faults as our one refusal: field by field, in words, never with the value itself."""
    told: dict[str, list[Label]] = {}
    for one in errors:
        place = [str(part) for part in one.get("loc", ()) if part not in ("body", "query", "path", "header", "form")]
        name = ".".join(part for part in place if part != "given")[:80]
        own = one.get("ctx", {}).get("sentence") if one.get("type") in ("text", "moment") else None
        sentence = own or _SENTENCES.get(str(one.get("type")), _NOT_RIGHT)
        if sentence not in told.setdefault(name, []):
            told[name].append(sentence)
    return Invalid(dict(list(told.items())[:50]) or {"": [_NOT_RIGHT]})


def refused(request: HttpRequest, exception: Exception | type[Exception]) -> HttpResponse:
    """Whatever an operation raises as a problem document; a fault of ours goes on to Django."""
    why: Refusal | None
    if isinstance(exception, ValidationError):
        why = invalid_of(exception.errors)
    elif isinstance(exception, HttpError):
        why = Unreadable() if exception.status_code == 400 else SignInNeeded()
    else:
        assert isinstance(exception, Exception)
        why = refusal_for(exception)
    if why is None:
        raise exception
    response = response_to(request, why)
    if why.status == 401:
        response["WWW-Authenticate"] = "Bearer"
    return response


# Bytes in and out


def dumped(data: Any) -> bytes:
    return orjson.dumps(data, default=str, option=orjson.OPT_NON_STR_KEYS)


def answer(data: Any, status: int = 200) -> HttpResponse:
    return HttpResponse(dumped(data), status=status, content_type="application/json")


class Renderer(BaseRenderer):
    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        return dumped(data)


class Reader(Parser):
    """Bodies by orjson: strict UTF-8, no NaN, no lone surrogates."""

    def parse_body(self, request: HttpRequest) -> Any:
        return orjson.loads(request.body)

    def parse_querydict(
        self, data: MultiValueDict[str, Any], list_fields: list[str], request: HttpRequest
    ) -> dict[str, Any]:
        return {key: data.getlist(key) if key in list_fields else data[key] for key in data}


# Doors

Identify = Callable[[HttpRequest], Actor | None]
Keep = Callable[[HttpRequest, str, str, int, Callable[[], Written], type[Written]], HttpResponse]
_identify: Identify | None = None
_keep: Keep | None = None
Key = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:+-]{8,100}$")]
_KEY = re.compile(r"[A-Za-z0-9_.:+\-]{8,100}", re.ASCII)
KEY_HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"


def identify_with(function: Identify) -> None:
    """Called once at start: who a request's token stands for (None without one)."""
    global _identify
    _identify = function


def keep_with(function: Keep) -> None:
    """Called once at start: how a write is done once for a key, and its answer kept."""
    global _keep
    _keep = function


class Door:
    """Who may knock at an operation; ninja calls it before it looks at anything else of the request."""

    def __init__(self, duty: str | None, public: bool) -> None:
        self.duty, self.public = duty, public
        self.asks: frozenset[str] = frozenset()  # what may stand behind the `?`

    def __call__(self, request: HttpRequest) -> bool:
        # The cookie of a browser opens no operation: a page of somebody else's could make it send one.
        actor = _identify(request) if _identify is not None else None
        request.actor = actor or resident()  # type: ignore[attr-defined]
        if not self.public:
            if actor is None or actor.kind != ActorKind.PERSON:
                raise SignInNeeded
            if self.duty is not None and not actor.has(self.duty):
                raise NotAllowed(duty=str(self.duty))
        # Ninja drops what it does not know: a misspelt filter would answer with everything.
        unknown = sorted(request.GET.keys() - self.asks)
        if unknown:
            raise invalid_of({"type": "extra_forbidden", "loc": ("query", one)} for one in unknown)
        return True


def actor_of(request: HttpRequest) -> Actor:
    return cast(Actor, request.actor)  # type: ignore[attr-defined]


def holder_of(request: HttpRequest) -> str:
    """Whose uploads wait: the token's own, as a session holds those of a browser. Raises SignInNeeded without one."""
    client = getattr(request, "client", None)
    if client is None:
        raise SignInNeeded
    return f"client:{client.pk}"


def key_of(request: HttpRequest) -> str:
    """The `Idempotency-Key` of a write; raises Invalid where it is missing or no key."""
    key = request.headers.get(KEY_HEADER, "")
    if not _KEY.fullmatch(key):
        raise Invalid(
            {
                KEY_HEADER: [
                    _("每次写入都要带 Idempotency-Key：8 到 100 个字母、数字或 _.:+-。重发同一次请求时用同一个。")
                ]
            }
        )
    return key


def uuid_key(request: HttpRequest) -> UUID | None:
    """The write's key as the history keeps it: of this client alone."""
    return cast("UUID | None", getattr(request, "history_key", None))


_NO_KEY = _("每次写入都要带 Idempotency-Key：8 到 100 个字母、数字或 _.:+-。重发时用同一个。")
_KEY_PARAMETER = {
    "in": "header",
    "name": KEY_HEADER,
    "required": True,
    "description": "Made by the caller, the same for every try of one write. Kept for ever: the same key and body "
    "give the same answer (with `Idempotency-Replayed: true`), another body is refused with `key-reused`.",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9_.:+-]{8,100}$", "examples": ["0198c0de-write-0001"]},
}
_REPLAYED_HEADER = {
    REPLAYED: {"description": "`true` where the answer is that of an earlier try", "schema": {"type": "string"}}
}


class Router:
    """One app's operations. `get` reads; `post`, `put` and `delete` write once for each `Idempotency-Key`."""

    def __init__(self, tag: str) -> None:
        self.ninja = NinjaRouter(tags=[tag])

    def get(
        self, path: str, out: Any, *, duty: str | None = None, public: bool = False, problems: Iterable[int] = (),
        extra: dict[str, Any] | None = None,
    ) -> Callable[[V], V]:  # fmt: skip
        def wrap(view: V) -> V:
            # Also where none is needed, a token that is wrong is refused.
            statuses = {401, 422, *problems} | ({403} if duty and not public else set())
            self._add("GET", path, view, {200: out}, statuses, duty, public, extra or {})
            return view

        return wrap

    def post(
        self, path: str, out: type[Written], *, status: int = 200, duty: str | None = None, public: bool = False,
        problems: Iterable[int] = (), extra: dict[str, Any] | None = None,
    ) -> Callable[[V], V]:  # fmt: skip
        return self._write("POST", path, out, status, duty, public, problems, extra)

    def put(
        self, path: str, out: type[Written], *, duty: str | None = None, problems: Iterable[int] = (),
        extra: dict[str, Any] | None = None,
    ) -> Callable[[V], V]:  # fmt: skip
        return self._write("PUT", path, out, 200, duty, False, problems, extra)

    def delete(
        self, path: str, out: type[Written], *, duty: str | None = None, problems: Iterable[int] = (),
        extra: dict[str, Any] | None = None,
    ) -> Callable[[V], V]:  # fmt: skip
        return self._write("DELETE", path, out, 200, duty, False, problems, extra)

    def _write(
        self, method: str, path: str, out: type[Written], status: int, duty: str | None, public: bool,
        problems: Iterable[int], extra: dict[str, Any] | None,
    ) -> Callable[[V], V]:  # fmt: skip
        def wrap(view: V) -> V:
            @wraps(view)
            def once(request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
                assert _keep is not None, "clients hands in how answers are kept"
                name = f"{method} {path}"
                return _keep(request, key_of(request), name, status, lambda: view(request, *args, **options), out)

            # Ninja reads the annotations where the function was written, not here.
            hints = get_type_hints(view, include_extras=True)
            plain = inspect.signature(view)
            once.__signature__ = plain.replace(  # type: ignore[attr-defined]
                parameters=[
                    one.replace(annotation=hints.get(one.name, one.annotation)) for one in plain.parameters.values()
                ]
            )
            statuses = {400, 401, 403, 409, 413, 422, 507, *problems}
            told = {"parameters": [_KEY_PARAMETER], **(extra or {})}
            self._add(method, path, once, {status: out}, statuses, duty, public, told)
            return view

        return wrap

    def _add(
        self, method: str, path: str, view: Callable[..., Any], response: dict[int, Any], problems: set[int],
        duty: str | None, public: bool, extra: dict[str, Any],
    ) -> None:  # fmt: skip
        view.door = ("public", None) if public else ("token", duty)  # type: ignore[attr-defined]
        lines = (view.__doc__ or "").strip().split("\n", 1)
        door = Door(duty, public)
        self.ninja.add_api_operation(
            path,
            [method],
            view,
            auth=door,
            response=response,
            operation_id=view.__name__,
            summary=lines[0].rstrip("."),
            description="\n".join(line.strip() for line in (view.__doc__ or "").strip().splitlines()),
            openapi_extra=extra,
        )
        operation = self.ninja.path_operations[path].operations[-1]
        operation.response_models |= dict.fromkeys(sorted({*problems, 503}), _Refused)
        door.asks = frozenset(
            name
            for one in operation.models
            if one.__ninja_param_source__ == "query"
            for name in one.__ninja_flatten_map__
        )
