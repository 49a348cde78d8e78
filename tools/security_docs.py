"""Writes `docs/security/asvs.md` from `docs/security/asvs.csv`, and finds what a row names and nobody has.

A row's evidence is a list of references with blanks between: `tests/file.py::Class::test`, `setting:HUYING_NAME`,
`prove:name`, `doc:path`, `seen:2026-11-22` (looked at on that day; the note says what).
"""

from __future__ import annotations

import ast
import csv
import re
import sys
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "security"
SOURCE, PAGE = FOLDER / "asvs.csv", FOLDER / "asvs.md"
COLUMNS = ["id", "level", "requirement", "status", "evidence", "note"]
STATUSES = ("met", "partly", "not met", "deployment", "not applicable")
CHAPTERS = {
    1: "Encoding and sanitising", 2: "Validation and business logic", 3: "Web front end", 4: "API and web service",
    5: "Files", 6: "Authentication", 7: "Sessions", 8: "Authorisation", 9: "Self-contained tokens",
    10: "OAuth and OpenID Connect", 11: "Cryptography", 12: "Secure communication", 13: "Configuration",
    14: "Data protection", 15: "Secure coding and architecture", 16: "Logging and errors", 17: "WebRTC",
}  # fmt: skip
HEAD = """# OWASP ASVS 5.0, level 2

Written from `asvs.csv` by `make docs`; `tests/test_security_docs.py` fails on a dead link. Numbers are those of ASVS
5.0.0; the requirement is told in few words of ours, the standard's own text decides. Levels 1 and 2 are complete; of
level 3 stand here formula injection, slow patterns, upload quota, pixel floods, metadata of files, and check and act
in one.

**met**: a test, prover, setting or page shows it. **partly**, **not met**: the note says what is missing.
**deployment**: the operator's part. *seen*: looked at by a person on that day.
"""
TABLE = "| id | level | requirement | status | shown by | note |\n|---|---|---|---|---|---|\n"


@dataclass(frozen=True)
class Row:
    id: str
    level: str
    requirement: str
    status: str
    evidence: str
    note: str

    @property
    def references(self) -> list[str]:
        return self.evidence.split()


def rows(source: Path = SOURCE) -> list[Row]:
    with source.open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))
    if lines[0] != COLUMNS:
        raise ValueError(f"the columns of {source.name} are {', '.join(COLUMNS)}")
    return [Row(*line) for line in lines[1:]]


def faults_of(row: Row) -> list[str]:
    """What is wrong with one row, in words."""
    found = [fault for one in row.references if (fault := fault_of(one))]
    if row.status not in STATUSES:
        found.append(f"no status: {row.status!r}")
    if row.status == "not applicable" and not row.note:
        found.append("not applicable without a reason")
    if row.status in ("partly", "not met") and not row.note:
        found.append(f"{row.status}, and nothing says what is missing")
    if row.status in ("met", "partly", "deployment") and not row.references:
        found.append(f"{row.status}, and nothing shows it")
    if any(one.startswith("seen:") for one in row.references) and not row.note:
        found.append("looked at, and the note does not say what was seen")
    return [f"{row.id}: {fault}" for fault in found]


def fault_of(reference: str) -> str:
    """Why a reference leads nowhere; empty where it does not."""
    kind, _colon, rest = reference.partition(":")
    if reference.startswith("tests/"):
        file, *names = reference.split("::")
        return "" if tuple(names) in names_in(file) else f"no test {reference}"
    if kind == "setting":
        return "" if rest in settings() else f"no setting {rest}"
    if kind == "prove":
        return "" if rest in provers() else f"no prover {rest}"
    if kind == "doc":
        return "" if (ROOT / rest).is_file() else f"no page {rest}"
    if kind == "seen":
        try:
            seen = date.fromisoformat(rest)
        except ValueError:
            return f"no day: {rest}"
        return "" if date(2026, 1, 1) <= seen else f"no day of this project: {rest}"
    return f"unknown kind of reference {reference}"


@cache
def names_in(file: str) -> frozenset[tuple[str, ...]]:
    """Every test of a file as pytest names it, and every class of tests."""
    path = ROOT / file
    if not path.is_file():
        return frozenset()
    found: set[tuple[str, ...]] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
            found.add((node.name,))
        elif isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            inner = [one.name for one in node.body if isinstance(one, ast.FunctionDef) and one.name.startswith("test")]
            found.update({(node.name,), *((node.name, name) for name in inner)})
    return frozenset(found)


@cache
def settings() -> frozenset[str]:
    text = (ROOT / "src/huying/config/env.py").read_text(encoding="utf-8")
    return frozenset(re.findall(r'Setting\(\s*"(HUYING_[A-Z_]+)"', text))


@cache
def provers() -> frozenset[str]:
    tree = ast.parse((ROOT / "prove/__main__.py").read_text(encoding="utf-8"))
    for node in tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(target, ast.Name) and target.id == "PROVERS" and isinstance(node.value, ast.Dict):
            return frozenset(one.value for one in node.value.keys if isinstance(one, ast.Constant))
    return frozenset()


def page(found: list[Row]) -> str:
    counted = ", ".join(f"{sum(one.status == status for one in found)} {status}" for status in STATUSES)
    parts = [HEAD, f"{len(found)} rows: {counted}.\n"]
    for number, title in CHAPTERS.items():
        parts.append(f"\n## V{number} {title}\n\n{TABLE}")
        for one in found:
            if one.id.split(".")[0] == str(number):
                shown = "<br>".join(_shown(ref) for ref in one.references)
                parts.append(f"| {one.id} | {one.level} | {one.requirement} | {one.status} | {shown} | {one.note} |\n")
    return "".join(parts)


def _shown(reference: str) -> str:
    kind, _colon, rest = reference.partition(":")
    if kind == "doc":
        name = rest.removeprefix("docs/")
        return f"[{Path(name).name}]({'' if name.startswith('security/') else '../'}{name.removeprefix('security/')})"
    if kind == "seen":
        return f"seen {rest}"
    if kind == "prove":
        return f"prover `{rest}`"
    return f"`{rest if kind == 'setting' else reference}`"


if __name__ == "__main__":
    wrong = [fault for one in rows() for fault in faults_of(one)]
    print("\n".join(wrong), file=sys.stderr)
    PAGE.write_text(page(rows()), encoding="utf-8")
    sys.exit(bool(wrong))
