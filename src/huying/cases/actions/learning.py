"""A street's triage learns from its own closed cases, at night; what is not better than before is not used."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from statistics import fmean
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.db.models.functions import Left

from huying.audit import actions as audit
from huying.cases.actions.acting import done_before
from huying.cases.models import Case, Report, Suggested, TriageModel
from huying.cases.queries import suggesting, triage_files
from huying.cases.queries import triage as reads
from huying.cases.queries.scope import within
from huying.cases.rules import State
from huying.cases.rules.masking import masked
from huying.cases.rules.triage import (
    LEAST_CASES,
    LEAST_HELD_BACK,
    Judged,
    ModelState,
    ModelVerb,
    Scores,
    better,
    held_back,
)
from huying.kernel.actor import Actor
from huying.kernel.ids import uuid7
from huying.kernel.late import late
from huying.kernel.refusals import Conflict, NotAllowed, NotFound, Refusal
from huying.kernel.terms import _
from huying.matters import queries as matters
from huying.people.rules import Duty
from huying.places.rules import street_of
from huying.triage.blend import fitted, together
from huying.triage.cold import Cold
from huying.triage.messages import Message, hash_of
from huying.triage.suggestion import Suggests

if TYPE_CHECKING:
    from huying.triage import learning as learner
else:
    learner = late("huying.triage.learning")

WINDOW: Final = timedelta(days=730)
KEPT_SUGGESTIONS: Final = timedelta(days=730)
KEPT_FILES: Final = 5
"""Files of a street's models that stay, so that one can go back; older ones keep their row alone."""
MOST_CASES: Final = 20_000
MOST_MEASURED: Final = 1_000
NO_LABEL: Final = (State.MERGED, State.VOIDED, State.WITHDRAWN)

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Said:
    case_id: UUID
    words: str
    type_code: str


def learn_everywhere(*, actor: Actor, now: datetime) -> int:
    """In every street with closed cases: learn, measure, and use what is better. How many models came into use."""
    forget_old(now=now)
    ended = Case.objects.filter(ended_at__gte=now - WINDOW).exclude(type_code="")
    found = ended.annotate(street=Left("area_code", 9)).values_list("street", flat=True).order_by().distinct()
    used = 0
    for street in sorted(one for one in found if street_of(one)):
        made = learn_street(street, actor=actor, now=now)
        used += made is not None and made.state == ModelState.IN_USE
    return used


def learn_street(street: str, *, actor: Actor, now: datetime) -> TriageModel | None:
    """A new model of a street, in use where it is better than what is used now; None, with a line in the log, where
    nothing could be learned or nothing new has come."""
    said = _said(street, now)
    taught = [one for one in said if not held_back(one.case_id)]
    apart = [one for one in said if held_back(one.case_id)][:MOST_MEASURED]
    counts = Counter(one.type_code for one in taught)
    taught = [one for one in taught if counts[one.type_code] > 1]
    if len(said) < LEAST_CASES or len(apart) < LEAST_HELD_BACK:
        _log.info("triage of %s learns nothing: %d closed cases, %d are needed", street, len(said), LEAST_CASES)
        return None
    messages = [Message(one.words, one.type_code) for one in taught]
    if TriageModel.objects.filter(area_code=street, data_hash=hash_of(set(messages))).exists():
        return None
    made = uuid7()
    path = triage_files.path_of(made)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        head = learner.learn(messages, path, now=now)
    except Refusal as why:
        _log.info("triage of %s learns nothing: %s", street, why)
        return None
    return _kept(street, made, head["data"], taught, apart, actor=actor, now=now)


def _said(street: str, now: datetime) -> list[_Said]:
    """The first words and the final type of a street's closed cases, masked; nothing restricted, no drill."""
    active = {one.code for one in matters.active_types()}
    cases = Case.objects.filter(within([street]), ended_at__gte=now - WINDOW, restricted=False, drill=False).exclude(
        state__in=[str(one) for one in NO_LABEL]
    )
    rows = cases.filter(type_code__in=active).order_by("-ended_at", "-pk").values_list("pk", "type_code")[:MOST_CASES]
    types = dict(rows)
    words: dict[UUID, str] = {}
    reports = Report.objects.filter(case_id__in=list(types), withdrawn_at=None).order_by("received_at", "id")
    for case_id, text in reports.values_list("case_id", "words").iterator():
        words.setdefault(case_id, masked(text[: suggesting.READ]))
    return [_Said(case_id, words[case_id], code) for case_id, code in types.items() if words.get(case_id, "").strip()]


