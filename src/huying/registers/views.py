"""Pages of every register alike: overview, list, row, form, import, export, bulk change, print."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from itertools import islice
from os.path import commonprefix
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import orjson
from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from huying.kernel.actor import Actor
from huying.kernel.doors import actor_of, attempt, now_of, staff
from huying.kernel.paging import Page
from huying.kernel.refusals import Invalid, NotAllowed, NotFound
from huying.kernel.terms import Label, _, listed
from huying.registers import actions, declared, drafts, queries, sheets, writing
from huying.registers.declared import Column, ColumnKind, Register
from huying.registers.filters import chips_of, wanted_of
from huying.registers.forms import EndForm, ImportForm, RowForm
from huying.registers.models import BulkChange
from huying.registers.queries import ON_A_PAGE, Wanted
from huying.registers.rules import MOST_BULK, MOST_FILE_BYTES, MOST_SHOWN_PROBLEMS, Changed, Outcome, Verb

MOST_PRINTED = 2000
MENU = {"menu_key": "registers"}


@dataclass(frozen=True)
class Line:
    """A row as the list shows it: its name first, then its cells."""

    row: Any
    title: str
    cells: list[tuple[str, Column]]
    ended: bool
    number: int | None = None


@require_safe
@staff()
def overview(request: HttpRequest) -> HttpResponse:
    """Cards of all registers that the person may read, by group."""
    viewer = actor_of(request)
    if not queries.has_any(viewer):
        raise NotAllowed
    return render(request, "registers/overview.html", {"groups": queries.groups(viewer, now=now_of(request)), **MENU})


def _register(request: HttpRequest, key: str, *, write: bool = False) -> Register[Any]:
    """The register of an address; one that the person does not read is not there."""
    viewer, register = actor_of(request), declared.get(key)
    if not register.may_read(viewer):
        raise NotFound("register")
    if write and not register.may_write(viewer):
        raise NotAllowed(duty=register.write)
    return register


# The list


@require_safe
@staff()
def rows(request: HttpRequest, key: str) -> HttpResponse:
    """A page of the rows the person reads, cut by filters and words; ticked rows are changed together."""
    register, viewer, now = _register(request, key), actor_of(request), now_of(request)
    wanted = wanted_of(register, request.GET)
    page, found = _page(request, register, wanted)
    chips = chips_of(register, request.GET, wanted, viewer, now=now)
    area = _map_area(register, viewer, wanted) if register.has_points() else ""
    may_write = register.may_write(viewer)
    return render(
        request,
        "registers/list.html",
        {
            "register": register,
            "columns": _shown_columns(register),
            "lines": _lines(register, found, now=now),
            "page": page,
            "first": not page.after,
            "found": queries.count(register, viewer, wanted, now=now),
            "most_counted": queries.MOST_COUNTED,
            "filters": chips,
            "set_count": sum(bool(one["set"]) for one in chips),
            "clear_url": reverse("registers:list", args=[key]) if request.GET else "",
            "wanted": wanted,
            "kept": [(name, value) for name, value in request.GET.items() if name not in ("q", "after")],
            "query": _query(request),
            "tabs": _tabs(register, request.GET, wanted),
            "summary": register.summary(viewer),
            "may_write": may_write,
            "may_export": register.may_export(viewer),
            "bulk_columns": _bulk_columns(register) if may_write else [],
            "map_url": declared.areas().outlines_url(area) if area else "",
            "points_url": reverse("registers:points", args=[key]) + _query(request, with_page=True),
            "chosen": wanted.filters.get(register.area_field, "")
            or _common_area([register.area_of(one) for one in found]),
            **MENU,
        },
    )


@require_safe
@staff()
def points(request: HttpRequest, key: str) -> HttpResponse:
    """The same page of the same list as points on the map; the number is that of the row."""
    register = _register(request, key)
    wanted = wanted_of(register, request.GET)
    _got, found = _page(request, register, wanted)
    point = next((one for one in register.columns if one.kind == ColumnKind.POINT), None)
    features = []
    for line in _lines(register, found, now=now_of(request)):
        value = register.value_of(line.row, point) if point is not None else None
        if value is not None:
            facts = {"number": line.number, "tone": "grey" if line.ended else "blue", "name": line.title,
                     "url": reverse("registers:row", args=[key, line.row.pk])}  # fmt: skip
            shape = {"type": "Point", "coordinates": list(value)}
            features.append({"type": "Feature", "geometry": shape, "properties": facts})
    body = orjson.dumps({"type": "FeatureCollection", "features": features})
    return HttpResponse(body, content_type="application/geo+json", headers={"Cache-Control": "private, no-store"})


@require_safe
@staff()
def printed(request: HttpRequest, key: str) -> HttpResponse:
    """The list as a plain table for paper, at most so many rows."""
    register, viewer, now = _register(request, key), actor_of(request), now_of(request)
    if not register.may_export(viewer):
        raise NotAllowed(duty=register.export_duty)
    wanted = wanted_of(register, request.GET)
    found = list(islice(queries.export_rows(register, viewer, wanted, now=now), MOST_PRINTED + 1))
    context = {
        "register": register,
        "columns": _shown_columns(register),
        "lines": _lines(register, found[:MOST_PRINTED], now=now),
        "more": len(found) > MOST_PRINTED,
        "most": MOST_PRINTED,
        "back_url": reverse("registers:list", args=[key]) + _query(request),
    }
    return render(request, "registers/print.html", context | MENU)


def _page(request: HttpRequest, register: Register[Any], wanted: Wanted) -> tuple[Page[Any], list[Any]]:
    page: Page[Any] = Page(limit=ON_A_PAGE, after=request.GET.get("after", ""))
    return page, queries.page(register, actor_of(request), wanted, page, now=now_of(request))


def _shown_columns(register: Register[Any]) -> list[Column]:
    return [one for one in register.columns if one.listed and one.name != _name_column(register)]


def _bulk_columns(register: Register[Any]) -> list[Column]:
    """What may be set for many rows, the area last: it is the one that nobody should pick by chance."""
    return sorted((one for one in register.columns if one.bulk), key=lambda one: one.kind == ColumnKind.AREA)


def _name_column(register: Register[Any]) -> str:
    """The column that the row's name already says."""
    return "name" if any(one.name == "name" for one in register.columns) else ""


