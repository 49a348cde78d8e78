"""What a process does without until it needs it: each library costs megabytes in every process that has loaded it."""

import os
import subprocess
import sys

import pytest

WORKER = "import django; django.setup(); import huying.cli.main, huying.cli.commands.worker, huying.cli.serving"
WEB = "from huying.cli.web import preload; preload()"
RARE = ("PIL", "xlsxwriter", "httpx", "fido2", "jwt", "sklearn", "scipy", "apprise", "rich")
PAGES = ("ninja", "huying.config.urls", "huying.cases.forms", "huying.cases.casefile")
ALL_USE = ("numpy", "shapely.geometry")
"""What every process that answers comes to use: loaded once, before they fork."""


def loaded_by(code, names, folder):
    """Which of these modules a fresh process has loaded after the code."""
    told = f"{code}\nimport sys; print(*[one for one in {names!r} if one in sys.modules])"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HUYING_", "DJANGO_"))}
    more = {"DJANGO_SETTINGS_MODULE": "huying.config.settings", "HUYING_DATA": str(folder)}
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True, env=kept | more)
    return tuple(done.stdout.split())


@pytest.mark.parametrize(
    ("code", "names", "loaded"),
    [(WORKER, (*RARE, *PAGES, *ALL_USE), ()), (WEB, (*RARE, *ALL_USE), ALL_USE)],
    ids=["worker", "web"],
)
def test_a_process_starts_with_what_all_of_its_kind_use_and_no_more(code, names, loaded, tmp_path):
    assert loaded_by(code, names, tmp_path) == loaded
