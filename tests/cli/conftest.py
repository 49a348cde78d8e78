"""A data folder of its own for the commands, which run as processes of their own, as people run them."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from prove.server import copied
from tests.settings import ROOT

SESSIONS = """
import django; django.setup()
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from huying.people.models import Account
for account in Account.objects.order_by("username"):
    session = SessionStore()
    session[SESSION_KEY] = str(account.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = account.get_session_auth_hash()
    session.create()
    print(session.session_key)
"""


# As `createadmin` makes them, in one process for all.
MORE_ADMINS = """
import os
from pathlib import Path
from huying.config.postgres import Server
with Server(Path(os.environ["HUYING_DATA"])):
    import django; django.setup()
    from django.utils import timezone
    from huying.kernel.actor import system
    from huying.people.actions import create_account, grant_role
    actor, now, area = system("createadmin"), timezone.now(), "990101001"
    for number in range(2, 7):
        account = create_account(
            username=f"admin{number}", name=f"admin{number}", area_code=area, password="a-long-password-2026",
            must_change_password=False, actor=actor, now=now,
        )
        grant_role(account_id=account.pk, role_code="system_admin", area_code=area, actor=actor, now=now)
"""


class House:
    """A data folder and the commands run on it."""

    def __init__(self, data):
        self.data = data

    def environment(self, **more):
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("HUYING_", "DJANGO_"))}
        # The suite may run on a given server; these tests are about the embedded one.
        path = os.pathsep.join([str(ROOT / "src"), str(ROOT / "tests" / "children")])
        return {**kept, "PYTHONPATH": path, "LC_ALL": "zh_CN.UTF-8", "PYTHONIOENCODING": "utf-8", **more}

    def command(self, *arguments):
        return [sys.executable, "-m", "huying.cli.main", *arguments, "--data", str(self.data)]

    def run(self, *arguments, given=None, limit=120, **environment):
        return subprocess.run(
            self.command(*arguments),
            input=given,
            capture_output=True,
            text=True,
            env=self.environment(**environment),
            timeout=limit,
            check=False,
        )

    def facts(self, *arguments, **options):
        done = self.run(*arguments, "--json", **options)
        assert done.stdout.strip(), done.stderr
        return json.loads(done.stdout.strip().splitlines()[-1])

    def start(self, *arguments, **environment):
        return subprocess.Popen(
            self.command(*arguments),
            env=self.environment(**environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def python(self, code):
        return subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
            env=self.environment(HUYING_DATA=str(self.data), DJANGO_SETTINGS_MODULE="huying.config.settings"),
        ).stdout


@pytest.fixture
def folder():
    """An empty folder that the database's user can walk through, also where the tests run as root."""
    with tempfile.TemporaryDirectory(prefix="huying-test-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


@contextlib.contextmanager
def _built(make):
    """A folder that the database's user can walk through, with a house in it."""
    with tempfile.TemporaryDirectory(prefix="huying-house-") as name:
        Path(name).chmod(0o711)
        one = House(Path(name) / "data")
        make(one)
        yield one


@pytest.fixture(scope="session")
def migrated():
    """`migrated()`: a house of one's own, as `huying migrate` leaves it; migrated once a process, then copied."""

    def migrate(one):
        assert one.facts("migrate")["applied"] > 0

    with _built(migrate) as first:
        yield lambda: _built(lambda one: copied(first.data, one.data))


@pytest.fixture(scope="session")
def house(migrated):
    """Migrated, with six administrators of 示范街道; the server runs only while a command does."""
    with migrated() as one:
        arguments = ("--username", "admin1", "--area", "990101001", "--password-file", "-")
        done = one.run("createadmin", *arguments, given="a-long-password-2026\n")
        assert done.returncode == 0, done.stderr
        one.python(MORE_ADMINS)
        yield one