def _kept(
    street: str, made: UUID, data_hash: str, taught: list[_Said], apart: list[_Said], *, actor: Actor, now: datetime
) -> TriageModel:
    """Measure the new file and what is used now on the same cases, and keep the new one's row."""
    path = triage_files.path_of(made)
    sha256 = triage_files.hash_of(path)
    learned = triage_files.load(made, sha256)
    cold = Cold.of(matters.active_types())
    examples = dict(Counter(one.type_code for one in taught))
    half = len(apart) // 2
    fitting, measured = apart[:half], apart[half:]
    temperature = fitted(together(cold, learned, examples=examples), [(one.words, one.type_code) for one in fitting])
    learned_with = {"examples": examples, "temperature": temperature}
    known = fmean(triage_files.known_share(learned, one.words) for one in measured)
    new = Scores.of(_judged(suggesting.joined(cold, learned, learned_with), measured), known)
    with transaction.atomic():
        before = TriageModel.objects.select_for_update().filter(area_code=street, state=ModelState.IN_USE).first()
        old = Scores.of(_judged(_suggests_now(cold, before), measured))
        state = ModelState.IN_USE if better(new, old) else ModelState.KEPT_BACK
        last = TriageModel.objects.filter(area_code=street).aggregate(last=Max("number"))["last"] or 0
        if before is not None and state == ModelState.IN_USE:
            _set(before, ModelState.RETIRED, None, now)
        row = TriageModel.objects.create(
            id=made, area_code=street, number=last + 1, state=state, made_at=now, sha256=sha256, data_hash=data_hash,
            learned_from=len(taught), measured={**asdict(new), "before": asdict(old)}, learned_with=learned_with,
            set_by=None, set_at=now,
        )  # fmt: skip
        _note(row, ModelVerb.LEARN, actor=actor, now=now)
    _forget_files(street)
    suggesting.forget()
    return row


def _suggests_now(cold: Suggests, before: TriageModel | None) -> Suggests:
    if before is None:
        return cold
    try:
        learned = triage_files.load(before.pk, before.sha256)
    except (OSError, Refusal):  # its file is gone or damaged: then the catalogue's words are what is used now
        return cold
    return suggesting.joined(cold, learned, before.learned_with)


def _judged(suggests: Suggests, said: Iterable[_Said]) -> list[Judged]:
    found = []
    for one in said:
        best = next(iter(suggests.suggest(one.words, top=1)), None)
        found.append(Judged(best.code if best else "", best.confidence if best else 0.0, one.type_code))
    return found


def _set(row: TriageModel, state: ModelState, by: UUID | None, now: datetime) -> None:
    row.state, row.set_by, row.set_at = state, by, now
    row.save(update_fields=["state", "set_by", "set_at"])


def _note(row: TriageModel, verb: ModelVerb, *, actor: Actor, now: datetime, **more: Any) -> None:
    facts = {"number": row.number, "cases": row.learned_from, "data": row.data_hash[:16]}
    audit.append(
        kind="triage_model", object_id=row.pk, verb=verb, actor=actor, at=now, area_code=row.area_code,
        to_state=row.state, facts=facts, **more,
    )  # fmt: skip


def _forget_files(street: str) -> None:
    for pk in (
        TriageModel.objects.filter(area_code=street).order_by("-number").values_list("pk", flat=True)[KEPT_FILES:]
    ):
        if not TriageModel.objects.filter(pk=pk, state=ModelState.IN_USE).exists():
            triage_files.path_of(pk).unlink(missing_ok=True)


def forget_old(*, now: datetime) -> int:
    """What was suggested long ago is of no use to measure by."""
    return Suggested.objects.filter(at__lt=now - KEPT_SUGGESTIONS).delete()[0]


@transaction.atomic
def set_model(*, model_id: UUID, use: bool, actor: Actor, now: datetime, key: UUID | None = None) -> TriageModel:
    """Use this version from now on in its street, or no model at all. A repeated key does it once.

    Raises NotFound outside the actor's streets, NotAllowed without the leader's duty there, Conflict where it is so
    already or its file is no longer kept.
    """
    seen = reads.model(model_id, actor)
    if seen is None:
        raise NotFound("triage_model")
    hashed, earlier = done_before("set_model", model_id, {"use": use}, key)
    if earlier is not None:
        return seen
    if not actor.may(Duty.LEAD, seen.area_code):
        raise NotAllowed(duty=str(Duty.LEAD))
    # All of the street in one order, so that two who choose at once wait for each other.
    rows = {
        one.pk: one for one in TriageModel.objects.select_for_update().filter(area_code=seen.area_code).order_by("pk")
    }
    row = rows[model_id]
    if (row.state == ModelState.IN_USE) == use:
        raise Conflict(_("已经是这样了。请刷新看看。"))
    if use and not triage_files.path_of(row.pk).exists():
        raise Conflict(_("这一版的文件不再保存，不能再用。请选新一些的版本。"))
    for other in rows.values():
        if other.state == ModelState.IN_USE:
            _set(other, ModelState.RETIRED, actor.id, now)
    if use:
        _set(row, ModelState.IN_USE, actor.id, now)
    verb = ModelVerb.USE if use else ModelVerb.STOP
    _note(row, verb, actor=actor, now=now, key=key, body_hash=hashed)
    transaction.on_commit(suggesting.forget)
    return row