def _lines(register: Register[Any], found: list[Any], *, now: Any) -> list[Line]:
    shown = _shown_columns(register)
    return [
        Line(
            row, register.title_of(row), [(register.words_of(row, one), one) for one in shown],
            register.has_ended(row, now=now), number,
        )
        for number, row in enumerate(found, start=1)
    ]  # fmt: skip


def _query(request: HttpRequest, *, with_page: bool = False) -> str:
    query = request.GET.copy()
    if not with_page:
        query.pop("after", None)
    return f"?{query.urlencode()}" if query else ""


def _tabs(register: Register[Any], given: QueryDict, wanted: Wanted) -> list[dict[str, Any]]:
    if not register.ends:
        return []
    present, everything = given.copy(), given.copy()
    for query in (present, everything):
        query.pop("after", None)
        query.pop("ended", None)
    everything["ended"] = "1"
    return [
        {"words": _("在用"), "url": f"?{present.urlencode()}", "current": not wanted.ended, "count": None},
        {
            "words": _("含%(label)s") % {"label": register.ended_label},
            "url": f"?{everything.urlencode()}",
            "current": wanted.ended,
            "count": None,
        },
    ]


def _map_area(register: Register[Any], viewer: Actor, wanted: Wanted) -> str:
    """What the map shows around the list: the chosen area, or the first that the person reads."""
    chosen = wanted.filters.get(register.area_field, "")
    return chosen or next((one for one in register.prefixes(viewer) if one), "")


def _common_area(codes: list[str]) -> str:
    """The finest area of a tier that holds all of these: what the map draws near to."""
    common = commonprefix(codes) if codes else ""
    return next((common[:length] for length in (15, 12, 9) if len(common) >= length), "")


# One row


