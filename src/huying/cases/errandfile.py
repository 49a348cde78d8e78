"""Errands as plain values: the panel on a case's page, one errand's page, and the link with its drawn code."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import segno
from django.urls import reverse
from django.utils.safestring import mark_safe

from huying.cases.actions.errands import order_for
from huying.cases.codes import errand_code
from huying.cases.forms.base import Subject
from huying.cases.models import Errand
from huying.cases.queries import errands as reads
from huying.cases.queries.errands import ErrandRows
from huying.cases.rules.errands import LIVE, ErrandState, ErrandVerb
from huying.files.models import Attachment
from huying.kernel.registry import LINKS
from huying.kernel.terms import Label, _
from huying.ui.words import when_words

TONES = {
    ErrandState.SENT: "wait", ErrandState.ACCEPTED: "doing", ErrandState.DONE: "review",
    ErrandState.CONFIRMED: "done", ErrandState.DECLINED: "back", ErrandState.REVOKED: "back",
}  # fmt: skip


@dataclass(frozen=True)
class ErrandPanel:
    """Errands of a case, the latest first; `send_url` where this person may hand out another."""

    lines: list[dict[str, Any]]
    send_url: str


def panel_of(subject: Subject) -> ErrandPanel | None:
    """None where there is nothing to show. The rows are read only where the case's own history names an errand."""
    known = any(line.verb == ErrandVerb.SEND for line in subject.rows.lines)
    lines = [line_of(one, subject.now) for one in reads.errands_of(subject.case.pk)] if known else []
    may = not subject.case.restricted and order_for(subject.docket, subject.actor) is not None
    send_url = reverse("cases:send_errand", args=[subject.case.pk]) if may else ""
    return ErrandPanel(lines, send_url) if lines or send_url else None


def line_of(errand: Errand, now: datetime) -> dict[str, Any]:
    state = ErrandState(errand.state)
    over = state in LIVE and errand.expires_at <= now
    return {
        "errand": errand,
        "url": reverse("cases:errand", args=[errand.pk]),
        "label": _("链接过期") if over else state.label,
        "tone": "late" if over else TONES[state],
        "until": when_words(errand.expires_at, now) if state in LIVE else "",
    }


def photo(one: Attachment, case_id: Any, number: int) -> dict[str, str]:
    return {
        "url": reverse("cases:preview", args=[case_id, one.pk]),
        "full_url": reverse("cases:file", args=[case_id, one.pk]),
        "alt": str(_("照片 %(number)s") % {"number": number}),
    }


@dataclass(frozen=True)
class LinkToShow:
    """The link while nobody has opened it: its digits, the page where they are typed, and the drawing of both."""

    code: str
    page: str
    qr: str


def task_page(absolute: Any) -> str:
    """Where an outsider types the code; "" where no app serves such a page."""
    return str(absolute(reverse(LINKS["task"][0]))) if "task" in LINKS else ""


def link_of(errand: Errand, absolute: Any) -> LinkToShow | None:
    """None once a device has opened it: from then on the code opens nothing else, and is shown no more."""
    page = task_page(absolute)
    if errand.holder_hash or errand.state not in LIVE or not page:
        return None
    code = errand_code(errand.pk, errand.renewals)
    drawn = segno.make_qr(f"{page}#{code}", error="m").svg_inline(
        scale=4, border=2, omitsize=True, svgclass="qr-code", lineclass=None
    )
    return LinkToShow(" ".join(code[at : at + 4] for at in range(0, 12, 4)), page, mark_safe(drawn))  # our own


def said_of(rows: ErrandRows, names: dict[Any, Any], now: datetime) -> list[tuple[str, Label, str, str]]:
    """Who, what, words and when, the latest first."""
    return [
        (
            str(names.get(one.made_by, _("工作人员"))) if one.made_by is not None else rows.errand.firm,
            ErrandVerb(one.verb).label,
            one.words,
            when_words(one.made_at, now),
        )
        for one in reversed(rows.lines)
    ]
