"""prove-guards: every guard of the product is taken away or turned round, and a test must notice.

Guards are found in the product's own tables (moves, duties of verbs, doors of pages and operations, registers, steps
up: `tables`) and in its source (refusals, duties asked for, scope in filters: `sites`). The tests are looked at once:
in which of them would a mutant's answer differ from the guard's? Those are run with the mutant set, in a fork, until
one goes red. A mutant that lives is a find with its name.
"""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import random
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from prove.frame import ROOT, WORK, Prover, Run, Sabotage
from prove.guards.equivalent import EQUIVALENT

Mutant = tuple[str, str]
LABS = 2
MOST_TESTS, MOST_SECONDS = 30, 8.0
LAST_TESTS, LAST_SECONDS = 400, 900.0
"""Before a mutant is said to live, all that notice it are asked: a busy machine measures every test long."""
CONTROL_EVERY = 25
# Browser, servers and building tell nothing that these do not, and take long.
TESTS = (
    "tests/access", "tests/api", "tests/approvals", "tests/cases", "tests/channels", "tests/clients", "tests/clocks",
    "tests/desk", "tests/files", "tests/insight", "tests/journeys", "tests/kernel", "tests/matters", "tests/notices",
    "tests/opendata", "tests/people", "tests/places", "tests/portal", "tests/registers", "tests/test_doors.py",
    "tests/test_flows_of_two_persons.py", "tests/test_guards_by_hand.py", "tests/test_inside_doors.py",
    "tests/test_limits.py",
)  # fmt: skip
WARM = "TestScope::test_another_community_sees_nothing_of_it"
# The smoke form: one table-driven file for each kind, and the mutants it answers for.
SMOKE = {
    "tests/cases/test_flow_by_the_design.py": ("flow:cases.rules.table.",),
    "tests/cases/test_errand_rules.py": ("flow:cases.rules.errands.",),
    "tests/cases/test_whistle_rules.py": ("flow:cases.rules.whistles.",),
    "tests/cases/test_ticket_rules.py": ("flow:cases.rules.tickets.",),
    "tests/cases/test_duties_by_the_design.py": ("verb:",),
    "tests/test_doors.py": ("door:", "operation:", "register:", "sensitive:"),
}
# Tests that reckon a second time what the product says, for everybody: asked first.
THOROUGH = ("_by_the_design.py", "_by_hand.py", "test_doors.py", "test_inside_doors.py", "test_flows_of_two")
NOT_APPLIED, LEFT_OUT = "not-applied", "tests-left-out"


class Lab:
    """One worker process and its two pipes."""

    def __init__(self, paths: Iterable[str], log: Path, *, forced: bool = False) -> None:
        asks, self._orders = os.pipe()
        self._answers, tells = os.pipe()
        environment = os.environ | ({"GUARDS_NOT_APPLIED": "1"} if forced else {})
        with log.open("w") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "prove.guards.lab", str(asks), str(tells), *paths],
                cwd=ROOT, env=environment, pass_fds=(asks, tells), stdout=out, stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip
        os.close(asks)
        os.close(tells)
        self._in = os.fdopen(self._orders, "w", encoding="utf-8")
        self._out = os.fdopen(self._answers, "r", encoding="utf-8")
        self._lock = threading.Lock()
        first = self._read(log)
        self.known: dict[str, list[str]] = first["known"]
        self.tests: list[str] = first["tests"]

    def _read(self, log: Path | None = None) -> dict[str, Any]:
        line = self._out.readline()
        if not line:
            said = log.read_text()[-1500:] if log else ""
            raise SystemExit(f"a worker ended: {self.process.wait()} {said}")
        found: dict[str, Any] = json.loads(line)
        return found

    def ask(self, do: str, **order: Any) -> dict[str, Any]:
        with self._lock:
            self._in.write(json.dumps({"do": do, **order}) + "\n")
            self._in.flush()
            return self._read()

    def warm(self) -> None:
        found = [one for one in self.tests if WARM in one] or self.tests[:1]
        self.ask("heat", tests=found)

    def leave(self) -> None:
        self._in.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, 9)
            self.process.wait()