@require_safe
@staff()
def row(request: HttpRequest, key: str, row_id: UUID) -> HttpResponse:
    """One row: its cells, where it is, what hangs on it, what happened to it."""
    register, viewer, now = _register(request, key), actor_of(request), now_of(request)
    found = queries.with_links(register, [queries.one(register, viewer, row_id)])[0]
    ended = register.has_ended(found, now=now)
    may_write = register.may_write(viewer, found)
    point = next((register.value_of(found, one) for one in register.columns if one.kind == ColumnKind.POINT), None)
    area = register.area_of(found)
    return render(
        request,
        "registers/row.html",
        {
            "register": register,
            "row": found,
            "title": register.title_of(found),
            "ended": ended,
            "facts": [
                (one.label, register.words_of(found, one), _link_of(register, found, one))
                for one in register.columns
                if one.kind != ColumnKind.POINT and not one.apart and one.name != _name_column(register)
            ],
            "lng": point[0] if point else None,
            "lat": point[1] if point else None,
            "map_url": declared.areas().outlines_url(area[:9]) if point and area else "",
            "area": area,
            "panels": declared.panels_of(register, found, viewer),
            "row_actions": register.row_actions(found, viewer) if not ended else [],
            "history": _history(register, found.pk),
            "may_edit": may_write and not ended,
            "may_end": may_write and register.ends and not ended,
            **MENU,
        },
    )


def _link_of(register: Register[Any], found: Any, column: Column) -> str:
    """The page of the row that a cell links to."""
    value = register.value_of(found, column) if column.kind == ColumnKind.LINK else None
    return reverse("registers:row", args=[column.links_to, value]) if value else ""


def _history(register: Register[Any], row_id: UUID) -> list[dict[str, Any]]:
    lines = queries.history(register, row_id)[:50]
    names = declared.people_called({one.actor_id for one in lines if one.actor_id is not None})
    labels = {one.name: one.label for one in register.columns}
    told = []
    for one in lines:
        words: Label = Verb(one.verb).label if one.verb in Verb.values else one.verb
        if one.verb == Verb.END:
            words = register.end_label
        fields = one.facts.get("fields")
        note: Label = ""
        if one.verb == Verb.CHANGE and isinstance(fields, list):
            note = listed(label for name, label in labels.items() if name in fields)
        if one.facts.get("import"):
            words = _("%(verb)s（导入）") % {"verb": words}
        elif one.facts.get("bulk"):
            words = _("%(verb)s（批量）") % {"verb": words}
        elif one.facts.get("undone"):
            words = _("撤销批量改动")
        who = names.get(one.actor_id, "") if one.actor_id is not None else _("系统")
        told.append({"at": one.at, "who": who, "words": words, "note": note})
    return told


# Forms


@require_http_methods(["GET", "POST"])
@staff()
def new(request: HttpRequest, key: str) -> HttpResponse:
    """Add a row; the address may bring first values, e.g. of the place it hangs on."""
    register, viewer, now = _register(request, key, write=True), actor_of(request), now_of(request)
    if request.method == "POST":
        form = RowForm(register, request.POST, viewer=viewer, now=now)
        if form.is_valid():
            made = attempt(
                form,
                lambda: actions.put(
                    register=register, row_id=None, values=form.values(), actor=viewer, now=now,
                    key=form.cleaned_data["key"],
                ),
            )  # fmt: skip
            if made is not None:
                messages.success(request, _("已登记：%(name)s。") % {"name": register.title_of(made)})
                return redirect("registers:row", key=key, row_id=made.pk)
    else:
        several = {one.name: one.kind == ColumnKind.CHOICES for one in register.columns}
        given = {
            name: request.GET.getlist(name) if several[name] else value
            for name, value in request.GET.items()
            if name in several
        }
        form = RowForm(register, initial={"key": RowForm.fresh_key(), **given}, viewer=viewer, now=now)
    return _form_page(request, register, form, title=_("新增%(label)s") % {"label": register.label}, row=None)


