"""Worlds to measure: data folders with so many cases, built once for a state of the source and kept for a week."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.district import Ground
from huying.config.postgres import BOOT, Server
from prove.frame import ROOT, WORK
from prove.server import WORLD, House, alone, copied, template

BUILT = "built.json"
MEASURED = {
    "DJANGO_SETTINGS_MODULE": "bench.settings",
    "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
    "HUYING_LOG_LEVEL": "INFO",
    # Each caller has an address of its own; on loopback they are told apart by what a proxy would write.
    "HUYING_PROXIES": "1",
    "HUYING_PRODUCTION": "0",
}
"""The environment of a measured house."""
_MAKERS = ("district.py", "ground.py", "lives.py", "loading.py", "stamping.py", "texts.py")
SETTINGS = {
    # Nobody else reads it yet, and a world that was not finished is thrown away: what is kept is written once, at the
    # end, by a checkpoint.
    "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "wal_level": "minimal",
    "max_wal_senders": "0", "max_wal_size": "16GB", "checkpoint_timeout": "30min", "autovacuum": "off",
    "shared_buffers": "1GB", "maintenance_work_mem": "768MB", "max_parallel_maintenance_workers": "1",
}  # fmt: skip
"""Settings of the embedded server while a world is loaded; afterwards it runs with the product's own again."""
Say = Callable[[str], None]


def _quiet(_line: str) -> None:
    pass


def source_hash() -> str:
    """Of the product as it runs: every file of the package."""
    digest = hashlib.sha256()
    package = ROOT / "src" / "huying"
    for file in sorted(one for one in package.rglob("*") if one.is_file() and "__pycache__" not in one.parts):
        digest.update(str(file.relative_to(package)).encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def ground() -> Path:
    """The stopped folder of a district without a case."""
    return template("bench.ground", "district", ("bench/district.py", "bench/ground.py"))


def world(count: int, *, fresh: bool = False, say: Say = _quiet) -> Path:
    """The stopped folder of a world with so many cases. `BUILT` in it tells seconds and bytes."""
    base = ground()
    digest = hashlib.sha256(base.name.encode())
    for name in _MAKERS:
        digest.update((ROOT / "bench" / name).read_bytes())
    target = WORK / f"world-{count}-{digest.hexdigest()[:10]}"
    with alone(f"world-{count}"):
        if fresh and target.exists():
            House(target).remove()
        if not target.exists():
            for old in WORK.glob(f"world-{count}-*"):
                House(old).remove()
            say(f"building {count} cases")
            draft = copied(base, target.with_name(f"{target.name}.draft"))
            build(draft, count, say=say)
            draft.data.rename(target)
    return target


def build(house: House, count: int, *, say: Say = _quiet) -> dict[str, Any]:
    """Fill a stopped district with cases; what it took and how large they are, also kept in the folder."""
    began = time.monotonic()
    with Server(house.data, say=lambda _line: None, settings=SETTINGS):
        told = house.python(f"from bench.worlds import fill; fill({count})", limit=3600)
        with house.connect(BOOT) as base:
            database = base.execute("SELECT pg_database_size(current_database())").fetchone()
    built = json.loads(told.strip().splitlines()[-1])
    built["seconds"] = round(time.monotonic() - began, 2)
    built["database_bytes"] = database[0] if database else 0
    (house.data / BUILT).write_text(json.dumps(built), encoding="utf-8")
    for name, seconds in built["parts"].items():
        say(f"  {name}: {seconds} s")
    say(f"  {built['seconds']} s, {built['bytes_per_case']:.0f} bytes a case")
    return built


def fill(count: int) -> None:
    """In a process of the house: play lives, stamp cases, load them; one line of figures at the end."""
    from django.conf import settings
    from django.utils import timezone

    from bench import lives, loading, stamping
    from huying.config.postgres import url_of

    began, now = time.monotonic(), timezone.now()
    laid = Ground.load((Path(settings.DATA) / WORLD).read_text(encoding="utf-8"))
    fewer = count < 20_000  # a small world is for trying things out
    played = lives.play_lives(
        lives.plan_lives(now=now, closed=120 if fewer else lives.LIVES, still_open=60 if fewer else lives.OPEN_LIVES),
        now=now,
    )
    stamper = stamping.Stamper(played, laid, now=now)
    parts = {"lives": round(time.monotonic() - began, 2)}
    url = url_of(Path(settings.DATA), BOOT)
    parts |= loading.load(stamper, count, url, now=now)
    import psycopg

    with psycopg.connect(url, autocommit=True) as base:
        sizes = loading.sizes(base)
        rows = {
            name: base.execute(f"SELECT count(*) FROM {name}").fetchone()[0]  # type: ignore[index]
            for name in (
                "cases_case",
                "clocks_clock",
                "clocks_stretch",
                "audit_history",
                "cases_workorder",
                "cases_report",
            )  # fmt: skip
        }
        still = base.execute("SELECT count(*) FROM cases_case WHERE ended_at IS NULL").fetchone()
        length = base.execute("SELECT avg(length(words)) FROM cases_report TABLESAMPLE SYSTEM (5)").fetchone()
    print(
        json.dumps({
            "cases": rows["cases_case"],
            "parts": parts,
            "bytes_per_case": sum(map(sum, sizes.values())) / count,
            "bytes": {name: {"table": table, "indexes": indexes} for name, (table, indexes) in sizes.items()},
            "open_share": still[0] / count if still else 0,
            # A clock runs once, and once more for each pause; only the pauses are rows.
            "stretches_per_case": (rows["clocks_clock"] + 2 * rows["clocks_stretch"]) / count,
            "history_per_case": rows["audit_history"] / count,
            "words_length": float(length[0] or 0) if length else 0,
            "templates": len(stamper.templates),
            "made_at": now.isoformat(),
        })
    )  # fmt: skip


def plans(world_of: Path, *names: str) -> dict[str, Any]:
    """How the database of a stopped world answers each door (`bench.plans`)."""
    return _told(world_of, "plans", names)


def profiles(world_of: Path, *names: str) -> dict[str, Any]:
    """Where each door's processor time goes in a stopped world (`bench.profiling`)."""
    return _told(world_of, "profiling", names)


def _told(world_of: Path, module: str, names: tuple[str, ...]) -> dict[str, Any]:
    house = House(world_of, MEASURED)
    # Alone, since each of them writes to the world what it then takes back, and times its statements.
    with alone(f"used-{world_of.name}"), house.database():
        told = house.python(f"from bench.{module} import tell; tell(*{names!r})", limit=3600)
    found: dict[str, Any] = json.loads(told.strip().splitlines()[-1])
    return found
