"""The figures as a table, as JSON under `results/`, and as a chart over time in the documentation."""

from __future__ import annotations

import json
import math
import re
from html import escape
from pathlib import Path
from typing import Any

from bench.measure import ROUNDS, SECONDS
from prove.frame import ROOT

RESULTS = ROOT / "bench" / "results"
CHART = ROOT / "docs" / "images" / "bench.svg"
COLUMNS = (
    ("per_second", "1/s", 8), ("p50_ms", "p50 ms", 8), ("p95_ms", "p95 ms", 8), ("p99_ms", "p99 ms", 8),
    ("statements", "stmts", 6), ("round_trips", "trips", 6), ("database_ms", "db ms", 8),
    ("body_bytes", "bytes", 8), ("ratio", "ratio", 6),
)  # fmt: skip
DRAWN = ("report_form", "report_api", "move", "api_list", "desk_list", "case_page", "status", "ref_rows")
COLOURS = ("#1677ff", "#13c2c2", "#722ed1", "#52c41a", "#fa8c16", "#eb2f96", "#8c8c8c", "#262626")


def table(found: dict[str, Any]) -> str:
    lines = [f"{'':24}" + "".join(f"{title:>{width + 1}}" for _n, title, width in COLUMNS) + "  goals"]
    for name, row in found["doors"].items():
        cells = "".join(f"{_told(row.get(one)):>{width + 1}}" for one, _title, width in COLUMNS)
        goals = "  ".join(f"{'✓' if reached else '✗'} {goal}" for goal, reached in row["goals"].items())
        bad = f"  ✗ {row['bad']} refused or failed" if row["bad"] else ""
        lines.append(f"{name:24}{cells}  {goals}{bad}{'  (' + row['missing'] + ')' if row['missing'] else ''}")
    lines.append("")
    for goal, row in found["goals"].items():
        beside = "".join(f"; {name} {value}" for name, value in row.get("beside", {}).items())
        lines.append(f"{'✓' if row['reached'] else '✗'} {goal}: {_told(row['value'])}{beside}")
    memory = found["memory"]
    lines.append(
        f"memory, MiB, after {found['visited']['staff']} people: web {memory['web']} resident, shares "
        f"{memory['web_shares']} and the parent's {memory['web_parent_share']}; worker {memory['worker']} resident, "
        f"share {memory['worker_share']}; source {found['source']}, commit {found['commit']}, "
        f"{found['world']['cases']} cases; reached: {found['reached']}"
    )
    return "\n".join(lines)


def _told(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:g}" if isinstance(value, float) else str(value)


def keep(found: dict[str, Any]) -> Path:
    """The whole of it under `results/`, named by size, time and commit."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    stamp = re.sub(r"[^0-9T]", "", found["at"])[:13]
    kind = found.get("kind", "doors")
    file = RESULTS / f"{kind}-{found['world']['cases']}-{stamp}-{found['commit'].rstrip('+')}.json"
    file.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return file


def kept(cases: int) -> list[dict[str, Any]]:
    """Earlier runs of full length and of all drawn doors over so many cases, the oldest first."""
    found = [json.loads(file.read_text(encoding="utf-8")) for file in RESULTS.glob(f"doors-{cases}-*.json")]
    return sorted(filter(is_whole, found), key=lambda one: str(one["at"]))


def is_whole(found: dict[str, Any]) -> bool:
    """Whether its figures may stand beside those of other runs; `--keep` keeps shorter ones as well."""
    return found["rounds"] >= ROUNDS and found["seconds"] >= SECONDS and set(DRAWN) <= set(found["doors"])


def draw(cases: int, target: Path = CHART) -> None:
    """Requests a second of the main doors over the runs, in one picture; steps of ten on the upright axis."""
    target.write_text(chart(kept(cases), cases), encoding="utf-8")


def chart(runs: list[dict[str, Any]], cases: int) -> str:
    wide, high, left, top, right, bottom = 860, 420, 60, 40, 170, 60
    series = {
        name: [(place, run["doors"].get(name, {}).get("per_second")) for place, run in enumerate(runs)]
        for name in DRAWN
    }
    largest = max((value for points in series.values() for _x, value in points if value), default=1.0)
    power = 10.0
    while power < largest:
        power *= 10
    width, height = wide - left - right, high - top - bottom

    def across(place: int) -> float:
        return left + (width * place / (len(runs) - 1) if len(runs) > 1 else width / 2)

    def up(value: float) -> float:
        return top + height * (1 - _log(max(value, 1.0)) / _log(power))

    title = f"Requests a second over {cases:,} cases, 8 clients, 2 web processes"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" font-family="sans-serif" font-size="12">',
        f'<rect width="{wide}" height="{high}" fill="#ffffff"/>',
        f'<text x="{left}" y="22" font-size="14">{title}</text>',
    ]
    step = 1.0
    while step <= power:
        y = up(step)
        parts.append(f'<line x1="{left}" x2="{left + width}" y1="{y:.1f}" y2="{y:.1f}" stroke="#d9d9d9"/>')
        parts.append(f'<text x="{left - 8}" y="{y + 4:.1f}" text-anchor="end" fill="#595959">{step:g}</text>')
        step *= 10
    every = max(len(runs) // 8, 1)
    for place, run in enumerate(runs):
        if place % every == 0 or place == len(runs) - 1:
            x = across(place)
            parts.append(
                f'<text x="{x:.1f}" y="{high - bottom + 18}" text-anchor="middle" fill="#595959">'
                f"{escape(run['at'][5:10])}</text>"
                f'<text x="{x:.1f}" y="{high - bottom + 33}" text-anchor="middle" fill="#8c8c8c">'
                f"{escape(run['commit'][:7])}</text>"
            )
    for place, (name, points) in enumerate(series.items()):
        colour, there = COLOURS[place], [(across(x), up(value)) for x, value in points if value]
        if not there:
            continue
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in there)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in there]
        told = next(value for _x, value in reversed(points) if value)
        y = top + 16 * place
        parts.append(f'<rect x="{left + width + 14}" y="{y}" width="10" height="10" fill="{colour}"/>')
        parts.append(f'<text x="{left + width + 30}" y="{y + 9}">{escape(name)} {told:.0f}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _log(value: float) -> float:
    return math.log10(value)
