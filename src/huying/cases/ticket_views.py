"""Pages of tickets: the list, one whole with its moves, its paper, a sheet brought in, answers out, sending up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from huying.audit import actions as audit
from huying.cases import queries, uppersheets
from huying.cases.actions import tickets as acts
from huying.cases.forms.tickets import (
    TICKET_MOVES,
    ColumnsForm,
    ExportForm,
    Handling,
    SheetForm,
    TicketForm,
    TicketMove,
    UpForm,
    ticket_form,
    walk_ticket,
)
from huying.cases.forms.tickets import go_up as go_up_with
from huying.cases.models import Case, Source, Ticket
from huying.cases.queries import tickets as reads
from huying.cases.queries.tickets import SHOWS, Rows, WantedTickets
from huying.cases.rules.tickets import Arrival, SourceKind, TicketState, TicketVerb
from huying.cases.sheets import DOCX, Sheet, docx_of
from huying.cases.ticketfile import line_of, paper_of, ticketfile
from huying.cases.uppersheets import MOST_SHOWN, ReadLine
from huying.kernel.actor import Actor
from huying.kernel.doors import actor_of, attempt, now_of, staff
from huying.kernel.paging import Page
from huying.kernel.refusals import Invalid, NotAllowed, NotFound
from huying.kernel.sheets import Line
from huying.kernel.terms import Label, _
from huying.people.rules import Duty
from huying.registers import drafts
from huying.registers.rules import MOST_FILE_BYTES

ON_A_PAGE = 40
MOST_EXPORTED = 2000
EXPORTERS = (Duty.DISPATCH, Duty.EXPORT)
MENU = {"menu_key": "tickets"}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TABS: tuple[tuple[str, str, Label], ...] = (
    ("", "", _("全部")), ("state", "open", _("办理中")), ("show", "late", _("超时的")),
    ("show", "asked", _("等上级答复")), ("state", "answered", _("等上级回访")), ("state", "sent", _("报上去的")),
)  # fmt: skip


def _may_list(viewer: Actor) -> None:
    if not any(viewer.has(duty) for duty in (*reads.DESK, Duty.READ, Duty.HANDLE)):
        raise NotAllowed(duty=str(Duty.READ))


@staff()
@require_safe
def tickets(request: HttpRequest) -> HttpResponse:
    """Tickets on cases that the person may see, the latest first; narrowed by source, kind and how they stand."""
    viewer, now = actor_of(request), now_of(request)
    _may_list(viewer)
    asked = request.GET
    sources = reads.sources_for(viewer)
    wanted = WantedTickets(
        source=next((one.pk for one in sources if str(one.pk) == asked.get("source")), None),
        kind=asked.get("kind", "") if asked.get("kind") in SourceKind.values else "",
        state=asked.get("state", "") if asked.get("state") in TicketState.values else "",
        show=asked.get("show", "") if asked.get("show") in SHOWS else "",
    )
    page: Page[Ticket] = Page(limit=ON_A_PAGE, after=asked.get("after", ""))
    rows = reads.tickets_found(viewer, wanted, now=now, page=page)
    home = reverse("cases:tickets")
    facts = {
        "lines": [line_of(one, one.report.case, now) for one in rows],
        "tabs": [_tab(home, wanted, name, value, words) for name, value, words in TABS],
        "filters": [
            _filter(request, "kind", _("种类"), wanted.kind, [(str(one), one.label) for one in SourceKind]),
            _filter(
                request, "source", _("来源"), str(wanted.source or ""), [(str(one.pk), one.name) for one in sources]
            ),
        ],
        "page": page,
        "first": not page.after,
        "import_url": reverse("cases:bring_tickets") if _sources_in(viewer) else "",
        "export": ExportForm(sources=out) if (out := reads.sources_for(viewer, EXPORTERS)) else None,
        **MENU,
    }
    return render(request, "cases/tickets.html", facts)


def _tab(home: str, wanted: WantedTickets, name: str, value: str, words: Label) -> dict[str, Any]:
    here = (value if name == "state" else "", value if name == "show" else "")
    url = f"{home}?{name}={value}" if name else home
    return {"words": words, "url": url, "current": (wanted.state, wanted.show) == here}


def _filter(
    request: HttpRequest, name: str, label: Label, chosen: str, choices: list[tuple[str, Label]]
) -> dict[str, Any]:
    """One filter of the list, each choice an address that keeps the others."""

    def url(value: str) -> str:
        asked = request.GET.copy()
        for dropped in ("after", name):
            asked.pop(dropped, None)
        if value:
            asked[name] = value
        return f"?{asked.urlencode()}"

    words = next((one for value, one in choices if value == chosen), "")
    options = [{"words": one, "url": url(value), "current": value == chosen} for value, one in choices]
    return {"name": label, "words": words, "set": bool(chosen), "clear_url": url(""), "options": options}


# One


@staff()
@require_safe
@never_cache
def ticket(request: HttpRequest, ticket_id: UUID) -> HttpResponse:
    """One ticket whole, with its legal moves and no others; `?move=` opens the form of one."""
    rows = _rows(request, ticket_id)
    asked = request.GET.get("move", "")
    legal = reads.legal_moves(rows, actor_of(request), now_of(request))
    found = TICKET_MOVES.get(asked if asked in legal else "")
    form = ticket_form(found.form, _handling(request, rows), request=request) if found is not None else None
    return _page(request, rows, found, form, late=bool(asked) and found is None)


@staff()
@require_POST
def move_ticket(request: HttpRequest, ticket_id: UUID, verb: str) -> HttpResponse:
    """Make one move. What was typed stays where it is refused; the same form sent twice acts once."""
    found = TICKET_MOVES.get(verb)
    if found is None:
        raise NotFound("move")
    rows = _rows(request, ticket_id)
    form = ticket_form(found.form, _handling(request, rows), request.POST, request.FILES, request=request)
    if form.is_valid():
        actor, now = actor_of(request), now_of(request)
        if attempt(form, lambda: walk_ticket(found, form, ticket_id, actor=actor, now=now)) is not None:
            messages.success(request, str(found.done))
            return HttpResponseRedirect(reverse("cases:ticket", args=[ticket_id]))
        rows = _rows(request, ticket_id)
    return _page(request, rows, found, form, status=422)


def _rows(request: HttpRequest, ticket_id: UUID) -> Rows:
    found = reads.rows_of(ticket_id, actor_of(request))
    if found is None:
        raise NotFound("ticket")
    return found


def _handling(request: HttpRequest, rows: Rows) -> Handling:
    return Handling(rows.case, actor_of(request), now_of(request), rows)


def _page(
    request: HttpRequest, rows: Rows, found: TicketMove | None, form: TicketForm | None, *, late: bool = False,
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    panel: dict[str, Any] = {}
    if found is not None and form is not None:
        panel = {
            "title": found.label,
            "url": reverse("cases:move_ticket", args=[rows.ticket.pk, found.name]),
            "buttons": form.buttons(found.label),
            "danger": found.danger,
        }
    file = ticketfile(rows, actor=actor_of(request), now=now_of(request), wanted=found.name if found else "")
    facts = {
        "file": file, "form": form, "panel": panel, "close_url": reverse("cases:ticket", args=[rows.ticket.pk]),
        "late": late, "list_url": reverse("cases:tickets"), **MENU,
    }  # fmt: skip
    return render(request, "cases/ticket.html", facts, status=status)


@staff()
@require_safe
@never_cache
def paper(request: HttpRequest, ticket_id: UUID) -> HttpResponse:
    """The paper that answers the source, for the printer."""
    facts = {
        "sheet": _paper(request, ticket_id),
        "back_url": reverse("cases:ticket", args=[ticket_id]),
        "docx_url": reverse("cases:ticket_paper_as_word", args=[ticket_id]),
        **MENU,
    }
    return render(request, "cases/sheet.html", facts)


@staff()
@require_safe
@never_cache
def paper_as_word(request: HttpRequest, ticket_id: UUID) -> HttpResponse:
    """The same paper as a Word file."""
    made = _paper(request, ticket_id)
    return _sent(docx_of(made), DOCX, f"{made.title}-{made.number}.docx")


def _paper(request: HttpRequest, ticket_id: UUID) -> Sheet:
    rows = _rows(request, ticket_id)
    found = paper_of(rows, now=now_of(request)) if rows.may(TicketVerb.FILL, actor_of(request)) else None
    if found is None:
        raise NotFound("sheet")
    return found


def _sent(data: bytes, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(data, content_type=kind)
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["Cache-Control"] = "private, no-store"
    return response


# Sending up


@staff()
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def go_up(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Send a case to a system of the tiers above."""
    actor, now = actor_of(request), now_of(request)
    case = queries.one(case_id, actor)
    if case is None:
        raise NotFound("case")
    if not reads.may(TicketVerb.GO_UP, case, actor):
        raise NotAllowed(duty=str(Duty.DISPATCH))
    handling = Handling(case, actor, now)
    if request.method != "POST":
        return _going_up(request, case, ticket_form(UpForm, handling, request=request))
    form = ticket_form(UpForm, handling, request.POST, request.FILES, request=request)
    made = None
    if form.is_valid():
        made = attempt(form, lambda: go_up_with(form, case_id, actor=actor, now=now))
    if made is None:
        return _going_up(request, case, form, status=422)
    messages.success(request, str(_("已报上级。")))
    return HttpResponseRedirect(reverse("cases:ticket", args=[made.pk]))


