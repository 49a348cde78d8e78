"""From the release before: its own code fills a database, the present code migrates it, and everything is still there."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from huying import __version__
from tests.cli.conftest import House
from tests.world import STREET

ROOT = Path(__file__).parents[2]
BEFORE = "0.1.0"
FOLDED = ("audit_sealed", "clocks_stretch")  # a row for each seal now, not for each of its rows; the pauses alone

FILL = """
import django; django.setup()
import json
from django.db import transaction
from django.utils import timezone
from tests.world import build_world
with transaction.atomic():
    world = build_world()
    for number in range(30):
        world.call(words=f"第 {number} 盏路灯不亮了，请来看看。")
print(json.dumps({"ok": True}))
"""
LOOK = """
import django; django.setup()
from django.test import Client
from huying.cases.models import Case
from huying.cases.queries.replay import mismatches
from huying.people.models import Account
import json
client = Client(raise_request_exception=True)
answers = {}
for address in ("/", "/report/", "/track/", "/sign-in/"):
    answers[address] = client.get(address).status_code
client.force_login(Account.objects.get(username="demo-head"), backend="django.contrib.auth.backends.ModelBackend")
case = Case.objects.order_by("number").first()
for address in ("/desk/", "/desk/list/", "/desk/registers/", f"/desk/cases/{case.pk}/"):
    answers[address] = client.get(address).status_code
ids = list(Case.objects.order_by("number").values_list("pk", flat=True))
print(json.dumps({"answers": answers, "cases": len(ids), "mismatched": len(mismatches(ids))}))
"""
COUNT = """
import django; django.setup()
from django.apps import apps
import json
print(json.dumps({model._meta.db_table: model._base_manager.count() for model in apps.get_models()
    if model._meta.managed and model.__module__.startswith("huying.")}))
"""


def _git(*arguments):
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def released(version):
    """The commit that put a version into the changelog; a clone without its history has none."""
    try:
        if _git("rev-parse", "--is-shallow-repository") == "true":
            pytest.skip("the clone is shallow: the release before is not in it")
        found = _git("log", f"-S## {version} -", "--format=%H", "--reverse", "--", "CHANGELOG.md").splitlines()
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("there is no git history: the release before is not known")
    if not found:
        pytest.skip(f"no commit of the history put {version} into CHANGELOG.md")
    return found[0]


class Before(House):
    """Commands of the release before, with its own code."""

    def __init__(self, data, tree):
        super().__init__(data)
        self.tree = tree

    def environment(self, **more):
        return {**super().environment(**more), "PYTHONPATH": f"{self.tree / 'src'}{os.pathsep}{self.tree}"}


@pytest.fixture
def tree(tmp_path):
    """The tree of the release before, beside this one."""
    commit = released(BEFORE)
    place = tmp_path / "before"
    _git("worktree", "add", "--detach", "--force", str(place), commit)
    yield place
    _git("worktree", "remove", "--force", str(place))


@pytest.mark.slow
def test_a_filled_house_of_the_release_before_is_brought_up_to_date(tree, folder):
    before = Before(folder / "data", tree)
    running = before.python("import huying; print(huying.__file__, huying.__version__)").split()
    assert running[0].startswith(str(tree)), running
    assert running[1] == BEFORE
    assert before.facts("migrate", limit=300)["applied"] > 0
    _with_server(before, FILL)
    sheet = folder / "calls.csv"
    rows = [f"{n},2026-10-01T09:{n % 60:02d}:00,垃圾桶满了没有人收第{n}处" for n in range(60)]
    sheet.write_text("\n".join(["id,time,words", *rows]), encoding="utf-8")
    assert before.facts("import", "reports", str(sheet), "--area", STREET)["created"] == 60
    assert before.facts("rehearse", "--cases", "60", "--area", STREET, limit=300)["mismatched"] == 0
    assert before.facts("verify", "--seal")["ok"] is True

    house = House(folder / "data")
    counted = _with_server(before, COUNT)
    assert counted["cases_case"] >= 90
    assert house.run("serve", "--port", "1").returncode == 2, "the present code does not serve old tables"
    assert house.facts("migrate", limit=600)["applied"] > 0
    assert house.facts("migrate")["applied"] == 0

    after = _with_server(house, COUNT)
    kept = {name: count for name, count in counted.items() if name not in FOLDED}
    shrunk = {name: (count, after.get(name)) for name, count in kept.items() if after.get(name, -1) < count}
    assert shrunk == {}
    found = house.facts("verify", "--seal", limit=300)
    assert (found["ok"], found["broken"]) == (True, [])
    assert found["sealed"] >= counted["audit_sealed"] > after["audit_sealed"] > 0
    looked = _with_server(house, LOOK)
    assert looked["mismatched"] == 0
    assert looked["cases"] == counted["cases_case"]
    assert {address: status for address, status in looked["answers"].items() if status not in (200, 302)} == {}
    assert house.facts("check")["ok"] is True


def _with_server(house, code):
    """What a piece of code prints, run with the embedded server up."""
    held = (
        "import os; from pathlib import Path; from huying.config.postgres import Server\n"
        f"with Server(Path(os.environ['HUYING_DATA'])):\n    exec({code!r})\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", held],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env={
            **house.environment(),
            "HUYING_DATA": str(house.data),
            "HUYING_HOSTS": "testserver,127.0.0.1",
            "DJANGO_SETTINGS_MODULE": "huying.config.settings",
        },
        cwd=os.path.expanduser("~"),
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.strip().splitlines()[-1])


def test_the_newest_version_in_the_changelog_is_the_packages_own():
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)
    versions = [one.split(" ")[0] for one in headings if one != "Unreleased"]
    assert headings[0] == "Unreleased" or headings[0].startswith(__version__)
    assert versions[0] == __version__