class Guards(Prover):
    name = "guards"
    what = "Removes or inverts each scope, duty and flow guard in turn and runs the tests that would notice."
    item = "mutants"
    smoke = 12
    full = 2000
    per_step = 20
    per_smoke_step = 12
    sabotages = (
        Sabotage(NOT_APPLIED, "mutants are set and change nothing: all must live"),
        Sabotage(LEFT_OUT, "the files that test the mutated guards are skipped"),
    )

    def __init__(self) -> None:
        self.labs: list[Lab] = []
        self.mutants: list[Mutant] = []
        self.looked: dict[str, tuple[bool, float, list[Mutant]]] = {}
        self.notices: dict[Mutant, list[tuple[float, str]]] = {}
        self.killers: dict[str, str] = {}

    def target(self, form: str) -> int:
        if form == "smoke":
            return self.smoke
        lab = Lab(["tests/kernel/test_doors.py"], self._log("catalogue"))
        try:
            self.mutants = _all(lab.known)
        finally:
            lab.leave()
        return len(self.mutants)

    @staticmethod
    def _log(name: str) -> Path:
        WORK.mkdir(parents=True, exist_ok=True)
        return WORK / f"guards-{name}.log"

    def open(self, run: Run) -> None:
        paths = list(SMOKE) if run.smoke else [one for one in TESTS if (ROOT / one).exists()]
        if run.broken(LEFT_OUT):
            paths = ["tests/kernel/test_flow.py", "tests/kernel/test_doors.py"]
        forced = run.broken(NOT_APPLIED)
        with ThreadPoolExecutor(LABS) as pool:
            numbers = range(1 if run.smoke else LABS)
            self.labs = list(pool.map(lambda n: Lab(paths, self._log(f"lab{n}"), forced=forced), numbers))
        for one in self.labs:
            one.warm()
        every = _all(self.labs[0].known)
        self.mutants = self.mutants or every
        stale = sorted(set(EQUIVALENT) - {(place, way) for place, ways in self.labs[0].known.items() for way in ways})
        for place, way in stale if not run.smoke else []:
            run.find("the table of equivalents names no mutant", place=place, way=way)
        self._look(run)
        run.put("guards", len(self.labs[0].known))
        run.put("equivalent", len(EQUIVALENT))

    # which test notices which mutant

    def _look(self, run: Run) -> None:
        """Look at the tests whose file, or the product, has changed since the last look."""
        kept = WORK / f"guards-looked-{run.form}.pickle"
        product = "" if os.environ.get("GUARDS_OLD_PRODUCT") else _digest(_under_tests())
        hashes: dict[str, str] = {}
        before: dict[str, Any] = pickle.loads(kept.read_bytes()) if kept.exists() else {}
        if before.get("product") != product:
            before = {}
        earlier: dict[str, str] = before.get("hashes", {})
        looked: dict[str, Any] = before.get("looked", {})
        todo: list[str] = []
        for one in self.labs[0].tests:
            file = one.partition("::")[0]
            if file not in hashes:
                hashes[file] = _digest([ROOT / file])
            if earlier.get(file) != hashes[file] or one not in looked:
                todo.append(one)
        if not run.smoke:
            run.say(f"guards: {len(todo)} of {len(self.labs[0].tests)} tests to look at")
        chunks = [todo[at : at + 60] for at in range(0, len(todo), 60)]
        for answer in self._spread(lambda lab, chunk: lab.ask("look", tests=chunk), chunks):
            for test, (green, seconds, felt) in answer["looked"].items():
                looked[test] = (green, seconds, [tuple(each) for each in felt])
        present = set(self.labs[0].tests)
        self.looked = {test: found for test, found in looked.items() if test in present}
        if todo:
            kept.write_bytes(pickle.dumps({"product": product, "hashes": hashes, "looked": self.looked}))
        for test, (green, seconds, felt) in self.looked.items():
            if not green:
                run.find("a test is red without any mutant", test=test)
                continue
            for mutant in felt:
                self.notices.setdefault(mutant, []).append((seconds, test))

    def _spread(self, act: Callable[[Lab, Any], dict[str, Any]], jobs: Iterable[Any]) -> list[dict[str, Any]]:
        """Every job by whichever worker is free, answers in the order of the jobs."""
        free = list(self.labs)
        lock = threading.Semaphore(len(free))

        def one(job: Any) -> dict[str, Any]:
            with lock:
                lab = free.pop()
                try:
                    return act(lab, job)
                finally:
                    free.append(lab)

        with ThreadPoolExecutor(len(self.labs)) as pool:
            return list(pool.map(one, jobs))

    def _tests_for(self, mutant: Mutant, most: int = MOST_TESTS, limit: float = MOST_SECONDS) -> list[str]:
        """The tests that would notice, the nearest and quickest first; the last killer before all."""
        app = _app(mutant[0])
        near = (f"tests/{app}/", "tests/test_")
        found = sorted(
            self.notices.get(mutant, []),
            key=lambda one: (not any(mark in one[1] for mark in THOROUGH), not one[1].startswith(near), one[0]),
        )
        chosen, spent = [], 0.0
        for seconds, test in found:
            if len(chosen) == most or spent > limit:
                break
            chosen.append(test)
            spent += seconds
        killer = self.killers.get("|".join(mutant))
        if killer in self.looked:
            chosen = [killer, *(one for one in chosen if one != killer)]
        return chosen

    # one step

    def do(self, run: Run, rng: random.Random, items: int) -> None:
        kept = WORK / "guards-killers.json"
        self.killers = json.loads(kept.read_text()) if kept.exists() else {}
        if run.smoke:
            answered = tuple(kind for kinds in SMOKE.values() for kind in kinds)
            by_kind: dict[str, list[Mutant]] = {}
            for one in self.mutants:
                if one[0].startswith(answered):
                    by_kind.setdefault(_kind(one[0]), []).append(one)
            share = items // len(by_kind)
            batch = [one for kind in sorted(by_kind) for one in rng.sample(by_kind[kind], share)]
        else:
            batch = self.mutants[run.step * self.per_step : run.step * self.per_step + items]
        orders = [(one, self._tests_for(one)) for one in batch]

        def tried(lab: Lab, order: tuple[Mutant, list[str]]) -> dict[str, Any]:
            (place, way), tests = order
            found = {"killed": False, "seconds": 0.0}
            if tests:
                found = lab.ask("kill", place=place, way=way, tests=tests)
            if not found["killed"]:
                rest = [one for one in self._tests_for((place, way), LAST_TESTS, LAST_SECONDS) if one not in tests]
                tests += rest
                if rest:
                    last = lab.ask("kill", place=place, way=way, tests=rest)
                    found = {**last, "seconds": found["seconds"] + last["seconds"]}
            return found

        for (mutant, tests), answer in zip(orders, self._spread(tried, orders), strict=True):
            run.done()
            run.count(f"{_kind(mutant[0])}_mutants")
            run.sample("mutant_s", answer["seconds"])
            if answer["killed"]:
                run.count("killed")
                if answer["by"] in tests:
                    self.killers["|".join(mutant)] = answer["by"]
            else:
                run.kept.setdefault("lived", []).append(mutant)  # every one; the line shows the first finds only
                run.find("a mutant lives", place=mutant[0], way=mutant[1], tests=len(tests))
        self._control(run, rng, [tests for _one, tests in orders if tests])
        if not run.sabotage:
            kept.write_text(json.dumps(self.killers, indent=0, sort_keys=True))

    def _control(self, run: Run, rng: random.Random, groups: list[list[str]]) -> None:
        """The same tests with nothing mutated stay green: it was the mutant that was noticed."""
        for tests in rng.sample(groups, min(len(groups), 1)):
            answer = self.labs[0].ask("kill", place="", way="", tests=tests[:10])
            run.count("controls")
            if answer["killed"]:
                run.find("a test is red without any mutant", test=answer["by"])

    def settle(self, run: Run) -> None:
        counts = run.kept.get("counts", {})
        run.put("killed_percent", round(100 * counts.get("killed", 0) / max(run.kept.get("n", 0), 1), 2))

    def close(self, run: Run) -> None:
        for one in self.labs:
            one.leave()
        self.labs = []


