"""prove-access: nobody reads or moves what lies outside their scope, on any door.

Two layers over one world of marks. Layer one calls every query function that takes a viewer, for every viewer of the
cast, and compares with an oracle written from the design. Layer two asks every route over HTTP: pairs of door, role,
place, unit, secrecy and state are all covered, and each answer is looked through for marks.
"""

from __future__ import annotations

import itertools
import random
import shutil
import traceback
from contextlib import ExitStack
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

from prove.bench import database, set_up
from prove.frame import Goal, Prover, Run, Sabotage

ANONYMOUS, REPORTER = "anonymous", "reporter"
SOME, SOME_SMOKE = 12, 14


class Access(Prover):
    name = "access"
    what = "Every query for every viewer, and every route over HTTP, are looked through for what is not theirs."
    item = "checks"
    smoke = 0
    full = 0
    per_step = 40
    per_smoke_step = 400
    sabotages: ClassVar[tuple[Sabotage, ...]] = (
        Sabotage("scope", "branches_seen_by gives every case"),
        Sabotage("recusal", "recused units and persons are not subtracted"),
        Sabotage("confidential", "confidential cases are seen by place like others"),
        Sabotage("guard", "one page of the desk does not ask for its duty"),
        Sabotage("export", "sheets of registers hold every row"),
        Sabotage("sentence", "the 404 of a forbidden case has another sentence"),
        Sabotage("cache", "counts are kept without their viewer"),
    )
    goals: ClassVar[dict[str, Goal]] = {
        "leaks": Goal("==", 0),
        "hidden": Goal("==", 0),
        "undeclared": Goal("==", 0),
        "not_alike": Goal("==", 0),
        "writes_of_strangers": Goal("==", 0),
        "pairs_left": Goal("==", 0, full=True),
    }

    def __init__(self) -> None:
        self.stack = ExitStack()
        self.world: Any = None
        self.callers: dict[Any, Any] = {}
        self._plans: dict[str, list[Any]] = {}

    # What is to be done

    def target(self, form: str) -> int:
        return len(self._plan(form))

    def _plan(self, form: str) -> list[Any]:
        """Every check of a form, in order: the queries by viewer, then the rows of the covering array."""
        if form not in self._plans:
            set_up()
            from prove.access.cover import rows
            from prove.access.reads import READS
            from prove.access.world import CAST

            smoke = form == "smoke"
            viewers = [one for one in CAST if _shown(one)] if smoke else CAST
            queries = [("query", one, name) for one in viewers for name in sorted(READS)]
            asked, left = rows(smoke=smoke)
            self.left = left
            self._plans[form] = [*queries, *(("door", *one) for one in asked)]
        return self._plans[form]

    # The world

    def open(self, run: Run) -> None:
        bench = self.stack.enter_context(database())
        del bench
        plan = self._plan(run.form)
        from django.conf import settings
        from django.db import transaction
        from django.utils import timezone

        from prove.access import breaking, doors, oracle, reads, world
        from tests.world import NOW

        files = run.folder / "data"
        shutil.rmtree(files, ignore_errors=True)
        files.mkdir(parents=True)
        settings.DATA = Path(files)
        settings.ALLOWED_HOSTS = ["*"]
        real = timezone.now
        timezone.now = lambda: NOW
        self.stack.callback(setattr, timezone, "now", real)
        cast = None if not run.smoke else {part for one in plan for part in one if isinstance(part, world.Viewer)}
        with transaction.atomic():
            self.world = world.build(whole=not run.smoke, cast=cast)
        self.doors, self.reads, self.oracle, self.cast = doors, reads, oracle, world
        self._undeclared(run)
        if run.sabotage:
            breaking.BREAKS[run.sabotage]()
        for name in ("leaks", "hidden", "not_alike", "writes_of_strangers"):
            run.count(name, 0)
        run.put("pairs_left", self.left)
        run.put("doors", len(doors.doors()[0]))
        run.put("queries", len(reads.READS))
        run.put("viewers", len(self.world.accounts))
        run.put("cases", len(self.world.cases))
        run.put("marks", len(self.world.marks) + len(self.world.ids))
        everyone, objects = len(self.world.accounts) + 2, len(self.world.ids)
        run.put("full_product", len(reads.READS) * len(self.world.accounts) * objects)
        run.put("full_product_http", len(doors.doors()[0]) * everyone * len(self.world.cases))

    def _undeclared(self, run: Run) -> None:
        told = [
            *(f"query {one}" for one in self.reads.undeclared_reads()),
            *(f"route {one}" for one in self.doors.doors()[1]),
            *self.world.undeclared,
        ]
        run.put("undeclared", len(told))
        for one in told:
            run.find("undeclared", what=one)

    def close(self, run: Run) -> None:
        self.stack.close()
        shutil.rmtree(run.folder / "data", ignore_errors=True)

    # Steps

    def do(self, run: Run, rng: random.Random, items: int) -> None:
        plan = self._plan(run.form)
        size = self.size(run)
        for kind, *facts in itertools.islice(plan, run.step * size, run.step * size + items):
            chosen = random.Random(f"{run.seed}:{kind}:{facts}")
            if kind == "query":
                self._query(run, chosen, *facts)
            else:
                self._door(run, chosen, *facts)
            run.done()
        if run.smoke or run.step % 20 == 0 or run.only is not None:
            self._strangers(run, rng)

    def _query(self, run: Run, rng: random.Random, viewer: Any, name: str) -> None:
        with self.doors.undone():
            try:
                told = list(self.reads.ask(self.world, viewer, name, rng, some=SOME_SMOKE if run.smoke else SOME))
            except Exception as why:  # a query that fails for a viewer is a find, not the end of the run
                run.find("a query failed", query=name, viewer=viewer, why=f"{type(why).__name__}: {why}"[:300])
                return
        run.count("queries_asked")
        for words, leaks, hidden, compared in told:
            run.count("compared", compared)
            run.count("leaks", leaks)
            run.count("hidden", hidden)
            if leaks:
                run.find("a query gives what is not the viewer's", query=name, viewer=viewer, of=words, rows=leaks)
            if hidden:
                run.find("a query keeps back what is the viewer's", query=name, viewer=viewer, of=words, rows=hidden)

    # Doors

    def _caller(self, who: Any, report_id: UUID | None) -> Any:
        key = (who, report_id)
        if key not in self.callers:
            self.callers[key] = self.doors.caller(self.world, None if isinstance(who, str) else who, report_id)
        return self.callers[key]

    def _door(self, run: Run, rng: random.Random, at: int, who: Any, secrecy: str, state: str) -> None:
        """One door for one caller: something seen, something not, and nothing at all."""
        doors = self.doors
        door = doors.doors()[0][at]
        wish = doors.Wish(secrecy, state, rng)
        viewer = None if isinstance(who, str) else who
        report_id = None
        if who == REPORTER:
            some = [one for one in self.world.cases.values() if one.secrecy == secrecy]
            report_id = rng.choice(some).report_id
        asker = self._caller(who, report_id)
        if viewer is not None and door.api and not asker.token:
            asker = self._caller(ANONYMOUS, None)
            viewer = None
        things = doors.things(door, self.world, wish)
        by_sight: dict[bool | None, list[Any]] = {}
        for one in things:
            by_sight.setdefault(one.seen(viewer, report_id), []).append(one)
        for sight, some in sorted(by_sight.items(), key=str):
            for thing in some[:1]:
                self._ask(run, door, asker, viewer, report_id, thing, sight)

    def _ask(
        self, run: Run, door: Any, asker: Any, viewer: Any, report_id: Any, thing: Any, sight: bool | None
    ) -> None:
        doors, world = self.doors, self.world
        facts = {"door": str(door), "viewer": viewer or (REPORTER if report_id else ANONYMOUS), "of": thing.words}
        data = doors.QUERY.get(door.name) if door.method == "GET" else doors.FORM
        url = door.url(thing.values)
        with doors.undone():
            try:
                answer, response = asker.ask(door.method, url, data)
            except Exception as why:
                run.find("a door failed", why=_why(why), **facts)
                return
        run.count("asked")
        if answer.status >= 500:
            run.find("a door failed", status=answer.status, **facts)
        said = [*thing.values.values()]
        for mark, secret in doors.marks_in(world, answer, said):
            if not self._may(viewer, secret, report_id):
                run.count("leaks")
                run.find("a body holds what is not the viewer's", mark=mark, what=str(secret), **facts)
        self._duty(run, door, viewer, answer, facts)
        self._answered(run, door, answer)
        if response.headers.get("ETag") and door.method == "GET" and answer.status == 200:
            self._kept(run, door, url, response.headers["ETag"], sight, facts)
        if sight is False:
            self._forbidden(run, door, asker, thing, answer, url, data, facts)

    def _may(self, viewer: Any, secret: Any, report_id: Any) -> bool:
        if self.oracle.may(viewer, secret, report_id):
            return True
        if secret.kind == "unit":  # a unit is named by the cases on which it works, to whoever sees them
            return self._named(viewer, secret, report_id)
        return False

    def _named(self, viewer: Any, secret: Any, report_id: Any) -> bool:
        """Whether the unit works on, or is kept from, a case that the caller sees."""
        return any(
            report_id == one.report_id or (viewer is not None and self.oracle.sees(viewer, one))
            for one in self.world.cases.values()
            if any(unit == secret.thing for unit, _state in one.orders) or secret.thing in one.recused_units
        )

    def _duty(self, run: Run, door: Any, viewer: Any, answer: Any, facts: dict[str, Any]) -> None:
        """Who has not the door's duty is refused, whatever the address names."""
        if door.kind == "public":
            return
        lacking = viewer is None or (door.duty is not None and door.duty not in self.oracle.duties(viewer.role))
        if lacking and viewer is not None and self.oracle.for_unit(viewer.role) and door.duty is not None:
            lacking = door.duty not in self.oracle.duties(viewer.role)
        if lacking and not answer.refused:
            run.count("leaks")
            run.find("a door is open without its duty", status=answer.status, duty=door.duty, **facts)

    def _answered(self, run: Run, door: Any, answer: Any) -> None:
        if answer.status == 405:
            run.kept.setdefault("answered", {})[str(door)] = 1
        if answer.status in (200, 201, 202, 204, 302, 303, 409, 422) and not answer.refused:
            run.kept.setdefault("answered", {})[str(door)] = 1

    def _kept(self, run: Run, door: Any, url: str, etag: str, sight: Any, facts: dict[str, Any]) -> None:
        """A mark of one viewer's answer must not open it to nobody in particular."""
        if door.kind == "public":
            return
        with self.doors.undone():
            answer, _response = self._caller(ANONYMOUS, None).ask("GET", url, etag=etag)
        if answer.status in (200, 304):
            run.count("leaks")
            run.find("a kept answer is confirmed to anybody", status=answer.status, **facts)

    def _forbidden(
        self, run: Run, door: Any, asker: Any, thing: Any, answer: Any, url: str, data: Any, facts: dict[str, Any]
    ) -> None:
        """What is not the viewer's is refused, writes nothing, and answers as if it were not there."""
        doors = self.doors
        absent = doors.missing(door, thing)
        # What was sent may be refused before anything is looked up: then it is refused alike where nothing is.
        by_its_form = answer.status == 422 and absent is not None
        if not (answer.refused or by_its_form or _asks_for_code(door, answer)):
            run.count("leaks")
            run.find("what is not the viewer's is answered", status=answer.status, **facts)
        if answer.written:
            run.count("writes_of_strangers")
            run.find("what was refused wrote", tables=",".join(answer.written), **facts)
        if absent is None:
            return
        there = answer
        for attempt in range(3):  # caches are warm at the second time
            with doors.undone():
                gone, _response = asker.ask(door.method, door.url(absent), data)
            if there.statements == gone.statements or attempt == 2:
                break
            with doors.undone():
                there, _response = asker.ask(door.method, url, data)
        run.count("compared_with_missing")
        told, want = doors.alike(there, thing.values.values()), doors.alike(gone, absent.values())
        if told != want:
            run.count("not_alike")
            run.find("forbidden and missing differ", forbidden=_short(told, want), missing=_short(want, told), **facts)
        elif there.statements != gone.statements:
            run.count("not_alike")
            run.find(
                "forbidden and missing take other statements", forbidden=there.statements, missing=gone.statements,
                **facts,
            )  # fmt: skip

    def _strangers(self, run: Run, rng: random.Random) -> None:
        """Writes of a stranger, one after the other without taking them back: no table may have changed."""
        doors, world = self.doors, self.world
        writing = [one for one in doors.doors()[0] if one.method in ("POST", "PUT", "PATCH", "DELETE")]
        whole = [one for one in writing if any(name.endswith("_id") or name == "pk" for name in one.params)]
        some = rng.sample(whole, min(8, len(whole))) if run.smoke else whole
        with doors.undone():
            before = doors.fingerprint()
            sent = []
            viewer = rng.choice(list(world.accounts))
            asker = self._caller(viewer, None)
            for door in some:
                if door.api and not asker.token:
                    continue
                wish = doors.Wish(rng.choice(self.cast.SECRECY), "in_hand", rng)
                foreign = [one for one in doors.things(door, world, wish) if one.seen(viewer, None) is False]
                if foreign:
                    asker.ask(door.method, door.url(foreign[0].values), doors.FORM)
                    sent.append(str(door))
            after = doors.fingerprint()
        run.count("strangers_writes", len(sent))
        changed = sorted(table for table in after if after[table] != before.get(table))
        if changed:
            run.count("writes_of_strangers")
            run.find("a stranger's write changed a table", tables=",".join(changed), viewer=viewer, sent=",".join(sent))

    def settle(self, run: Run) -> None:
        """Doors that gave nobody anything: what lies behind them was seen by none of the cast."""
        never = [str(one) for one in self.doors.doors()[0] if str(one) not in run.kept.get("answered", {})]
        run.put("doors_never_answered", len(never))
        if not run.smoke:
            run.put("never_answered", never[:60])


