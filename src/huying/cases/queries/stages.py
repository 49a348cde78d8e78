"""What clocks of cases are called: steps of the flow, clocks beside them, and stages of a staged limit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from huying.audit.models import History
from huying.cases.models import Case
from huying.cases.rules import OwnStep, Verb
from huying.clocks.models import Clock
from huying.kernel.terms import Label
from huying.matters import queries as matters
from huying.matters.rules import Step
from huying.matters.rules.stages import Stage, stage_number


def step_words(step: str, case: Case) -> Label:
    """What a clock of a case is called; a stage by the name that its type gives it."""
    if stage_number(step):
        return matters.stage_name(step, case.type_code, case.catalogue_version)
    return OwnStep(step).label if step in OwnStep.values else Step(step).label


@dataclass(frozen=True)
class StageLine:
    """One stage of a case that is being handled: its clock while it runs, else when it was done."""

    stage: Stage
    clock: Clock | None
    done_at: datetime | None


def stages_of(case: Case, clocks: Iterable[Clock], lines: Iterable[History]) -> list[StageLine]:
    """The stages of the limit of a case that is being handled, from its clocks that run and its history: no statement.

    Empty where the type has none, or where the handling does not run.
    """
    running = {one.step: one for one in clocks if one.object_id == case.pk and one.stopped_at is None}
    handling = running.get(Step.HANDLE)
    if handling is None:
        return []
    done = {
        one.facts.get("stage"): one.at
        for one in lines
        if one.verb == Verb.FINISH_STAGE and one.facts.get("type") == case.type_code and one.at >= handling.started_at
    }
    told = [
        StageLine(stage, running.get(stage.step), done.get(stage.number))
        for stage, _source in matters.stage_rows(case.type_code, case.catalogue_version)
    ]
    return [one for one in told if one.clock is not None or one.done_at is not None]