@require_http_methods(["GET", "POST"])
@staff()
def edit(request: HttpRequest, key: str, row_id: UUID) -> HttpResponse:
    """Change a row."""
    register, viewer, now = _register(request, key), actor_of(request), now_of(request)
    found = queries.one(register, viewer, row_id)
    if not register.may_write(viewer, found):
        raise NotAllowed(duty=register.write)
    initial = RowForm.initial_of(register, found) | {"seen": writing.fingerprint(register, found)}
    if request.method == "POST":
        form = RowForm(register, request.POST, row=found, initial=initial, viewer=viewer, now=now)
        if form.is_valid():
            kept = attempt(
                form,
                lambda: actions.put(
                    register=register, row_id=row_id, values=form.values(), actor=viewer, now=now,
                    seen=form.cleaned_data["seen"],
                ),
            )  # fmt: skip
            if kept is not None:
                messages.success(request, _("已改好：%(name)s。") % {"name": register.title_of(kept)})
                return redirect("registers:row", key=key, row_id=row_id)
    else:
        form = RowForm(register, row=found, initial=initial, viewer=viewer, now=now)
    return _form_page(request, register, form, title=_("改动"), row=found)


def _form_page(request: HttpRequest, register: Register[Any], form: RowForm, *, title: Label, row: Any) -> HttpResponse:
    stood = None
    if register.has_points() and row is not None:
        point = next(one for one in register.columns if one.kind == ColumnKind.POINT)
        stood = register.value_of(row, point)
    area = register.area_of(row)[:9] if row is not None else _map_area(register, actor_of(request), Wanted())
    context = {
        "register": register,
        "form": form,
        "title": title,
        "row": row,
        "row_title": register.title_of(row) if row is not None else "",
        "fields": [(one, field, one.needed) for one, field in form.visible_pairs()],
        "map_url": declared.areas().outlines_url(area) if register.has_points() and area else "",
        "lng": stood[0] if stood else None,
        "lat": stood[1] if stood else None,
        "back_url": reverse("registers:row", args=[register.key, row.pk])
        if row is not None
        else reverse("registers:list", args=[register.key]),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "registers/form.html", context | MENU, status=status)


@require_http_methods(["GET", "POST"])
@staff()
def end(request: HttpRequest, key: str, row_id: UUID) -> HttpResponse:
    """End a row from a day on; it stays in the history."""
    register, viewer, now = _register(request, key), actor_of(request), now_of(request)
    found = queries.one(register, viewer, row_id)
    if not register.may_write(viewer, found):
        raise NotAllowed(duty=register.write)
    form = EndForm(
        request.POST if request.method == "POST" else None, initial={"on": timezone.localdate(now).isoformat()}
    )
    if request.method == "POST" and form.is_valid():
        done = attempt(
            form,
            lambda: actions.end_row(
                register=register, row_id=row_id, on=form.cleaned_data["on"], actor=viewer, now=now
            ),
        )
        if done is not None:
            facts = {"label": register.ended_label, "name": register.title_of(done)}
            messages.success(request, _("%(label)s：%(name)s。") % facts)
            return redirect("registers:list", key=key)
    context = {"register": register, "row": found, "title": register.title_of(found), "form": form}
    return render(request, "registers/end.html", context | MENU, status=422 if request.method == "POST" else 200)


# Sheets


@require_GET
@staff()
def export_csv(request: HttpRequest, key: str) -> HttpResponse:
    """The rows of a list as CSV, streamed."""
    register, found = _exported(request, key)
    response = StreamingHttpResponse(sheets.csv_lines(register, found), content_type="text/csv; charset=utf-8")
    return _named(response, request, register, "csv")


@require_GET
@staff()
def export_xlsx(request: HttpRequest, key: str) -> HttpResponse:
    """The rows of a list as a workbook."""
    register, found = _exported(request, key)
    return _workbook(request, register, found)


@require_GET
@staff()
def template(request: HttpRequest, key: str) -> HttpResponse:
    """An empty sheet with the right headings, and a second one that explains them."""
    register = _register(request, key, write=True)
    return _workbook(request, register, [], about=True)


