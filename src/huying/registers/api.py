"""Rows of every register for programs, through the same engine as the pages."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Query
from pydantic import Field

from huying.kernel.api import Cursor, In, Limit, Line, Listed, Out, Router, Words, Written, actor_of, uuid_key
from huying.kernel.doors import now_of
from huying.kernel.paging import Page
from huying.kernel.refusals import NotFound
from huying.registers import actions, cells, declared, filters, queries
from huying.registers.declared import Register

router = Router("registers")

Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$", examples=["organisations"])]


class ColumnOut(Out):
    name: str
    label: str
    kind: str = Field(examples=["text"])
    needed: bool
    fixed: bool = Field(description="set on creation only")
    filtered: bool = Field(description="may stand in the address of the list as a filter")
    most: int | None
    links_to: str = Field(description="key of the register that a `link` names a row of")
    choices: dict[str, str] = Field(description="stored words and their labels")


class RegisterOut(Out):
    """A register and its columns. What leaves the house on no sheet is not among them."""

    key: str
    label: str
    may_write: bool
    ends: bool
    columns: list[ColumnOut]


class RegistersOut(Out):
    items: list[RegisterOut]


class RowOut(Out):
    id: UUID
    title: str
    area_code: str
    values: dict[str, Any] = Field(description="cells by column, as they are stored")
    words: dict[str, str] = Field(description="the same cells as people read them")


class RowPage(Listed):
    items: list[RowOut]


class RowIn(In):
    values: dict[
        Annotated[str, Field(max_length=60)],
        Annotated[Words, Field(max_length=10_000)]
        | bool
        | Annotated[int, Field(ge=-(2**53), le=2**53)]
        | Annotated[float, Field(allow_inf_nan=False)]
        | Annotated[list[Line | Annotated[float, Field(allow_inf_nan=False)]], Field(max_length=200)]
        | None,
    ] = Field(max_length=100, examples=[{"name": "榕树社区服务站", "area_code": "440105001001"}])


class Put(Written):
    row_id: UUID
    register_key: str


class EndIn(In):
    on: Annotated[date, Field(ge=date(1970, 1, 1), le=date(2999, 12, 31))]


class Wanted(In):
    q: Line = ""
    ended: bool = Field(False, description="with ended rows")
    limit: Limit = 50
    after: Cursor = ""


@router.get("/registers", RegistersOut)
def list_registers(request: HttpRequest) -> RegistersOut:
    """The registers that this token reads, with their columns."""
    viewer = actor_of(request)
    return RegistersOut(
        items=[
            RegisterOut(
                key=one.key,
                label=str(one.label),
                may_write=one.may_write(viewer),
                ends=one.ends,
                columns=[
                    ColumnOut(
                        name=column.name,
                        label=str(column.label),
                        kind=str(column.kind),
                        needed=column.needed,
                        fixed=column.fixed,
                        filtered=column.filtered,
                        most=column.most,
                        links_to=column.links_to,
                        choices={str(word): str(word.label) for word in column.choices} if column.choices else {},
                    )
                    for column in one.columns
                ],
            )
            for one in declared.all_for(viewer)
            if one.exported
        ]
    )


@router.get("/registers/{key}", RowPage, problems=(404,))
def list_rows(request: HttpRequest, key: Key, given: Query[Wanted]) -> RowPage:
    """Rows of a register in your areas. Columns marked `filtered` may stand in the address as filters."""
    register, now = _register(request, key), now_of(request)
    page: Page[Any] = Page(limit=given.limit, after=given.after)
    wanted = filters.wanted_of(register, request.GET)
    rows = queries.page(register, actor_of(request), wanted, page, now=now)
    return RowPage(items=[_row(register, one) for one in rows], next=page.next)


@router.get("/registers/{key}/{row_id}", RowOut, problems=(404,))
def read_row(request: HttpRequest, key: Key, row_id: UUID) -> RowOut:
    """One row."""
    register = _register(request, key)
    found = queries.one(register, actor_of(request), row_id)
    return _row(register, queries.with_links(register, [found])[0])


@router.post("/registers/{key}", Put, status=201, problems=(404,))
def create_row(request: HttpRequest, key: Key, body: RowIn) -> Put:
    """Add a row.

    Errors: 403 `not-allowed` (not your duty over the row's area), 404 `not-found`, 422 `invalid` (see `errors`).
    """
    return _put(request, key, None, body)


@router.put("/registers/{key}/{row_id}", Put, problems=(404,))
def change_row(request: HttpRequest, key: Key, row_id: UUID, body: RowIn) -> Put:
    """Change the cells that are given; the others stay."""
    return _put(request, key, row_id, body)


@router.post("/registers/{key}/{row_id}/end", Put, problems=(404,))
def end_row(request: HttpRequest, key: Key, row_id: UUID, body: EndIn) -> Put:
    """End a row from a day on: it leaves the lists and stays in the history."""
    register = _register(request, key)
    actions.end_row(
        register=register, row_id=row_id, on=body.on, actor=actor_of(request), now=now_of(request),
        key=uuid_key(request),
    )  # fmt: skip
    return Put(row_id=row_id, register_key=key)


def _put(request: HttpRequest, key: str, row_id: UUID | None, body: RowIn) -> Put:
    register = _register(request, key)
    kept = actions.put(
        register=register, row_id=row_id, values=dict(body.values), actor=actor_of(request), now=now_of(request),
        key=uuid_key(request),
    )  # fmt: skip
    return Put(row_id=kept.pk, register_key=key)


def _register(request: HttpRequest, key: str) -> Register[Any]:
    """A register that this token reads; NotFound for others, and for those that leave the house on no sheet."""
    found = declared.get(key)
    if not (found.may_read(actor_of(request)) and found.exported):
        raise NotFound("register")
    return found


def _row(register: Register[Any], row: Any) -> RowOut:
    return RowOut(
        id=row.pk,
        title=str(register.title_of(row)),
        area_code=register.area_of(row),
        values={one.name: cells.plain(register.value_of(row, one)) for one in register.columns},
        words={one.name: str(register.words_of(row, one)) for one in register.columns},
    )
