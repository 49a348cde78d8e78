"""Says which sources the built styles and scripts came from, so that a stale build is seen without Node.

`build_manifest.py` writes `manifest.json` beside the built files; `--check` compares and names what differs.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "frontend"
BUILT = ROOT / "src" / "huying" / "ui" / "static" / "ui"
MANIFEST = BUILT / "manifest.json"


def digest(file: Path) -> str:
    """The sha256 of a file with line ends as on Linux, whatever git made of them."""
    return hashlib.sha256(file.read_bytes().replace(b"\r\n", b"\n")).hexdigest()


def inputs() -> list[Path]:
    top = [SOURCES / name for name in ("package.json", "package-lock.json", "build.mjs")]
    return top + sorted(file for file in (SOURCES / "src").rglob("*") if file.is_file())


def outputs() -> list[Path]:
    return sorted(file for file in BUILT.rglob("*") if file.is_file() and file != MANIFEST)


def manifest() -> dict[str, dict[str, str]]:
    return {
        "inputs": {file.relative_to(ROOT).as_posix(): digest(file) for file in inputs()},
        "outputs": {file.relative_to(ROOT).as_posix(): digest(file) for file in outputs()},
    }


def differences(written: dict[str, dict[str, str]], now: dict[str, dict[str, str]]) -> list[str]:
    """One line for each file that was changed, added or taken away since the build."""
    lines = []
    for part in ("inputs", "outputs"):
        before, after = written.get(part, {}), now[part]
        for name in sorted({*before, *after}):
            if before.get(name) != after.get(name):
                how = "new" if name not in before else "gone" if name not in after else "changed"
                lines.append(f"{how}: {name}")
    return lines


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare only; exit 1 where the build is not current")
    options = parser.parse_args(arguments)
    if not options.check:
        MANIFEST.write_text(json.dumps(manifest(), indent=1) + "\n", encoding="utf-8")
        return 0
    if not MANIFEST.exists():
        print(f"{MANIFEST.relative_to(ROOT)} is missing: run `make build`", file=sys.stderr)
        return 1
    found = differences(json.loads(MANIFEST.read_text(encoding="utf-8")), manifest())
    for line in found:
        print(line, file=sys.stderr)
    if found:
        print(
            "the front end was changed since it was built: run `make build` and commit what it writes", file=sys.stderr
        )
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