def _shown(viewer: Any) -> bool:
    """Viewers that the smoke form always has: each stands for a way to see or to be kept away."""
    from prove.access.world import BANYAN, NEXT_DOOR, STREET

    return (viewer.role, viewer.at, viewer.unit) in {
        ("centre_head", STREET, "on"),
        ("reviewer", STREET, "idle"),
        ("handler", BANYAN, "on"),
        ("supervisor", NEXT_DOOR, "on"),
        ("no_role", BANYAN, "on"),
    }


def _asks_for_code(door: Any, answer: Any) -> bool:
    return door.kind == "public" and answer.status == 404


def _why(why: Exception) -> str:
    return f"{type(why).__name__}: {why} {''.join(traceback.format_tb(why.__traceback__)[-2:])}"[:700]


def _short(told: tuple[int, str, bytes], other: tuple[int, str, bytes]) -> str:
    """The first part in which two answers differ."""
    if told[0] != other[0]:
        return str(told[0])
    if told[1] != other[1]:
        return "\n".join(sorted(set(told[1].splitlines()) - set(other[1].splitlines())))[:300]
    place = next((at for at, (one, two) in enumerate(zip(told[2], other[2], strict=False)) if one != two), 0)
    return told[2][max(place - 80, 0) : place + 160].decode("utf-8", "replace")


__all__ = ["Access"]