def _going_up(request: HttpRequest, case: Case, form: TicketForm, *, status: int = 200) -> HttpResponse:
    facts = {
        "case": case, "form": form, "back_url": reverse("cases:case", args=[case.pk]),
        "panel": {"url": reverse("cases:go_up", args=[case.pk]), "buttons": form.buttons(_("报上级"))}, **MENU,
    }  # fmt: skip
    return render(request, "cases/go_up.html", facts, status=status)


# A sheet brought in


@dataclass(frozen=True)
class PreviewLine:
    """One row of the file as it would be taken in, or was."""

    number: int
    ticket: str
    words: str
    label: Label
    good: bool
    why: str
    url: str = ""


def _sources_in(viewer: Actor) -> list[Source]:
    return reads.sources_for(viewer, (Duty.INTAKE,))


@staff(Duty.INTAKE)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def bring(request: HttpRequest) -> HttpResponse:
    """Bring a sheet of an upper system; it is kept a day for the look before it is taken in."""
    actor, now = actor_of(request), now_of(request)
    sources = _sources_in(actor)
    form = SheetForm(sources=sources)
    if request.method == "POST":
        form = SheetForm(request.POST, request.FILES, sources=sources)
        if form.is_valid():
            kept = attempt(form, lambda: _keep(form, sources, actor, now))
            if kept is not None:
                return redirect("cases:brought_tickets", draft_id=kept)
    facts = {"form": form, "sources": sources, "list_url": reverse("cases:tickets"), **MENU}
    return render(request, "cases/bring_tickets.html", facts, status=422 if request.method == "POST" else 200)


