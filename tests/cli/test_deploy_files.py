"""The files of `deploy/` name things that exist; they cannot be run here, so they are read."""

import configparser
import importlib.util
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from huying.cli.main import COMMANDS, _parser
from huying.config import env

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service")) + sorted((DEPLOY / "systemd").glob("*.timer"))
CONTAINER = (DEPLOY / "container" / "Containerfile").read_text(encoding="utf-8")
NAMES = {row.name for row in env.TABLE} | {f"{row.name}_FILE" for row in env.TABLE if row.secret}
INSTRUCTIONS = {
    "FROM", "ENV", "WORKDIR", "RUN", "COPY", "USER", "VOLUME", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK", "ENTRYPOINT", "CMD",
}  # fmt: skip


class _Unit(configparser.RawConfigParser):
    def __init__(self):
        super().__init__(strict=False, interpolation=None)

    def optionxform(self, name):
        return name


def unit(path):
    parser = _Unit()
    parser.read_string(path.read_text(encoding="utf-8"))
    return parser


def instructions():
    """Each instruction of the container file with its words, continued lines joined."""
    joined = re.sub(r"\\\n", " ", "\n".join(line for line in CONTAINER.splitlines() if not line.startswith("#")))
    return [line.split(None, 1) for line in joined.splitlines() if line.strip()]


def settings_named():
    for path in DEPLOY.rglob("*"):
        if path.is_file() and path.suffix != ".pyc":
            for name in re.findall(r"\bHUYING_[A-Z_]+", path.read_text(encoding="utf-8")):
                yield path.name, name


