"""No file of the tree names a package registry: packages come from wherever the user's own tools are set to.

The names are built from parts, so that this file passes its own check.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAMES = tuple(
    "".join(parts)
    for parts in (
        ("py", "pi.org"),
        ("python", "hosted"),
        ("registry.", "npm", "js"),
        ("registry.", "yarn", "pkg"),
        ("npm", "mirror"),
        ("mirrors", ".aliyun"),
        ("tuna.", "tsinghua"),
        ("index", "-url"),
        ("goproxy", "."),
    )
)
# Words of an option, not an address: the command that keeps addresses out.
ALLOWED = ("--no-emit-" + "index" + "-url",)


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return [ROOT / name for name in listed.decode().split("\0") if name and (ROOT / name).is_file()]


def found_in(text: str) -> list[str]:
    lowered = text.lower()
    for words in ALLOWED:
        lowered = lowered.replace(words, "")
    return [name for name in NAMES if name in lowered]


def main() -> int:
    bad = 0
    for file in tracked():
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for name in found_in(text):
            print(f"{file.relative_to(ROOT)}: names {name}")
            bad += 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
