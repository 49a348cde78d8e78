"""Growth: the same doors over a world ten times as large, the viewers' scopes ten times as full.

Held to: database time within 1.5 times or 10 ms more, whichever is more; pages within 1.3 times. Both runs measure the
reads before anything is written, so the worlds differ by ten when they are compared.
"""

from __future__ import annotations

from typing import Any

from bench import measure, worlds
from bench.doors import REFERENCES

TIMES, MORE_MS, PAGES = 1.5, 10.0, 1.3


def compare(
    small: int, large: int, *, rounds: int, seconds: float, say: measure.Say, fresh: bool = False, live: int = 0
) -> dict[str, Any]:
    """Measure both; one row a door."""
    made = {
        cases: measure.measure(
            measure.Run(worlds.world(cases, fresh=fresh, say=say), rounds, seconds, live=live, visits=0, say=say)
        )
        for cases in (small, large)
    }
    found: dict[str, Any] = {
        "kind": "growth",
        **{name: made[large][name] for name in ("at", "commit", "source", "world", "memory")},
        "small": small,
        "large": large,
        "doors": grown(made[small]["doors"], made[large]["doors"]),
        "runs": {str(cases): one for cases, one in made.items()},
    }
    # What is asked of the worlds themselves: seconds to build them, and bytes a case.
    found["goals"] = {
        f"{cases:,} cases: {name}": row
        for cases, one in made.items()
        for name, row in measure.of_the_world(one["world"]).items()
    }
    found["reached"] = all(row["reached"] for part in ("doors", "goals") for row in found[part].values())
    return found


def grown(before: dict[str, Any], after: dict[str, Any]) -> dict[str, dict[str, Any]]:
    names = [name for name in before if name in after and name not in {one.name for one in REFERENCES}]
    return {name: _grown(before[name], after[name]) for name in names}


def _grown(small: dict[str, Any], large: dict[str, Any]) -> dict[str, Any]:
    if "p50_ms" not in small or "p50_ms" not in large:
        return {"missing": large.get("missing") or small.get("missing"), "reached": False}
    allowed = max(small["database_ms"] * TIMES, small["database_ms"] + MORE_MS)
    pages = large["p50_ms"] / max(small["p50_ms"], 0.01)
    row = {
        "database_ms": [small["database_ms"], large["database_ms"]],
        "statements": [small["statements"], large["statements"]],
        "p50_ms": [small["p50_ms"], large["p50_ms"]],
        "p95_ms": [small["p95_ms"], large["p95_ms"]],
        "pages": round(pages, 2),
        "database_reached": large["database_ms"] <= allowed,
        "pages_reached": pages <= PAGES,
        "missing": large["missing"],
        "bad": small["bad"] + large["bad"],
    }
    row["reached"] = row["database_reached"] and row["pages_reached"] and not row["missing"] and not row["bad"]
    return row


def table(found: dict[str, Any]) -> str:
    lines = [f"{'':24}{'db ms':>18}{'p50 ms':>18}{'pages':>8}  reached"]
    for name, row in found["doors"].items():
        if "p50_ms" not in row:
            lines.append(f"{name:24}  {row['missing']}")
            continue
        database = " → ".join(f"{one:g}" for one in row["database_ms"])
        pages = " → ".join(f"{one:g}" for one in row["p50_ms"])
        lines.append(f"{name:24}{database:>18}{pages:>18}{row['pages']:>8}  {'✓' if row['reached'] else '✗'}")
    for name, row in found["goals"].items():
        lines.append(f"{'✓' if row['reached'] else '✗'} {name}: {row['value']:g}")
    return "\n".join(lines)
