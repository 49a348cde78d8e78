"""Everybody who reported an incident hears what is said of it, each once, by the way they left."""

from __future__ import annotations

import unicodedata
from uuid import UUID

from huying.cases import events
from huying.cases.actions.incidents import end_with_case
from huying.cases.models import Case, Incident, IncidentWord, Report
from huying.cases.rules import ENDS, ReplyBy
from huying.cases.rules.incidents import THING
from huying.kernel.events import News
from huying.kernel.terms import _
from huying.notices.actions import notify_reporters

BATCH = 500


@events.incident_said.listen
def told(news: News) -> None:
    """The last words, to all who reported it and have not heard them: those who joined later hear them then."""
    word = IncidentWord.objects.filter(incident_id=UUID(news.facts["incident_id"])).order_by("said_at", "pk").last()
    case = Case.objects.defer("search").filter(pk=UUID(news.facts["case_id"])).first()
    if word is None or case is None or case.restricted or case.drill:
        return
    title = Incident.objects.values_list("title", flat=True).get(pk=word.incident_id)
    reports = Report.objects.filter(case=case, withdrawn_at=None, erased_at=None, contact_id__isnull=False)
    rows = list(reports.exclude(reply_by=ReplyBy.NONE).order_by("pk").values_list("pk", "contact_id"))
    for start in range(0, len(rows), BATCH):
        notify_reporters(
            template="incident_told",
            to={contact: f"{THING}:{word.pk}:{pk}" for pk, contact in rows[start : start + BATCH] if contact},
            facts={"number": case.number, "title": title, "words": _whole(word.words)},
            area_code=case.area_code,
            object_kind="case",
            object_id=case.pk,
            now=news.at,
        )


@events.moved.listen
def ended(news: News) -> None:
    """The case has ended: what was shown of its incident ends with it."""
    if news.facts["state"] in ENDS:
        end_with_case(UUID(news.facts["case_id"]), now=news.at)


def _whole(words: str) -> str:
    """A sentence with its stop: more words follow it in the message."""
    return words if unicodedata.category(words[-1]).startswith("P") else str(_("%(words)s。")) % {"words": words}
