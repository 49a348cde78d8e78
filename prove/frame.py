"""What every prover is: steps from a seed, a checkpoint after each, finds, figures with goals, and one JSON line.

A prover counts items (requests, races, files) and does them in steps. Step K of a seed always does the same, so a
find names its step and is seen again with `--step K`. After each step all that is known is kept, and a stopped run
goes on from there. `--sabotage NAME` breaks one real thing first: a prover that stays green then proves nothing.
"""

from __future__ import annotations

import json
import math
import operator
import os
import random
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "prove" / "results"
WORK = ROOT / ".huying" / "prove"
"""Worlds and logs of runs; may be removed between runs, not during one that is to be resumed."""
MOST_FINDS = 50
COMPARE: dict[str, Callable[[Any, Any], bool]] = {"<=": operator.le, ">=": operator.ge, "==": operator.eq}


@dataclass(frozen=True)
class Sabotage:
    """One real thing that can be broken, and what then must be found."""

    name: str
    breaks: str


@dataclass(frozen=True)
class Goal:
    """What a figure has to reach: `Goal("<=", 2.0)`. Where `full` is set, only the full form is held to it."""

    sign: str
    limit: float
    full: bool = False

    def reached(self, value: Any) -> bool:
        return value is not None and COMPARE[self.sign](value, self.limit)


