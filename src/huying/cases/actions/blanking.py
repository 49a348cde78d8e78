"""Passages that name somebody are taken out of what was said on a case; the matter itself and its history stay."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import models, transaction

from huying.approvals import actions as approvals
from huying.cases.actions.acting import opened
from huying.cases.actions.docket import flush
from huying.cases.models import (
    Addition,
    Answer,
    CampaignSpot,
    Case,
    ContactAttempt,
    Errand,
    ErrandLine,
    Exclusion,
    Feedback,
    HotIssue,
    Incident,
    IncidentWord,
    JointDecision,
    Precedent,
    Remark,
    Report,
    SiteVisit,
    Ticket,
    TicketAsk,
    TicketStep,
    Whistle,
    WhistlePart,
    WorkOrder,
)
from huying.files import actions as files
from huying.kernel.actor import Actor
from huying.kernel.refusals import Invalid, NotAllowed
from huying.kernel.terms import _
from huying.kernel.text import LINE_LIMIT, clean
from huying.people.rules import Duty

BLANK = "〔已隐去〕"
MOST = 50
WORDS: tuple[tuple[type[models.Model], str, tuple[str, ...]], ...] = (
    (Case, "pk", ("title", "place_words", "answer")),
    (Report, "case", ("words", "place_words")),
    (Addition, "report__case", ("words",)),
    (WorkOrder, "case", ("clause", "instruction", "result")),
    (Answer, "case", ("words", "internal", "sent_back_words")),
    (ContactAttempt, "case", ("words",)),
    (Feedback, "case", ("words",)),
    (SiteVisit, "case", ("words",)),
    (Remark, "case", ("words",)),
    (JointDecision, "case", ("minutes",)),
    (Precedent, "case", ("facts", "why")),
    (Exclusion, "case", ("reason", "evidence", "objection")),
    (Whistle, "case", ("reason", "wanted", "done", "remains", "end_words")),
    (WhistlePart, "whistle__case", ("answer_words", "done_words", "caller_words", "unit_words")),
    (Errand, "case", ("firm", "words", "place")),
    (ErrandLine, "errand__case", ("words",)),
    (Ticket, "report__case", ("reason", "result_words")),
    (TicketAsk, "ticket__report__case", ("reason", "words")),
    (TicketStep, "ticket__report__case", ("words",)),
    (Incident, "case", ("title", "place_words", "words", "advice")),
    (IncidentWord, "incident__case", ("words",)),
    (CampaignSpot, "case", ("name", "words", "check_words")),
    (HotIssue, "members__case", ("own_words",)),
    (HotIssue, "taken_out__case", ("own_words",)),
)
"""Every column in which people write about a case, and how its row is found from the case."""


@transaction.atomic
def blank_words(case_id: UUID, *, passages: Iterable[str], actor: Actor, now: datetime) -> int:
    """Put a mark in place of these passages wherever they stand in the words of a case; says in how many texts.

    For names, numbers and addresses of persons that a caller or a colleague wrote down. The search row follows, and
    history says that it was done and how often, never what. Raises NotFound, NotAllowed without the duty to supervise,
    Invalid for passages that are none.
    """
    docket = opened(case_id, actor=actor)
    if not actor.may(Duty.SUPERVISE, docket.case.desk_code):
        raise NotAllowed(duty=str(Duty.SUPERVISE))
    wanted = passages_in(passages)
    changed = 0
    for model, path, fields in WORDS:
        for row in model._default_manager.filter(**{path: case_id}).order_by("pk"):
            changed += blanked(row, fields, wanted)
    for ticket in Ticket.objects.filter(report__case_id=case_id).order_by("pk"):
        closing = {heading: without(words, wanted) for heading, words in ticket.closing.items()}
        if closing != ticket.closing:
            ticket.closing = closing
            ticket.save(update_fields=["closing"])
            changed += 1
    ids = [case_id, *(one.pk for one in docket.reports), *(one.pk for one in docket.orders)]
    ids += Exclusion.objects.filter(case_id=case_id).values_list("pk", flat=True)
    ids += Whistle.objects.filter(case_id=case_id).values_list("pk", flat=True)
    ids += Errand.objects.filter(case_id=case_id).values_list("pk", flat=True)
    ids += WhistlePart.objects.filter(whistle__case_id=case_id).values_list("pk", flat=True)
    changed += approvals.blank_words(object_ids=ids, blanked=lambda text: without(text, wanted))
    changed += files.blank_names(owner_ids=ids, blanked=lambda text: without(text, wanted))
    fresh = opened(case_id, actor=actor)
    fresh.index_words()
    fresh.note(
        kind="case", object_id=case_id, verb="blank_words", actor=actor, now=now, facts={"count": changed},
    )  # fmt: skip
    flush([fresh], emit=False)
    return changed


def passages_in(passages: Iterable[str]) -> list[str]:
    """The passages, the longest first, so that a name inside an address does not spoil it."""
    found = [clean(one, limit=LINE_LIMIT, line=True, field="passages").strip() for one in passages]
    found = sorted({one for one in found if one}, key=lambda one: (-len(one), one))
    if not found or len(found) > MOST or any(len(one) < 2 or one in BLANK for one in found):
        raise Invalid({"passages": [_("请写要隐去的词句，每条至少两个字，最多 50 条。")]})
    return found


def blanked(row: Any, fields: Sequence[str], wanted: list[str]) -> int:
    """How many texts of a row changed; a column that is too short for the mark keeps its beginning."""
    changed = []
    for name in fields:
        text = getattr(row, name)
        new = without(text, wanted)
        if new != text:
            most = row._meta.get_field(name).max_length
            setattr(row, name, new[:most] if most else new)
            changed.append(name)
    if changed:
        row.save(update_fields=changed)
    return len(changed)


def without(text: str, wanted: list[str]) -> str:
    """The text with the mark in place of each passage."""
    for one in wanted:
        text = text.replace(one, BLANK)
    return text