def _exported(request: HttpRequest, key: str) -> tuple[Register[Any], Any]:
    register, viewer, now = _register(request, key), actor_of(request), now_of(request)
    if not register.may_export(viewer):
        raise NotAllowed(duty=register.export_duty)
    wanted = wanted_of(register, request.GET)
    actions.note_export(register=register, actor=viewer, now=now)
    return register, queries.export_rows(register, viewer, wanted, now=now)


def _workbook(request: HttpRequest, register: Register[Any], found: Any, *, about: bool = False) -> HttpResponse:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sheet.xlsx"
        sheets.write_workbook(register, found, path, about=about)
        data = path.read_bytes()
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return _named(HttpResponse(data, content_type=kind), request, register, "xlsx")


def _named(response: Any, request: HttpRequest, register: Register[Any], ending: str) -> HttpResponse:
    day = timezone.localdate(now_of(request))
    name = f"{register.label}-{day:%Y%m%d}.{ending}"
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["Cache-Control"] = "private, no-store"
    return cast(HttpResponse, response)


@require_http_methods(["GET", "POST"])
@staff()
def import_file(request: HttpRequest, key: str) -> HttpResponse:
    """Bring a sheet: it is checked, and what is wrong is told row by row."""
    register = _register(request, key, write=True)
    form, outcome = ImportForm(), None
    if request.method == "POST":
        form = ImportForm(request.POST, request.FILES)
        if form.is_valid():
            kept = attempt(form, lambda: _keep(request, register, form.cleaned_data["file"]))
            draft, outcome = kept if kept is not None else (None, None)
            if draft is not None:
                return redirect("registers:draft", key=key, draft_id=draft.pk)
    context = {
        "register": register,
        "form": form,
        "columns": [(one.label, one.needed, sheets.how_to_fill(one)) for one in register.columns],
        **_outcome(outcome),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "registers/import.html", context | MENU, status=status)


def _keep(request: HttpRequest, register: Register[Any], file: Any) -> Any:
    return drafts.keep_draft(
        register=register, filename=file.name, data=file.read(MOST_FILE_BYTES + 1), actor=actor_of(request),
        now=now_of(request),
    )  # fmt: skip


def _outcome(outcome: Outcome | None) -> dict[str, Any]:
    shown = outcome.rejected[:MOST_SHOWN_PROBLEMS] if outcome is not None else []
    return {"outcome": outcome, "problems": shown, "hidden": len(outcome.rejected) - len(shown) if outcome else 0}


@require_http_methods(["GET", "POST"])
@staff()
def draft(request: HttpRequest, key: str, draft_id: UUID) -> HttpResponse:
    """What a checked sheet would do, and the button that does it."""
    register, actor, now = _register(request, key, write=True), actor_of(request), now_of(request)
    if request.method == "POST":
        done = attempt(Form({}), lambda: drafts.apply_draft(register=register, draft_id=draft_id, actor=actor, now=now))
        if done is not None and done.applied:
            words = _("已导入：新增 %(created)s，改动 %(changed)s，不变 %(same)s，没有导入 %(rejected)s。")
            facts = {"created": done.created, "changed": done.changed, "same": done.same}
            messages.success(request, str(words) % {**facts, "rejected": done.rejected_rows})
            return redirect("registers:list", key=key)
    kept, outcome = drafts.check_draft(register=register, draft_id=draft_id, actor=actor, now=now)
    context = {"register": register, "draft": kept, **_outcome(outcome)}
    return render(request, "registers/draft.html", context | MENU, status=422 if request.method == "POST" else 200)


@require_POST
@staff()
def drop(request: HttpRequest, key: str, draft_id: UUID) -> HttpResponse:
    """Throw a checked sheet away."""
    register = _register(request, key, write=True)
    drafts.drop_draft(register=register, draft_id=draft_id, actor=actor_of(request))
    return redirect("registers:import", key=key)


# Bulk change


