"""Two hands that play the same steps: one through live acts in the database, one through the bulk builder."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from huying.cases.actions import Act, Docket, Knowledge, NewReport, receive
from huying.cases.actions.building import Builder
from huying.cases.models import Case
from huying.cli.play.cast import Cast
from huying.cli.play.story import Step, Story
from huying.kernel.actor import Actor
from huying.kernel.ids import uuid7
from huying.kernel.refusals import Refusal


class Hand(Protocol):
    def receive(self, new: NewReport, *, actor: Actor, now: datetime) -> Docket: ...

    def walk(self, docket: Docket, step: Step) -> Docket: ...


class LiveHand:
    """Every step is an act of its own: scope, lock, flow, flush, news."""

    def __init__(self) -> None:
        self.knowledge = Knowledge()

    def receive(self, new: NewReport, *, actor: Actor, now: datetime) -> Docket:
        return self.view(receive(uuid7(), new, actor=actor, now=now).case)

    def walk(self, docket: Docket, step: Step) -> Docket:
        try:
            if not isinstance(step.act, Act):
                step.act(docket.case.pk, actor=step.actor, now=step.at, **step.given)
                return self.view(docket.case)
            docket = step.act.walk(docket.case.pk, actor=step.actor, now=step.at, **step.given)
        except Refusal as why:
            why.add_note(step.act.verb)
            raise
        docket.knowledge = self.knowledge  # what one act has asked, the next story need not
        return docket

    def view(self, case: Case) -> Docket:
        """The case as it is stored now, to decide on; nothing is written from it."""
        return Docket.of(Case.objects.defer("search").get(pk=case.pk), self.knowledge)


class BulkHand:
    """Every step is walked in memory; `builder.write` flushes."""

    def __init__(self, builder: Builder) -> None:
        self.builder = builder

    def receive(self, new: NewReport, *, actor: Actor, now: datetime) -> Docket:
        return self.builder.receive(new, actor=actor, now=now)

    def walk(self, docket: Docket, step: Step) -> Docket:
        assert isinstance(step.act, Act)  # what is done beside a docket needs the database
        return self.builder.walk(docket, step.act, actor=step.actor, now=step.at, **step.given)


def play(
    hand: Hand, docket: Docket, story: Story, cast: Cast, *, now: datetime, until: datetime
) -> tuple[Docket, datetime]:
    """Play a case until its story ends or the next step would lie after `until`; says when it last moved."""
    while True:
        step = story.next(docket, now)
        if step is None or step.at > until:
            return docket, now
        now = max(step.at, now)
        docket = hand.walk(docket, Step(step.act, step.actor, now, step.given))
        cast.note(step.act.verb, step.actor)
