"""A newcomer's first hour, on a clean machine: clone HEAD, empty caches, no Node, `make demo`, `make test`.

Prints the commit, and for each step its seconds and exit code, and how many tests were skipped.
Needs nothing but the standard library, git and make.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NODE = ("node", "nodejs", "npm", "npx", "corepack")
STEPS = (("demo", ("make", "demo", "NOSERVE=1")), ("test", ("make", "test")))


def path_without_node(shadows: Path) -> str:
    """PATH without Node: a folder that holds it is stood in for by one of links to what else it holds."""
    kept: list[str] = []
    for number, folder in enumerate(filter(None, os.environ.get("PATH", "").split(os.pathsep))):
        if not any(Path(folder, name).exists() for name in NODE):
            kept.append(folder)
            continue
        shadow = shadows / str(number)
        shadow.mkdir(parents=True)
        for program in Path(folder).iterdir():
            if program.name not in NODE:
                (shadow / program.name).symlink_to(program)
        kept.append(str(shadow))
    return os.pathsep.join(kept)


def environment(home: Path) -> dict[str, str]:
    """The caller's environment with an empty home and caches; where packages come from stays as configured."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HUYING_", "DJANGO_", "VIRTUAL"))}
    if (real := os.environ.get("HUYING_REAL_DATA")) or (ROOT / "../shared/data").is_dir():
        kept["HUYING_REAL_DATA"] = str(Path(real or ROOT / "../shared/data").resolve())
    kept.update(
        HOME=str(home), XDG_CACHE_HOME=str(home / "cache"), PIP_NO_CACHE_DIR="1", PYTHONDONTWRITEBYTECODE="1",
        PATH=path_without_node(home.parent / "paths"),
    )  # fmt: skip
    kept.pop("PYTHONPATH", None)
    for file in (Path("~/.config/pip/pip.conf"), Path("~/.pip/pip.conf")):
        if "PIP_CONFIG_FILE" not in kept and file.expanduser().is_file():
            kept["PIP_CONFIG_FILE"] = str(file.expanduser())
    return kept


def main() -> int:
    room = Path(tempfile.mkdtemp(prefix="huying-room-"))
    room.chmod(0o711)  # the database's own user walks through, where this runs as root
    checkout, home = room / "huying", room / "home"
    home.mkdir()
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(checkout)], check=True)
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=checkout, capture_output=True, text=True, check=True
    ).stdout.strip()
    print(f"commit {commit}", flush=True)
    given, codes, skipped = environment(home), [], "?"
    for name, command in STEPS:
        began = time.monotonic()
        with subprocess.Popen(
            command, cwd=checkout, env=given, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as step:
            assert step.stdout is not None
            lines = []
            for line in step.stdout:
                print(line, end="", flush=True)
                lines.append(line)
        codes.append(step.returncode)
        print(f"clean-room {name}: {time.monotonic() - began:.0f} s, exit code {step.returncode}", flush=True)
        if name == "test":
            summary = next((line for line in reversed(lines) if re.search(r"\d+ passed", line)), "")
            found = re.search(r"(\d+) skipped", summary)
            skipped = found[1] if found else "0" if summary else "?"
    print(f"clean-room: commit {commit}, exit codes {codes}, skipped {skipped}", flush=True)
    if any(codes):
        print(f"kept for looking at: {room}")
        return 1
    shutil.rmtree(room, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
