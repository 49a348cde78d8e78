"""The one builder of bulk worlds: demo, benchmark, replayed archives.

It walks the same steps on dockets in memory as live acts do under a lock, and writes many dockets with a few
statements. No news is told: what is built lies in the past. A test plays cases both ways and compares every row.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from huying.audit.queries import body_hash
from huying.cases.actions.acting import Act
from huying.cases.actions.docket import Docket, Knowledge, Picture, flush
from huying.cases.actions.intake import NewReport, merge_step, received
from huying.files import actions as files
from huying.files.rules import PreparedImage
from huying.kernel.actor import Actor
from huying.kernel.ids import uuid7
from huying.people import queries as people


class BookKnowledge(Knowledge):
    """Knows who answers for what from one reading: while a world is built, nobody changes that."""

    def __init__(self) -> None:
        super().__init__()
        self._book: people.DutyBook | None = None

    def units_with_duty(self, type_code: str, area_code: str) -> frozenset[UUID]:
        key = (type_code, area_code)
        if key not in self._units:
            self._book = self._book or people.DutyBook()
            self._units[key] = frozenset(one.pk for one in self._book.responsible_units(type_code, area_code))
        return self._units[key]


class Builder:
    """Builds cases from steps. With a seed, the same steps give the same keys."""

    def __init__(self, *, seed: int | None = None, batch: int = 400) -> None:
        self.knowledge = BookKnowledge()
        self.batch = batch
        self.waiting: list[Docket] = []
        self.built = 0
        self._random = random.Random(seed) if seed is not None else None
        self._now: datetime | None = None

    def make_id(self) -> UUID:
        """A UUIDv7; with a seed, of the moment being built and the seed's own numbers."""
        return self._id_at(self._now)

    def _id_at(self, moment: datetime | None) -> UUID:
        if self._random is None or moment is None:
            return uuid7()
        return uuid7(int(moment.timestamp() * 1000), self._random.getrandbits(80))

    def receive(
        self,
        new: NewReport,
        *,
        actor: Actor,
        now: datetime,
        report_id: UUID | None = None,
        images: Iterable[PreparedImage] = (),
    ) -> Docket:
        """A new report's docket, kept for the next flush."""
        self._now = now
        pictures = list(images)
        docket = received(
            report_id or self.make_id(),
            new,
            actor=actor,
            now=now,
            knowledge=self.knowledge,
            checked=body_hash(new.canonical() + "".join(one.sha256 for one in pictures)),
            live=False,
            make_id=self.make_id,
        )
        report, area = docket.reports[0], docket.case.area_code
        docket.pictures += [Picture(one, "report", report.pk, "report", area, actor, now) for one in pictures]
        self.waiting.append(docket)
        return docket

    def walk(self, docket: Docket, act: Act[Any], **given: Any) -> Docket:
        """One act's step on a waiting docket. A refused step leaves the docket as it was before it in memory only
        where the flow refused first, so a refusal here is an error of the story and is raised."""
        self._now = given["now"]
        act.step(docket, **given)
        return docket

    def merge(self, source: Docket, target: Docket, *, actor: Actor, now: datetime) -> None:
        self._now = now
        merge_step(source, target, confirmed=True, actor=actor, now=now)

    def write(self, *, told: Callable[[int], None] | None = None) -> int:
        """Flush what waits, batch by batch, in the order of receipt; says how many cases were written."""
        count = len(self.waiting)
        for docket in self.waiting:
            # Every row is new and is written as it ends up, also where another case's step touched it last.
            docket.changed.clear()
        with transaction.atomic():
            for start in range(0, count, self.batch):
                flush(self.waiting[start : start + self.batch], emit=False)
                if told is not None:
                    told(min(self.batch, count - start))
            files.keep_many(self._new_file(one) for docket in self.waiting for one in docket.pictures)
        self.waiting = []
        self.built += count
        return count

    def _new_file(self, one: Picture) -> files.NewFile:
        return files.NewFile(
            self._id_at(one.at),
            one.prepared,
            one.owner_kind,
            one.owner_id,
            one.purpose,
            one.area_code,
            one.actor,
            one.at,
        )
