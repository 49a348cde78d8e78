"""The same over the wire: a served huying with two web processes, its worker running, up to 32 connections at once."""

from __future__ import annotations

import http.client
import itertools
import json
import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from prove.dup.kinds import Answer
from prove.frame import Run
from prove.server import HOST, House, Served

COUNTED = "cases_case cases_report cases_workorder cases_addition audit_history clients_keptanswer channels_webhook"
_numbers = itertools.count()


@dataclass(frozen=True)
class Sent:
    """One write of the wire: who, method, path, body and another body."""

    who: str
    method: str
    path: str
    body: Any
    other: Any


class Wire:
    """Starts at the first step that needs it; `close` stops it."""

    def __init__(self, run: Run) -> None:
        self.run = run
        folder = run.folder / "house"
        House(folder).remove()
        self.served = Served(folder, env={"HUYING_RATE": "0"})
        self.served.start()
        self.tokens = {who: tokens[0] for who, tokens in self.served.world["tokens"].items()}
        self.database = self.served.connect()
        self.makers: dict[str, Callable[[], Sent]] = {
            "report": self._report,
            "send_to_verify": lambda: self._move("send_to_verify", {}, "clerk"),
            "answer": lambda: self._move("answer", {"words": "您好，可以到窗口办。", "source": "phone"}, "clerk"),
            "nudge": lambda: self._move("nudge", {}, "head"),
            "ask_void": lambda: self._move("ask_void", {"reason": "同一件事登记了两次。"}, "head"),
            "correct": lambda: self._move("correct", {"grade": "urgent", "type_code": "0101"}, "clerk"),
            "webhook": self._webhook,
        }
        self.alone: dict[tuple[str, bool], tuple[Answer, dict[str, int]]] = {}

    def close(self) -> None:
        self.database.close()
        self.served.stop(hard=True)
        self.served.remove()

    # writes

    def _report(self) -> Sent:
        areas = self.served.world["areas"]
        lng, lat = self.served.world["points"][areas["grid"]]
        body = {
            "words": f"榕树路口的路灯不亮了，第 {next(_numbers)} 盏。",
            "area_code": areas["street"],
            "lng": lng,
            "lat": lat,
        }
        return Sent("clerk", "POST", "/reports", body, {**body, "words": "另一件事：井盖松了。"})

    def _move(self, name: str, values: dict[str, Any], who: str) -> Sent:
        made = self.send(self._report(), False, f"made-{next(_numbers)}-{random.getrandbits(40)}")
        case_id = json.loads(made.content)["case_id"]
        return Sent(who, "POST", f"/cases/{case_id}/moves/{name}", {"values": values}, {"values": values, "version": 1})

    def _webhook(self) -> Sent:
        for one in json.loads(self.send(Sent("head", "GET", "/webhooks", None, None), False, "").content)["items"]:
            if one["stopped_at"] is None:
                key = f"stop-{next(_numbers)}-{random.getrandbits(40)}"
                self.send(Sent("head", "DELETE", f"/webhooks/{one['id']}", None, None), False, key)
        body = {"url": "https://example.org/hook", "kinds": ["case.dispatch"]}
        return Sent("head", "POST", "/webhooks", body, {**body, "url": "https://example.org/two"})

    def send(self, one: Sent, other: bool, key: str) -> Answer:
        connection = http.client.HTTPConnection(HOST, self.served.port, timeout=60)
        headers = {"Authorization": f"Bearer {self.tokens[one.who]}", "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        body = one.other if other else one.body
        try:
            connection.request(
                one.method,
                f"/api/v1{one.path}",
                json.dumps(body, cls=DjangoJSONEncoder) if body is not None else None,
                headers,
            )
            found = connection.getresponse()
            return Answer(found.status, found.read().decode())
        except (OSError, http.client.HTTPException) as why:
            return Answer(599, repr(why))
        finally:
            connection.close()

    # sending often

    def counts(self) -> dict[str, int]:
        wanted = COUNTED.split()
        parts = [f"SELECT '{name}', count(*) FROM {name}" for name in wanted if name != "audit_history"]
        # What the worker writes on the way (notices, seals) is not of the write.
        parts.append(
            "SELECT 'history', count(*) FROM audit_history WHERE kind IN ('case', 'order', 'report', 'approval')"
        )
        parts.append("SELECT 'versions', coalesce(sum(version), 0) FROM cases_case")
        return {name: int(count) for name, count in self.database.execute(" UNION ALL ".join(parts)).fetchall()}

    def _since(self, before: dict[str, int]) -> dict[str, int]:
        after = self.counts()
        return {name: after[name] - before[name] for name in after if after[name] != before[name]}

    def group(self, pool: ThreadPoolExecutor, rng: random.Random, most: int) -> int:
        name = rng.choice(sorted(self.makers))
        for other in (False, True):
            if (name, other) not in self.alone:
                one = self.makers[name]()
                before = self.counts()
                answer = self.send(one, other, f"alone-{next(_numbers)}-{random.getrandbits(40)}")
                self.alone[name, other] = (answer, self._since(before))
                if not answer.good:
                    self.run.find("no known way over the wire", kind=name, other=other, answer=str(answer)[:400])
        times = min(rng.choices([2, 4, 8, 10, 32], [30, 30, 20, 10, 10])[0], max(2, most))
        others = rng.randrange(0, times // 2 + 1)
        plan = [False] * (times - others) + [True] * others
        rng.shuffle(plan)
        one, key = self.makers[name](), f"wire-{next(_numbers)}-{random.getrandbits(40)}"
        before = self.counts()
        barrier = Barrier(times)

        def sent(other: bool) -> Answer:
            barrier.wait(60)
            return self.send(one, other, key)

        answers = [waiting.result(120) for waiting in [pool.submit(sent, other) for other in plan]]
        self._judge(name, plan, answers, self._since(before))
        return times

    def _judge(self, name: str, plan: list[bool], answers: list[Answer], left: dict[str, int]) -> None:
        run = self.run
        run.count("door_served", len(plan))
        told = dict(Counter(one.status for one in answers))
        if any(one.status >= 500 for one in answers):
            run.count("server_errors", sum(one.status >= 500 for one in answers))
            run.find("an error over the wire", kind=name, all=str(told))
        taken = {other for other, one in zip(plan, answers, strict=True) if one.good}
        if len(taken) != 1:
            run.find("not exactly one body was taken over the wire", kind=name, all=str(told))
            return
        [winner] = taken
        if len({one.content for other, one in zip(plan, answers, strict=True) if other == winner}) != 1:
            run.find("the same body, other answers over the wire", kind=name, all=str(told))
        for other, one in zip(plan, answers, strict=True):
            if other != winner:
                run.count("others")
                if not one.refused:
                    run.count("others_not_refused")
                    run.find("another body was not refused over the wire", kind=name, answer=str(one)[:300])
        run.count("groups")
        if left != self.alone[name, winner][1]:
            run.find("not the effect of one sending over the wire", kind=name, left=str(left),
                     expected=str(self.alone[name, winner][1]), all=str(told))  # fmt: skip
