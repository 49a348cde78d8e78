"""The commands as people type them: results, refusals, exit codes, the last line."""

import json
import stat
from argparse import Namespace
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from types import SimpleNamespace
from typing import ClassVar

import pytest
from django.utils import translation

from huying.cli.commands import import_, worker
from huying.cli.contract import CommandRefused, Terminal
from huying.cli.main import COMMANDS, _language
from tests.cli.conftest import House


class TestHelp:
    def test_it_names_every_command_that_is_there(self, house):
        done = house.run("--help")
        assert done.returncode == 0
        for name in ("serve", "worker", "migrate", "createadmin", "verify", "check"):
            assert name in done.stdout

    @pytest.mark.parametrize("name", ["serve", "createadmin", "verify"])
    def test_every_command_has_its_own(self, house, name):
        done = house.run(name, "--help")
        assert done.returncode == 0
        assert "--data" in done.stdout
        assert "--json" in done.stdout

    def test_help_makes_no_folder(self, house, tmp_path):
        house.run("check", "--help", HUYING_DATA=str(tmp_path / "none"))
        assert not (tmp_path / "none").exists()


class TestRefusals:
    def test_an_unknown_command_is_refused(self, house):
        done = house.run("nonsense")
        assert done.returncode == 2
        assert "nonsense" in done.stderr

    def test_a_bad_setting_stops_the_start_and_is_named(self, house):
        done = house.run("check", HUYING_PORT="eight")
        assert done.returncode == 2
        assert "HUYING_PORT" in done.stderr
        assert "Traceback" not in done.stderr

    def test_a_server_that_does_not_answer_is_said_in_one_line(self, house):
        done = house.run("check", HUYING_DATABASE_URL="postgresql://x@127.0.0.1:1/none")
        assert done.returncode == 2
        assert "the database does not answer" in done.stderr
        assert "Traceback" not in done.stderr

    def test_serve_says_that_tables_are_missing(self, folder):
        done = House(folder / "data").run("serve")
        assert done.returncode == 2
        assert "huying migrate" in done.stderr


class TestMigrate:
    def test_a_second_time_there_is_nothing_to_do(self, house):
        assert house.facts("migrate") == {"applied": 0}


class TestCheck:
    def test_a_fresh_house_is_in_order(self, house):
        facts = house.facts("check")
        assert facts["bad"] == []
        assert facts["ok"] is True
        assert "18" in facts["postgresql"]

    def test_a_key_that_others_can_read_is_found(self, house):
        key = house.data / "secret_key"
        key.chmod(0o644)
        try:
            done = house.run("check", "--json")
        finally:
            key.chmod(0o600)
        assert done.returncode == 1
        assert json.loads(done.stdout.splitlines()[-1])["bad"] == ["secret_key"]


class TestCreateAdmin:
    def test_a_taken_name_is_refused(self, house):
        arguments = ("createadmin", "--username", "admin1", "--area", "990101001", "--password-file", "-")
        done = house.run(*arguments, given="a-long-password-2026\n")
        assert done.returncode == 2
        assert "Traceback" not in done.stderr

    def test_a_short_password_is_refused(self, house):
        arguments = ("createadmin", "--username", "admin9", "--area", "990101001", "--password-file", "-")
        assert house.run(*arguments, given="short\n").returncode == 2

    def test_without_a_terminal_a_password_is_not_asked_for(self, house):
        done = house.run("createadmin", "--username", "admin9", "--area", "990101001", given="")
        assert done.returncode == 2
        assert "--password-file" in done.stderr


def test_verify_finds_nothing_wrong_with_what_the_commands_wrote(house):
    facts = house.facts("verify", "--seal")
    assert facts["ok"] is True
    assert facts["broken"] == []
    assert facts["sealed"] > 0


def test_the_worker_writes_in_the_source_language_whatever_the_terminal_speaks(monkeypatch):
    class Jobs:
        connector = SimpleNamespace(get_worker_connector=lambda: None)
        told: ClassVar = []
        replace_connector = staticmethod(nullcontext)
        open_async = staticmethod(nullcontext)

        @classmethod
        async def run_worker_async(cls, **_given):
            cls.told.append(translation.get_language())

    monkeypatch.setattr("procrastinate.contrib.django.app", Jobs)
    monkeypatch.setattr("huying.cli.supervise.watch_parent", lambda: None)
    monkeypatch.setattr("huying.cli.serving.refuse_weak", lambda *_given, **_more: None)

    def run():
        with translation.override("en"):
            worker.run(Namespace(once=True), Terminal(json_line=True))

    # In a thread of its own: a browser of an earlier test may have left a loop running in this one.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(run).result()
    assert Jobs.told == ["zh-hans"]


def test_the_worker_does_what_is_queued_and_stops(house):
    assert house.run("worker", "--once").returncode == 0


@pytest.mark.parametrize(
    ("named", "language"),
    [("zh_CN.UTF-8", "zh-hans"), ("zh_TW.UTF-8", "zh-hant"), ("en_US.UTF-8", "en"), ("C", "en"), ("", "en")],
)
def test_it_speaks_the_language_of_the_terminal(monkeypatch, named, language):
    monkeypatch.setenv("LC_ALL", "")
    monkeypatch.setenv("LC_MESSAGES", "")
    monkeypatch.setenv("LANG", named)
    assert _language() == language


def test_import_is_a_word_of_python_so_its_module_is_named_otherwise():
    assert COMMANDS["import"] == "import_"


@pytest.mark.django_db
def test_rows_that_were_not_taken_lie_where_nobody_else_looks(tmp_path, settings):
    settings.DATA = tmp_path
    options = Namespace(what="reports", map=None, rejects=None, file=tmp_path / "none.csv", preset="generic", area="")
    with pytest.raises(CommandRefused):
        import_.run(options, Terminal())
    assert stat.S_IMODE((tmp_path / "imports").stat().st_mode) == 0o700
