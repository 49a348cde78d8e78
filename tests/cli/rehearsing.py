"""Calls that wait for a rehearsal, and how one is asked for."""

from argparse import Namespace
from datetime import timedelta

from huying.cases.actions.importing import PRESETS, import_reports
from huying.kernel.actor import importer
from tests.world import NOW, STREET, build_world

CALLS = 40


def options(**changed):
    return Namespace(**{"cases": CALLS, "seed": 2, "area": STREET, "resume": False, "lanes": 1, **changed})


def take_in_calls(tmp_path, monkeypatch):
    """Calls that wait, at a fixed hour: what a seed draws goes the same way each time."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW + timedelta(days=1))
    build_world()
    path = tmp_path / "calls.csv"
    matters = ["路灯不亮，晚上看不见路", "垃圾堆了三天没人收", "楼上漏水，天花板滴水", "井盖松动，车过就响"]
    rows = "".join(f"{n},第{n}件,{matters[n % 4]}。,2026-01-02T08:00:00\n" for n in range(CALLS))
    path.write_text("id,title,body,time\n" + rows, encoding="utf-8")
    import_reports(
        path, area_code=STREET, preset=PRESETS["citizen-messages"], rejects=tmp_path / "r.csv", actor=importer("t"),
        now=NOW,
    )  # fmt: skip
