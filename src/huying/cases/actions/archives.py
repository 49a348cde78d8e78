"""Cases of an archive from elsewhere: what it tells is kept, what it does not tell is not made up.

An archive knows when a request came, of which type, where, whose it was, by when it should have been done and when
it ended. It does not know who did what in between. So a past case has a history of one line or two, both imported:
received, and closed as the archive says. It has no orders, no answers, no sign-ins and no clock but its deadline.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from huying.audit.models import History
from huying.audit.queries import body_hash
from huying.cases.actions.building import Builder
from huying.cases.actions.docket import Docket
from huying.cases.actions.intake import NewReport
from huying.cases.models import Report
from huying.cases.queries.replay import ARCHIVED
from huying.cases.rules import Channel, ReplyBy, State
from huying.clocks import actions as clocks
from huying.clocks.models import Clock, Stretch
from huying.clocks.rules import YELLOW_PERCENT, Basis, Limit, Unit
from huying.kernel.actor import Actor
from huying.kernel.ids import uuid7
from huying.matters.rules import Step


@dataclass(frozen=True)
class PastCase:
    """One request as the archive tells it. Empty or None is "the archive does not say"."""

    external_id: str
    words: str
    street: str
    community: str
    place_words: str
    lng: float | None
    lat: float | None
    outside: bool
    type_code: str
    unit_id: UUID | None
    received_at: datetime
    due_at: datetime | None
    closed_at: datetime | None

    @property
    def checked(self) -> str:
        return body_hash([str(value) for value in vars(self).values() if not isinstance(value, UUID)])

    def key(self, source: str) -> UUID:
        noise = hashlib.sha256(f"{source}\x00{self.external_id}".encode()).digest()
        return uuid7(int(self.received_at.timestamp() * 1000), int.from_bytes(noise[:10], "big"))


@dataclass
class Known:
    """What of some rows is there already."""

    same: list[PastCase]
    other: list[PastCase]
    fresh: list[PastCase]


def known(rows: Sequence[PastCase], source: str) -> Known:
    """Which rows were imported before as they are, which with another content, and which never."""
    numbers = [one.external_id for one in rows]
    keys = dict(Report.objects.filter(source=source, external_id__in=numbers).values_list("external_id", "pk"))
    hashes = dict(History.objects.filter(key__in=keys.values()).values_list("key", "body_hash"))
    found = Known([], [], [])
    for one in rows:
        if one.external_id not in keys:
            found.fresh.append(one)
        elif hashes.get(keys[one.external_id]) == one.checked:
            found.same.append(one)
        else:
            found.other.append(one)
    return found


class Archive(Builder):
    """Builds the cases of one archive, all of one catalogue version that is over."""

    def __init__(self, *, source: str, version: str, actor: Actor, batch: int = 400) -> None:
        super().__init__(batch=batch)
        self.source, self.version, self.actor = source, version, actor

    def take_all(self, rows: Iterable[PastCase]) -> int:
        """Build and write some rows, in one transaction."""
        for one in rows:
            self.take(one)
        return self.write()

    def take(self, past: PastCase) -> Docket:
        """The docket of one past case."""
        docket = self.begin(past, source=self.source)
        # The clock of receipt measures our desk, which was not there.
        docket.new[Clock].clear()
        docket.new[Stretch].clear()
        docket.clocks.clear()
        if past.due_at is not None and past.due_at > past.received_at:
            self._deadline(docket, past)
        if past.closed_at is not None:
            self._ended(docket, past)
        return docket

    def begin(self, past: PastCase, *, source: str) -> Docket:
        """Received as the archive says, with its type and its point."""
        docket = self.receive(
            NewReport(
                words=past.words,
                area_code=past.street,
                grid_code=past.community,
                channel=Channel.IMPORT,
                place_words=past.place_words,
                reply_by=ReplyBy.NONE,
                source=source,
                external_id=past.external_id,
                received_at=past.received_at,
            ),
            actor=self.actor,
            now=past.received_at,
            report_id=past.key(source),
        )
        docket.history[0].body_hash = docket.body_hash = past.checked
        case, report = docket.case, docket.reports[0]
        case.lng, case.lat, case.outside = past.lng, past.lat, past.outside
        report.lng, report.lat = past.lng, past.lat
        docket.history[0].facts = {**docket.history[0].facts, "outside": past.outside}
        case.type_code, case.catalogue_version = past.type_code, self.version
        # An archive's words are read by nobody for danger: what happened is over.
        case.danger, case.grade = "", ""
        return docket

    def _deadline(self, docket: Docket, past: PastCase) -> None:
        """The archive's own deadline, as a clock of handling."""
        assert past.due_at is not None
        span = past.due_at - past.received_at
        clock, stretches = clocks.build(
            object_kind="case",
            object_id=docket.case.pk,
            step=Step.HANDLE,
            limit=limit_of(span),
            area_code=docket.case.area_code,
            started_at=past.received_at,
            stopped_at=past.closed_at,
            calendar=self.knowledge.calendar,
            source=self.source,
            imported=True,
            clock_id=self.make_id(),
        )
        clock.due_at = past.due_at
        clock.yellow_at = past.received_at + span * YELLOW_PERCENT / 100
        docket.add(clock)
        for one in stretches:
            docket.add(one)
        if past.closed_at is None:
            case = docket.case
            case.due_from, case.yellow_at, case.due_at = clock.started_at, clock.yellow_at, clock.due_at
            case.due_step = clock.step

    def _ended(self, docket: Docket, past: PastCase) -> None:
        assert past.closed_at is not None
        case = docket.case
        docket.note(
            kind="case",
            object_id=case.pk,
            verb=ARCHIVED,
            actor=self.actor,
            now=past.closed_at,
            from_state=case.state,
            to_state=State.CLOSED,
            facts={"source": self.source, **({"unit": str(past.unit_id)} if past.unit_id else {})},
        )
        case.state = State.CLOSED
        case.moved_at = case.ended_at = past.closed_at
        case.version += 1


def limit_of(span: timedelta) -> Limit:
    """A span as a limit is written, in the finest unit that has room for it; the due time itself is kept exactly."""
    for unit, seconds in ((Unit.MINUTE, 60), (Unit.HOUR, 3600)):
        if span.total_seconds() < 9999 * seconds:
            return Limit(max(round(span.total_seconds() / seconds), 1), unit, Basis.PLAIN)
    return Limit(min(span.days, 9999), Unit.DAY, Basis.PLAIN)