class TestUnits:
    @pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
    def test_they_can_be_read_and_say_what_they_are(self, path):
        found = unit(path)
        assert found["Unit"]["Description"]
        assert set(found.sections()) <= {"Unit", "Service", "Timer", "Install"}

    @pytest.mark.parametrize("path", [one for one in UNITS if one.suffix == ".service"], ids=lambda path: path.name)
    def test_their_command_is_one_of_ours_with_options_that_exist(self, path):
        service = unit(path)["Service"]
        program, *words = shlex.split(service["ExecStart"])
        assert program == "/opt/huying/.venv/bin/huying"
        assert words[0] in COMMANDS
        _parser(words[0]).parse_args(words)

    @pytest.mark.parametrize("path", [one for one in UNITS if one.suffix == ".service"], ids=lambda path: path.name)
    def test_they_are_closed_up(self, path):
        service = unit(path)["Service"]
        for name, value in {
            "User": "huying", "NoNewPrivileges": "yes", "ProtectSystem": "strict", "ProtectHome": "yes",
            "PrivateTmp": "yes", "CapabilityBoundingSet": "", "UMask": "0077",
        }.items():  # fmt: skip
            assert service[name] == value, name

    def test_the_pages_tell_when_they_are_ready_and_that_they_live(self):
        service = unit(DEPLOY / "systemd" / "huying.service")["Service"]
        assert (service["Type"], int(service["WatchdogSec"]) >= 30) == ("notify", True)
        # Children get some seconds of their own (see cli.supervise).
        assert int(service["TimeoutStopSec"]) > 5

    @pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not here to read its own files")
    def test_systemd_itself_has_nothing_to_say(self, tmp_path):
        for path in UNITS:
            words = path.read_text(encoding="utf-8").replace("/opt/huying/.venv/bin/huying", "/bin/true")
            (tmp_path / path.name).write_text(words, encoding="utf-8")
        done = subprocess.run(
            ["systemd-analyze", "verify", *(str(tmp_path / path.name) for path in UNITS)],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert [line for line in done.stderr.splitlines() if "huying" in line] == []

    def test_the_timer_starts_a_service_that_is_there(self):
        assert (DEPLOY / "systemd" / "huying-backup.service").exists()
        assert unit(DEPLOY / "systemd" / "huying-backup.timer")["Timer"]["OnCalendar"]

    def test_what_may_be_written_is_made_by_tmpfiles_or_by_the_service(self):
        made = (DEPLOY / "systemd" / "huying.tmpfiles").read_text(encoding="utf-8")
        rows = [line.split() for line in made.splitlines() if line and not line.startswith("#")]
        assert all(len(row) == 6 and row[0] == "d" and row[2].startswith("0") for row in rows)
        folders = {row[1] for row in rows}
        written = unit(DEPLOY / "systemd" / "huying-backup.service")["Service"]["ReadWritePaths"]
        assert written in folders

    def test_the_example_settings_are_read_without_a_complaint(self, tmp_path):
        lines = (DEPLOY / "systemd" / "huying.env").read_text(encoding="utf-8").splitlines()
        given = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
        for name in list(given):
            if name.endswith("_FILE") and name != "HUYING_MASTER_KEY_FILE":
                secret = tmp_path / name
                secret.write_text("postgresql://o@/huying" if "URL" in name else "x" * 40, encoding="utf-8")
                given[name] = str(secret)
        found = env.read({**given, "HUYING_DATA": str(tmp_path)})
        assert (found.https, found.proxies) == (True, 1)
        assert not found.master_key_file.is_relative_to(Path("/var/lib/huying"))


class TestContainer:
    def test_every_instruction_is_known(self):
        assert {one[0] for one in instructions()} <= INSTRUCTIONS

    def test_files_it_copies_exist(self):
        for word, rest in instructions():
            if word == "COPY" and "--from" not in rest:
                *sources, _target = rest.split()
                for source in sources:
                    assert (ROOT / source).exists(), source

    def test_it_runs_as_nobody_special_from_two_stages(self):
        froms = [rest for word, rest in instructions() if word == "FROM"]
        users = [rest for word, rest in instructions() if word == "USER"]
        assert len(froms) == 2
        assert " AS build" in froms[0]
        assert users
        assert users[-1] not in ("root", "0")
        last = next(index for index, one in enumerate(instructions()) if one[0] == "USER")
        assert all(word not in ("RUN", "COPY") for word, _rest in instructions()[last:])

    def test_it_starts_a_command_of_ours_and_asks_whether_it_lives(self):
        words = dict(instructions())
        assert words["ENTRYPOINT"] == '["huying"]'
        assert words["CMD"].strip('[]"') in COMMANDS
        assert "/opt/huying/probe.py" in words["HEALTHCHECK"]

    def test_the_probe_says_no_where_nobody_answers(self, monkeypatch):
        spec = importlib.util.spec_from_file_location("probe", DEPLOY / "container" / "probe.py")
        probe = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(probe)
        monkeypatch.setenv("HUYING_PORT", "1")
        assert probe.main() == 1

    def test_the_root_is_read_only_and_nothing_is_gained(self):
        composed = (DEPLOY / "container" / "compose.yaml").read_text(encoding="utf-8")
        for words in ("read_only: true", "cap_drop: [ALL]", "no-new-privileges:true", '"127.0.0.1:8000:8000"'):
            assert words in composed


class TestProxies:
    @pytest.mark.parametrize("name", ["nginx.conf", "Caddyfile"])
    def test_braces_are_paired(self, name):
        words = re.sub(r"#.*", "", (DEPLOY / "proxy" / name).read_text(encoding="utf-8"))
        assert words.count("{") == words.count("}")

    def test_nginx_holds_back_no_stream_and_writes_the_caller_itself(self):
        words = (DEPLOY / "proxy" / "nginx.conf").read_text(encoding="utf-8")
        live = re.search(r"location /live/ \{(.*?)\}", words, re.S)[1]
        assert "proxy_buffering off" in live
        assert "X-Forwarded-For $remote_addr" in words
        assert "$proxy_add_x_forwarded_for" not in words
        assert re.search(r"location = /metrics \{ deny all; \}", words)
        # A log format belongs to the level above servers, and ours has no addresses in it.
        assert words.index("log_format") < words.index("server {")
        assert "$request " not in words
        assert "$request_uri'" not in words

    def test_caddy_does_the_same(self):
        words = (DEPLOY / "proxy" / "Caddyfile").read_text(encoding="utf-8")
        for said in ("flush_interval -1", "header_up X-Forwarded-For {remote_host}", "/metrics"):
            assert said in words


def test_every_setting_that_is_named_exists():
    assert [one for one in settings_named() if one[1] not in NAMES] == []
