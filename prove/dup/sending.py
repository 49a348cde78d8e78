"""Sends one write many times and judges what is left."""

from __future__ import annotations

import random
import traceback
from collections import Counter, deque
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.core.signals import got_request_exception
from django.db import connection

from prove.dup.kinds import Answer, Kind, Kinds, Write
from prove.frame import Run

MOST = 32
BESIDE = (
    "django_session", "axes_", "portal_tries", "django_migrations", "procrastinate_events", "django_cache",
    "files_heldupload",
)  # fmt: skip
"""Tables that count tries, sign-ins and the queue's own steps, and no effect of a write.

A held upload waits with every form that comes with pictures, also with one that is refused, and goes within a day.
"""


class Counted:
    """How many rows each table has, and the sum of the cases' versions."""

    def __init__(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
            tables = [name for (name,) in cursor.fetchall() if not name.startswith(BESIDE)]
        parts = [f"SELECT '{name}', count(*) FROM \"{name}\"" for name in tables]
        parts.append("SELECT 'versions of cases', coalesce(sum(version), 0) FROM cases_case")
        self.asked = " UNION ALL ".join(parts)

    def now(self) -> Counter[str]:
        with connection.cursor() as cursor:
            cursor.execute(self.asked)
            return Counter({name: int(count) for name, count in cursor.fetchall()})

    def since(self, before: Counter[str]) -> dict[str, int]:
        after = self.now()
        return {name: after[name] - before[name] for name in sorted(after) if after[name] != before[name]}


class Sending:
    def __init__(self, kinds: Kinds, pool: ThreadPoolExecutor, run: Run) -> None:
        self.kinds, self.pool, self.run = kinds, pool, run
        self.counted = Counted()
        self.broke: deque[str] = deque(maxlen=8)
        got_request_exception.connect(self._broke, weak=False)
        self.alone: dict[tuple[str, bool], tuple[Answer, dict[str, int]] | None] = {}

    def group(self, name: str, rng: random.Random, most: int) -> int:
        """One write, sent often; says how many times it was sent."""
        kind = self.kinds.every[name]
        expected = {other: self._alone(kind, other) for other in (False, True)}
        if expected[False] is None:
            return 1
        times = min(rng.choices([2, 3, 4, 5, 6, 8, 10, 32], [25, 20, 15, 12, 10, 8, 6, 4])[0], max(2, most))
        write = kind.make()
        first = self.run.kept.get("counts", {}).get("groups", 0) < 6
        mixed = write.other is not None and expected[True] is not None and (first or rng.random() < 0.6)
        others = rng.randrange(1, max(2, times // 2 + 1)) if mixed else 0
        plan = [False] * (times - others) + [True] * others
        rng.shuffle(plan)
        before = self.counted.now()
        at_once = first or rng.random() < 0.75
        answers = self._at_once(write, plan) if at_once else [_sent(write, other) for other in plan]
        self.run.count("at_once" if at_once else "in_turn", times)
        self.run.most("senders_at_once", times if at_once else 1)
        self._judge(kind, plan, answers, expected, self.counted.since(before))
        return times

    def _broke(self, **told: Any) -> None:
        """What stands behind an answer 500."""
        self.broke.append(traceback.format_exc())

    def _alone(self, kind: Kind, other: bool) -> tuple[Answer, dict[str, int]] | None:
        """What one sending alone answers and leaves."""
        key = (kind.name, other)
        if key not in self.alone:
            self.alone[key] = None
            self._measure(kind, other)
        return self.alone[key]

    def _measure(self, kind: Kind, other: bool) -> None:
        try:
            write = kind.make()
        except Exception as why:
            self.run.find("undeclared: it cannot be made ready", kind=kind.name, error=repr(why)[:300])
            return
        if other and write.other is None:
            return
        before = self.counted.now()
        answer = _sent(write, other)
        left = self.counted.since(before)
        if not answer.good:
            self.run.find("undeclared: no known way", kind=kind.name, other=other, answer=str(answer)[:500])
        elif not left:
            self.run.find("alone it leaves nothing", kind=kind.name)
        else:
            self.alone[kind.name, other] = (answer, left)

    def _at_once(self, write: Write, plan: list[bool]) -> list[Answer]:
        barrier = Barrier(len(plan))

        def one(other: bool) -> Answer:
            connection.ensure_connection()
            barrier.wait(60)
            return _sent(write, other)

        return [waiting.result(180) for waiting in [self.pool.submit(one, other) for other in plan]]

    def _judge(
        self, kind: Kind, plan: list[bool], answers: list[Answer], expected: dict[bool, Any], left: dict[str, int]
    ) -> None:
        run = self.run
        run.count(f"door_{kind.door}", len(plan))
        told = Counter(str(one.status) for one in answers)
        for one in answers:
            if one.status >= 500:
                run.count("server_errors")
                run.find(
                    "an error instead of an answer",
                    kind=kind.name,
                    answer=str(one)[:200],
                    all=str(dict(told)),
                    why="\n".join(self.broke)[-1500:],
                )
        winners = {other for other, one in zip(plan, answers, strict=True) if one.good}
        if len(winners) != 1:
            run.find(
                "not exactly one body was taken",
                kind=kind.name,
                taken=len(winners),
                plan=str(plan),
                all=str(dict(told)),
            )
            return
        [winner] = winners
        first = {one.content for other, one in zip(plan, answers, strict=True) if other == winner}
        if len(first) != 1:
            run.find(
                "the same body, other answers", kind=kind.name, answers=str(sorted(first))[:600], all=str(dict(told))
            )
        for other, one in zip(plan, answers, strict=True):
            if other != winner:
                run.count("others")
                # A page may also say that the case has moved on, whichever it sees first.
                if not (one.refused or (kind.door == "form" and one.status == 409)):
                    run.count("others_not_refused")
                    run.find("another body under the key was not refused", kind=kind.name, answer=str(one)[:300])
        run.count("groups")
        if left != expected[winner][1]:
            self._measure(kind, winner)  # what is made once for all was perhaps not there yet
            expected[winner] = self.alone[kind.name, winner]
        if left != expected[winner][1]:
            names = {name for name in {*left, *expected[winner][1]} if left.get(name) != expected[winner][1].get(name)}
            apart = {name: (left.get(name, 0), expected[winner][1].get(name, 0)) for name in sorted(names)}
            run.find("not the effect of one sending", kind=kind.name, left_and_expected=str(apart), all=str(dict(told)))


def _sent(write: Write, other: bool) -> Answer:
    try:
        return write.other() if other and write.other is not None else write.same()
    except Exception as why:
        return Answer(599, repr(why)[:300])