def _all(known: dict[str, list[str]]) -> list[Mutant]:
    """Every mutant but those that are equivalent, in order."""
    return [(place, way) for place in sorted(known) for way in known[place] if (place, way) not in EQUIVALENT]


def _kind(place: str) -> str:
    head, _colon, rest = place.partition(":")
    return head if head in _TABLES else place.split(":")[2]


_TABLES = frozenset({"flow", "verb", "duty", "door", "operation", "register", "sensitive"})


def _app(place: str) -> str:
    head, _colon, rest = place.partition(":")
    if head == "verb":
        return "cases"
    return (rest if head in _TABLES else head).split(".")[0]


def _under_tests() -> list[Path]:
    """What a look stands on: the product, the model that some tests compare it with, helpers, and how it is done."""
    helpers = [one for one in (ROOT / "tests").rglob("*.py") if not one.name.startswith("test_")]
    own = [ROOT / "prove" / "guards" / f"{name}.py" for name in ("lab", "sites", "switch", "tables")]
    return sorted([*(ROOT / "src").rglob("*.py"), *(ROOT / "prove" / "sim").glob("*.py"), *own, *helpers])


def _digest(files: Iterable[Path]) -> str:
    found = hashlib.sha256()
    for one in files:
        found.update(one.read_bytes())
    return found.hexdigest()
