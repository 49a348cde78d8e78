"""Licences of what huying is made of, read offline: of installed distributions and of the lock of the front end.

The core (requirements/run.txt, and what the built scripts and styles come from) takes permissive licences and MPL; LGPL
where a row of OWN_TERMS says why. Tools of tests and checks are programs beside it: they may be GPL, never AGPL.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

FREE = {
    "0BSD", "APACHE-2.0", "BLUEOAK-1.0.0", "BSD", "BSD-2-CLAUSE", "BSD-3-CLAUSE", "CC0-1.0", "CNRI-PYTHON", "ISC",
    "MIT", "MIT-0", "MIT-CMU", "MPL-2.0", "PSF-2.0", "ZLIB", "HPND",
}  # fmt: skip
# As classifiers and free texts say it.
SPELLED = {
    "APACHE SOFTWARE LICENSE": "APACHE-2.0", "APACHE LICENSE": "APACHE-2.0", "APACHE 2.0": "APACHE-2.0",
    "BSD LICENSE": "BSD", "BSD 2-CLAUSE LICENSE": "BSD-2-CLAUSE", "ISC LICENSE (ISCL)": "ISC",
    "ISC LICENSE": "ISC", "MIT LICENSE": "MIT", "MOZILLA PUBLIC LICENSE 2.0 (MPL 2.0)": "MPL-2.0",
    "PYTHON SOFTWARE FOUNDATION LICENSE": "PSF-2.0", "PSFL": "PSF-2.0",
    "GNU GENERAL PUBLIC LICENSE (GPL)": "GPL", "GNU GENERAL PUBLIC LICENSE V2 OR LATER (GPLV2+)": "GPL-2.0-OR-LATER",
}  # fmt: skip
# What the rule does not allow, or metadata do not say, and why it is taken all the same.
OWN_TERMS = {
    "psycopg": "LGPL-3.0-only: a library used unchanged through its interface, replaceable by whoever installs",
    "psycopg-binary": "LGPL-3.0-only: as psycopg",
    "psycopg-pool": "LGPL-3.0-only: as psycopg",
    "pyrage": "MIT by the licence file of the wheel; its metadata name none",
    "htmx-ext-sse": "0BSD by the licence of its project, htmx; the package names none",
}
# Programs that tests and checks start or load; nothing of them is shipped.
TOOLS = {
    "djlint": "GPL-3.0-or-later: a program that looks at templates",
    "axe-playwright-python": "MIT, and axe under MPL-2.0, by the files of the wheel; its metadata name none",
}


def core() -> list[str]:
    return _pinned("run.txt")


def tools() -> list[str]:
    return sorted(set(_pinned("dev.txt")) - set(core()))


def _pinned(name: str) -> list[str]:
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    return sorted(set(re.findall(r"^([A-Za-z0-9._-]+)==", text, re.MULTILINE)))


def said_by(name: str) -> list[str]:
    """The alternatives a distribution offers, each as the licences that hold together."""
    found = metadata(name)
    expression = found.get("License-Expression")
    if expression:
        return alternatives(expression)
    classified = [one.split("::")[-1] for one in found.get_all("Classifier", []) if one.startswith("License ::")]
    classified = [one for one in classified if "OSI Approved" not in one and "Other/Proprietary" not in one]
    if classified:
        return [" AND ".join(spelled(one) for one in classified)]
    text = (found.get("License") or "").strip().splitlines()
    return alternatives(text[0]) if text else []


def alternatives(expression: str) -> list[str]:
    """`A OR B AND C` as `A`, `B AND C`; brackets are opened as far as licences use them."""
    expression = expression.strip()
    inner = re.fullmatch(r"(.*?)\s+AND\s+\((.*)\)|\((.*)\)\s+AND\s+(.*?)", expression)
    if inner:
        first, among = (inner[1], inner[2]) if inner[1] else (inner[4], inner[3])
        return [f"{spelled(first)} AND {one}" for one in alternatives(among)]
    parts = re.split(r"\s+OR\s+", expression.strip("()"))
    return [" AND ".join(spelled(one) for one in re.split(r"\s+AND\s+", part)) for part in parts]


def spelled(one: str) -> str:
    upper = one.strip().upper()
    return SPELLED.get(upper, upper.strip("()"))


def is_free(offered: list[str]) -> bool:
    return any(all(one in FREE for one in held.split(" AND ")) for held in offered)


def faults() -> Iterator[str]:
    used = set()
    for name in core():
        offered = _offered(name)
        if offered is None:
            continue  # for another system or another Python
        if is_free(offered):
            continue
        used.add(name)
        if name not in OWN_TERMS:
            yield f"{name}: {' or '.join(offered) or 'no licence named'} is not allowed in the core"
    for name in tools():
        offered = _offered(name)
        if offered is None or is_free(offered):
            continue
        used.add(name)
        if all("AGPL" in one or "AFFERO" in one for one in offered) and offered:
            yield f"{name}: {' or '.join(offered)} is not allowed at all"
        elif name not in TOOLS and not any("ARTISTIC" in one for one in offered):
            yield f"{name}: {' or '.join(offered) or 'no licence named'} needs a row in TOOLS that says what it is for"
    for name, licence in front_end():
        if not is_free(alternatives(licence) if licence else []):
            used.add(name)
            if name not in OWN_TERMS:
                yield f"{name}: {licence or 'no licence named'} is not allowed in the front end"
    for name in sorted({*OWN_TERMS, *TOOLS} - used):
        if _offered(name) is not None or name in dict(front_end()):
            yield f"{name} has a row of its own and needs none"


def _offered(name: str) -> list[str] | None:
    try:
        return said_by(name)
    except PackageNotFoundError:
        return None


def front_end() -> list[tuple[str, str]]:
    lock = json.loads((ROOT / "frontend" / "package-lock.json").read_text(encoding="utf-8"))
    return sorted(
        (path.rpartition("node_modules/")[2], str(one.get("license") or ""))
        for path, one in lock["packages"].items()
        if path
    )


def main() -> int:
    found = list(faults())
    for one in found:
        print(one, file=sys.stderr)
    print(
        f"{len(core())} distributions of the core, {len(tools())} tools, {len(front_end())} packages of the front end"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
