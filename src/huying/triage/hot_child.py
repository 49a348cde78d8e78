"""Hot issues found in a process of its own (`apart`): grouping thousands of calls takes hundreds of MiB for seconds."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from huying.kernel.refusals import Unavailable
from huying.kernel.terms import _
from huying.triage import apart
from huying.triage.hot import Corrections, Issue, Trend, Voice, issues
from huying.triage.same import Call

MOST_SECONDS = 600


def found_apart(
    calls: Iterable[tuple[Call, Voice]],
    *,
    today: date,
    before: Mapping[str, str] | None = None,
    said: Corrections | None = None,
) -> list[Issue]:
    """As `hot.issues`; place and description, which are callers' words, stay there and are empty here.

    Raises Unavailable where the child failed or took longer than ten minutes.
    """
    said = said or Corrections()
    asked = {
        "today": today.isoformat(),
        "before": dict(before or {}),
        "kept": sorted(said.kept),
        "apart": {id: sorted(others) for id, others in said.apart.items()},
    }
    try:
        answer = apart.ask(__name__, _lines(asked, calls), seconds=MOST_SECONDS)
    except subprocess.TimeoutExpired:
        raise Unavailable(_("十分钟里没有归完组，热点问题照旧。")) from None
    except subprocess.CalledProcessError as why:
        raise Unavailable(_("归组没有成功，热点问题照旧。")) from RuntimeError(why.stderr[-2000:])
    return [_issue(json.loads(line)) for line in answer.splitlines()]


def _lines(asked: Mapping[str, object], calls: Iterable[tuple[Call, Voice]]) -> Iterator[str]:
    yield json.dumps(asked)
    for call, voice in calls:
        yield json.dumps(
            [call.id, call.title, call.body, call.day.isoformat(), call.area, call.type,
             sorted(voice.callers), voice.support, voice.opposition]
        )  # fmt: skip


def _issue(said: dict[str, Any]) -> Issue:
    said |= {name: date.fromisoformat(said[name]) for name in ("first", "last")}
    return Issue(
        **said | {"calls": tuple(said["calls"]), "trend": Trend(said["trend"]), "place": "", "description": ""}
    )


def main() -> None:
    """The child: first what was asked, then a call a line; an issue a line comes back."""
    asked = json.loads(sys.stdin.readline())
    calls: list[Call] = []
    voices: dict[str, Voice] = {}
    for line in sys.stdin:
        id, title, body, day, area, type, callers, support, opposition = json.loads(line)
        calls.append(Call(id, title, body, date.fromisoformat(day), area, type))
        voices[id] = Voice(frozenset(callers), support, opposition)
    said = Corrections(frozenset(asked["kept"]), {id: frozenset(others) for id, others in asked["apart"].items()})
    for one in issues(calls, voices, today=date.fromisoformat(asked["today"]), before=asked["before"], said=said):
        print(json.dumps(_said(one)))


def _said(one: Issue) -> dict[str, Any]:
    return {
        "name": one.name, "calls": one.calls, "heat": one.heat, "callers": one.callers, "first": one.first.isoformat(),
        "last": one.last.isoformat(), "concerned": one.concerned, "typical": one.typical, "trend": str(one.trend),
    }  # fmt: skip


if __name__ == "__main__":
    main()