@dataclass
class Run:
    """One run: where it stands, and what it has seen. `kept` is JSON and survives a stop."""

    seed: int
    target: int
    form: str
    sabotage: str = ""
    only: int | None = None
    folder: Path = WORK
    kept: dict[str, Any] = field(default_factory=dict)
    step: int = 0
    quiet: bool = False

    @property
    def smoke(self) -> bool:
        return self.form == "smoke"

    def broken(self, name: str) -> bool:
        """Whether this run is to be sabotaged so."""
        return self.sabotage == name

    def done(self, items: int = 1) -> None:
        """So many items have been done."""
        self.kept["n"] = self.kept.get("n", 0) + items

    def find(self, words: str, **facts: Any) -> None:
        """Something that must not be. `words` are short; `facts` are what helps to see it again."""
        self.kept["finds"] = self.kept.get("finds", 0) + 1
        first = self.kept.setdefault("first_finds", [])
        if len(first) < MOST_FINDS:
            first.append({"step": self.step, "words": words, **{name: _plain(value) for name, value in facts.items()}})
        if not self.quiet and len(first) <= 10:
            self.say(f"find in step {self.step}: {words} {facts if facts else ''}")

    def count(self, name: str, by: float = 1) -> None:
        """Add to a figure."""
        figures = self.kept.setdefault("counts", {})
        figures[name] = figures.get(name, 0) + by

    def most(self, name: str, value: float) -> None:
        """A figure that is the largest value seen."""
        figures = self.kept.setdefault("largest", {})
        figures[name] = max(figures.get(name, value), value)

    def put(self, name: str, value: Any) -> None:
        """A figure that is simply so."""
        self.kept.setdefault("stated", {})[name] = value

    def sample(self, name: str, value: float) -> None:
        """A value of a distribution: its p50, p95, p99 and largest become figures (within 2 %)."""
        bucket = str(round(math.log(max(value, 1e-6)) / math.log(1.02)))
        samples = self.kept.setdefault("samples", {}).setdefault(name, {})
        samples[bucket] = samples.get(bucket, 0) + 1
        self.most(f"{name}_max", round(value, 4))

    def figures(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, buckets in self.kept.get("samples", {}).items():
            whole = sorted((int(bucket), times) for bucket, times in buckets.items())
            total = sum(times for _, times in whole)
            for share in (50, 95, 99):
                passed = 0
                for bucket, times in whole:
                    passed += times
                    if passed * 100 >= total * share:
                        found[f"{name}_p{share}"] = round(1.02**bucket, 4)
                        break
        for part in ("counts", "largest", "stated"):
            found |= self.kept.get(part, {})
        return found

    def say(self, words: str) -> None:
        print(words, file=sys.stderr, flush=True)


def _plain(value: Any) -> Any:
    return value if isinstance(value, (int, float, str, bool, type(None), list, dict)) else str(value)


class Prover(ABC):
    """Subclass it in a module or package of this folder and name it in `prove.__main__.PROVERS`."""

    name: ClassVar[str]
    what: ClassVar[str]
    """One sentence: what is done, and to what."""
    item: ClassVar[str]
    """What is counted."""
    smoke: ClassVar[int]
    full: ClassVar[int]
    per_step: ClassVar[int] = 1
    per_smoke_step: ClassVar[int | None] = None
    sabotages: ClassVar[tuple[Sabotage, ...]] = ()
    goals: ClassVar[Mapping[str, Goal]] = {}
    seed: ClassVar[int] = 20261122

    def open(self, run: Run) -> None:  # noqa: B027  a prover may leave it out
        """Make or find the world; break what `run.sabotage` names. Called at the start and after a resumption."""

    @abstractmethod
    def do(self, run: Run, rng: random.Random, items: int) -> None:
        """One step of so many items; call `run.done`, `run.find` and the figures."""

    def settle(self, run: Run) -> None:  # noqa: B027  a prover may leave it out
        """After the last step of the whole run: what can only be compared at the end."""

    def close(self, run: Run) -> None:  # noqa: B027  a prover may leave it out
        """Always called: stop what was started."""

    def size(self, run: Run) -> int:
        """Items of a step."""
        return (self.per_smoke_step or self.per_step) if run.smoke else self.per_step

    def target(self, form: str) -> int:
        """Items of a form; override where the number follows from the system's tables (ask them lazily)."""
        return self.smoke if form == "smoke" else self.full


def prove(
    prover: Prover,
    *,
    form: str,
    seed: int | None = None,
    target: int | None = None,
    minutes: float | None = None,
    sabotage: str = "",
    only: int | None = None,
    fresh: bool = False,
    record: bool | None = None,
) -> dict[str, Any]:
    """Run a prover and give its line. A full form is kept under `results` and goes on where it stopped."""
    if sabotage and sabotage not in {one.name for one in prover.sabotages}:
        known = ", ".join(one.name for one in prover.sabotages)
        raise SystemExit(f"{prover.name} knows no sabotage {sabotage!r}; it knows: {known}")
    seed = prover.seed if seed is None else seed
    file = RESULTS / f"{prover.name}.json"
    stored = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    keeps = form == "full" and not sabotage and only is None
    kept: dict[str, Any] = {}
    whole = target if target is not None else prover.target(form)
    before = stored.get("checkpoint", {})
    if keeps and not fresh and before.get("seed") == seed and before.get("target") == whole:
        kept = before
    name = f"{prover.name}-{sabotage}" if sabotage else f"{prover.name}-{form}"
    run = Run(seed, whole, form, sabotage, only, WORK / name, kept)
    run.folder.mkdir(parents=True, exist_ok=True)
    kept |= {"seed": seed, "target": whole}
    commits = kept.setdefault("commits", [])
    if (commit := _commit()) not in commits:
        commits.append(commit)
    began, spent = time.monotonic(), kept.get("seconds", 0.0)
    size = prover.size(run)
    opens = kept.get("step", 0) * size < whole or not kept.get("settled")  # else all of it was done before
    try:
        if opens:
            prover.open(run)
        steps = [only] if only is not None else range(kept.get("step", 0), math.ceil(whole / size))
        told = time.monotonic()
        for step in steps:
            run.step = step
            prover.do(run, random.Random(f"{prover.name}:{seed}:{step}"), min(size, whole - step * size))
            kept["step"] = step + 1
            kept["seconds"] = round(spent + time.monotonic() - began, 1)
            if keeps and (time.monotonic() - told > 20 or step + 1 == math.ceil(whole / size)):
                told = time.monotonic()
                run.say(f"{prover.name}: {kept.get('n', 0)} of {whole} {prover.item}, {kept.get('finds', 0)} finds")
                _keep(file, stored, kept, line_of(prover, run))
            if minutes is not None and time.monotonic() - began > minutes * 60:
                break
        if only is None and kept["step"] * size >= whole and not kept.get("settled"):
            prover.settle(run)
            kept["settled"] = True
    finally:
        if opens:
            prover.close(run)
        kept["seconds"] = round(spent + time.monotonic() - began, 1)
    line = line_of(prover, run)
    if keeps:
        _keep(file, stored, kept, line)
    elif sabotage and record:
        stored.setdefault("sabotage", {})[sabotage] = line
        _write(file, stored)
    return line


def line_of(prover: Prover, run: Run) -> dict[str, Any]:
    """What is printed: one object, plain values."""
    kept, figures = run.kept, run.figures()
    missed = [
        f"{name} {goal.sign} {goal.limit:g}"
        for name, goal in prover.goals.items()
        if (run.form == "full" or not goal.full) and not goal.reached(figures.get(name))
    ]
    finds, n = kept.get("finds", 0), kept.get("n", 0)
    return {
        "prover": prover.name,
        "form": run.form,
        "item": prover.item,
        "seed": run.seed,
        "n": n,
        "target_n": run.target,
        "kills": int(figures.pop("kills", 0)),
        "seconds": kept.get("seconds", 0.0),
        "commit": kept["commits"][-1],
        **({"commits": kept["commits"]} if len(kept["commits"]) > 1 else {}),
        **({"sabotage": run.sabotage} if run.sabotage else {}),
        "finds": finds,
        "missed": missed,
        "reached": finds == 0 and not missed and n >= run.target and bool(kept.get("settled")),
        "figures": figures,
        "first_finds": kept.get("first_finds", []),
    }


def is_red(line: Mapping[str, Any]) -> bool:
    """Whether the run saw something wrong; a run that merely is not finished is not red."""
    return bool(line["finds"]) or (bool(line["missed"]) and line["n"] >= line["target_n"])


def _keep(file: Path, stored: dict[str, Any], kept: dict[str, Any], line: dict[str, Any]) -> None:
    stored["line"] = line
    stored["checkpoint"] = kept
    _write(file, stored)


def _write(file: Path, stored: dict[str, Any]) -> None:
    draft = file.with_suffix(".draft")
    draft.write_text(json.dumps(stored, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    os.replace(draft, file)


def _commit() -> str:
    """The commit under proof; with a plus where files of the product differ from it."""
    asked = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if asked.returncode:
        return "unknown"
    changed = subprocess.run(
        ["git", "status", "--porcelain", "--", "src", "requirements"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return asked.stdout.strip() + ("+" if changed.stdout.strip() else "")