@require_POST
@staff()
def bulk(request: HttpRequest, key: str) -> HttpResponse:
    """Set one column of the ticked rows: choose the value, see old and new, apply."""
    register, viewer, now = _register(request, key, write=True), actor_of(request), now_of(request)
    column = register.column(request.POST.get("column", ""))
    ids = _ticked(request, register)
    if not ids:
        messages.error(request, _("请先勾选要改的行。"))
        return redirect(reverse("registers:list", args=[key]))
    step = request.POST.get("step", "choose")
    form = RowForm(register, request.POST if step != "choose" else None, viewer=viewer, now=now, columns=(column,))
    lines: list[Changed] | None = None
    if step != "choose" and form.is_valid():
        given = form.values()[column.name]
        if step == "apply":
            done = attempt(
                form,
                lambda: actions.bulk_change(
                    register=register, row_ids=ids, column=column.name, value=given, actor=viewer, now=now
                ),
            )
            if done is not None:
                return redirect("registers:bulk_done", key=key, change_id=done.pk)
        else:
            lines = attempt(
                form,
                lambda: actions.preview_bulk(
                    register=register, row_ids=ids, column=column.name, value=given, actor=viewer, now=now
                ),
            )
    found = queries.many(register, viewer, ids)
    if len(found) != len(ids):
        raise NotFound(register.key)
    context = {
        "register": register,
        "column": column,
        "form": form,
        "field": form[column.name],
        "ids": ",".join(str(one) for one in ids),
        "count": len(ids),
        "lines": lines,
        "changes": sum(not one.why_not for one in lines or []),
        "titles": [register.title_of(found[one]) for one in ids[:20]],
        "rest": max(0, len(ids) - 20),
    }
    return render(request, "registers/bulk.html", context | MENU, status=422 if form.errors else 200)


def _ticked(request: HttpRequest, register: Register[Any]) -> list[UUID]:
    """The rows of a bulk change: ticked ones, those handed on between steps, or all that the list holds."""
    viewer, now = actor_of(request), now_of(request)
    if request.POST.get("all") == "1":
        wanted = wanted_of(register, QueryDict(request.POST.get("query", "").removeprefix("?")))
        found = list(islice(queries.export_rows(register, viewer, wanted, now=now), MOST_BULK + 1))
        if len(found) > MOST_BULK:
            raise Invalid({"row_ids": [_("一次最多改 %(most)s 行。请先筛选。") % {"most": MOST_BULK}]})
        return [one.pk for one in found]
    written = request.POST.get("ids", "").split(",") if request.POST.get("ids") else request.POST.getlist("row")
    try:
        return list(dict.fromkeys(UUID(one) for one in written[: MOST_BULK + 1]))
    except ValueError as why:
        raise NotFound(register.key) from why


@require_safe
@staff()
def bulk_done(request: HttpRequest, key: str, change_id: UUID) -> HttpResponse:
    """What a bulk change has done, and the button that takes it back."""
    register, viewer = _register(request, key, write=True), actor_of(request)
    change = queries.bulk_seen(viewer, register, change_id)
    return render(request, "registers/bulk_done.html", _told_change(register, change, viewer) | MENU)


def _told_change(register: Register[Any], change: BulkChange, viewer: Actor) -> dict[str, Any]:
    column = register.column(change.column)
    found = queries.many(register, viewer, [UUID(row_id) for row_id, _before in change.rows])
    lines = []
    for row_id, before in change.rows[:200]:
        kept = found.get(UUID(row_id))
        if kept is not None:
            words = declared.words(register, column, actions.again(register, column, before, viewer))
            lines.append((kept.pk, register.title_of(kept), words, register.words_of(kept, column)))
    return {"register": register, "change": change, "column": column, "count": len(change.rows), "lines": lines}


@require_POST
@staff()
def undo(request: HttpRequest, key: str, change_id: UUID) -> HttpResponse:
    """Take a bulk change back where the rows still hold what it set."""
    register, actor = _register(request, key, write=True), actor_of(request)
    queries.bulk_seen(actor, register, change_id)
    change = actions.undo_bulk(change_id=change_id, actor=actor, now=now_of(request))
    left = len(change.rows) - change.undone
    if left:
        words = _("已撤销 %(count)s 行；%(left)s 行后来又改过，没有动。") % {"count": change.undone, "left": left}
    else:
        words = _("已撤销 %(count)s 行。") % {"count": change.undone}
    messages.success(request, words)
    return redirect("registers:list", key=key)