@transaction.atomic
def _keep(form: SheetForm, sources: list[Source], actor: Actor, now: datetime) -> UUID:
    source = next(one for one in sources if str(one.pk) == form.cleaned_data["source"])
    file = form.cleaned_data["file"]
    kept = drafts.keep_file(
        key=f"t:{source.pk.hex}", filename=file.name, data=file.read(MOST_FILE_BYTES + 1), actor=actor, now=now
    )
    with drafts.as_file(kept) as path:
        uppersheets.lines_of(path)
    return kept.pk


@staff(Duty.INTAKE)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def brought(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """What each row of a kept sheet would do, by columns that may be said otherwise; and the button that does it."""
    actor, now = actor_of(request), now_of(request)
    source, lines, name = _kept(draft_id, actor, now)
    headings = uppersheets.headings_of(lines)
    columns = uppersheets.columns_for(source, headings)
    form = ColumnsForm(initial=columns, headings=headings)
    told: list[PreviewLine] = []
    if request.method == "POST":
        form = ColumnsForm(request.POST, headings=headings)
        columns = form.columns() if form.is_valid() else {}
        if columns and request.POST.get("step") == "take":
            done = attempt(form, lambda: _take(draft_id, source, columns, actor, now))
            if done is not None:
                facts = {"lines": done, "source": source, "list_url": reverse("cases:tickets"), **_counts(done), **MENU}
                return render(request, "cases/tickets_taken.html", facts)
    if columns.get("number"):
        found = (
            attempt(form, lambda: _preview(lines, source, columns, actor, now))
            if form.is_bound
            else _preview(lines, source, columns, actor, now)
        )
        told = found or []
    facts = {
        "form": form, "source": source, "filename": name, "lines": told[:MOST_SHOWN],
        "hidden": max(0, len(told) - MOST_SHOWN), "wrong": [one for one in told[MOST_SHOWN:] if not one.good],
        "draft_id": draft_id, "ready": any(one.good for one in told), "list_url": reverse("cases:tickets"),
        **_counts(told), **MENU,
    }  # fmt: skip
    return render(request, "cases/brought_tickets.html", facts, status=422 if form.errors else 200)


def _kept(draft_id: UUID, actor: Actor, now: datetime, *, taken: bool = False) -> tuple[Source, list[Line], str]:
    kept = drafts.own_file(draft_id=draft_id, actor=actor, now=now, taken=taken)
    source = next((one for one in _sources_in(actor) if kept.register == f"t:{one.pk.hex}"), None)
    if source is None:
        raise NotFound("import")
    with drafts.as_file(kept) as path:
        lines = uppersheets.lines_of(path)
    if taken:
        kept.delete()
    return source, lines, kept.filename


def _preview(
    lines: list[Line], source: Source, columns: dict[str, str], actor: Actor, now: datetime
) -> list[PreviewLine]:
    read = uppersheets.rows_of(lines, source, columns, now)
    plan = iter(acts.plan_rows(source, [one.row for one in read if one.row is not None], actor=actor, now=now))
    return [_line(one, next(plan) if one.row is not None else None) for one in read]


@transaction.atomic
def _take(draft_id: UUID, source: Source, columns: dict[str, str], actor: Actor, now: datetime) -> list[PreviewLine]:
    """All good rows in one transaction, and the columns kept for the next time."""
    _source, lines, _name = _kept(draft_id, actor, now, taken=True)
    read = uppersheets.rows_of(lines, source, columns, now)
    rows = [one.row for one in read if one.row is not None]
    if not rows:
        raise Invalid(_("没有能导入的行。请看每一行的说明。"))
    kept = uppersheets.columns_to_keep(source, uppersheets.headings_of(lines), columns)
    acts.map_columns(source, kept, actor=actor, now=now)
    done = iter(acts.take_rows(source, rows, actor=actor, now=now))
    return [_line(one, next(done) if one.row is not None else None) for one in read]


def _line(read: ReadLine, told: acts.Taken | None) -> PreviewLine:
    if told is None or read.row is None:
        return PreviewLine(read.number, "", "", Arrival.REFUSED.label, False, read.reason)
    url = reverse("cases:ticket", args=[told.ticket_id]) if told.ticket_id and told.arrival != Arrival.REFUSED else ""
    good = told.arrival != Arrival.REFUSED
    words = read.row.title or read.row.words[:40]
    return PreviewLine(read.number, read.row.number, words, told.arrival.label, good, str(told.why), url)


def _counts(lines: list[PreviewLine]) -> dict[str, Any]:
    labels = dict.fromkeys(one.label for one in lines)
    return {"counts": [(label, sum(one.label == label for one in lines)) for label in labels]}


# Answers out


@staff()
@require_safe
@never_cache
def export(request: HttpRequest, form: str) -> HttpResponse:
    """The answers of one source since a day, in its own columns: `export.csv` or `export.xlsx`."""
    actor, now = actor_of(request), now_of(request)
    if form not in ("csv", "xlsx"):
        raise NotFound("sheet")
    sources = reads.sources_for(actor, EXPORTERS)
    source = next((one for one in sources if str(one.pk) == request.GET.get("source", "")), None)
    if source is None:
        raise NotFound("source")
    since = _since(request.GET.get("since", ""), now)
    found = reads.answered_of(source, actor, since=since, most=MOST_EXPORTED)
    audit.append(
        kind="ticket_source", object_id=source.pk, verb="exported", actor=actor, at=now, area_code=source.area_code,
        facts={"rows": len(found)},
    )  # fmt: skip
    heading, rows = uppersheets.table_of(source, found)
    name = f"{source.name}-{timezone.localdate(now):%Y%m%d}.{form}"
    if form == "csv":
        return _sent(uppersheets.as_csv(heading, rows), "text/csv; charset=utf-8", name)
    return _sent(uppersheets.as_workbook(heading, rows), XLSX, name)


def _since(text: str, now: datetime) -> datetime:
    """The first moment of a day; of a month ago where none is said."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return now - timedelta(days=31)
    if not 2000 <= day.year <= 2100:
        return now - timedelta(days=31)
    return timezone.make_aware(datetime(day.year, day.month, day.day))
