"""Production refuses to start with what would be unsafe, names each setting, and never shows a secret."""

import dataclasses
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from django.conf import settings

from huying.config import env as reading
from huying.config.production import WEAKNESSES, Start, demo_for_others, is_production, weaknesses
from tests.settings import ROOT

STRONG = "kT7-pQ2xV9_mZ4bL8wR1nC6yH3dF5sJ0gA"


@pytest.fixture
def safe(tmp_path):
    """A street that is served behind a proxy, with nothing to complain of."""
    return dataclasses.replace(
        settings.ENV, data=tmp_path, production="auto", bind="127.0.0.1", hosts=("huying.example",), https=True,
        proxies=1, demo=False, codes="off", log_level="INFO", secret_key=STRONG, metrics_token="",
        master_key_file=tmp_path / "master.key",
    )  # fmt: skip


def found(env, *, bind=None, demo=False, debug=False):
    return [one.split(":")[0] for one in weaknesses(Start(env, bind or env.bind, demo, debug))]


def readable(path):
    path.write_text("k")
    path.chmod(0o644)
    return path


# A row for each weakness: the setting, and what makes it so.
CASES = {
    "HUYING_DEMO": lambda env: found(env, demo=True),
    "DEBUG": lambda env: found(env, debug=True),
    "HUYING_CODES": lambda env: found(dataclasses.replace(env, codes="console")),
    "HUYING_LOG_LEVEL": lambda env: found(dataclasses.replace(env, log_level="DEBUG")),
    "HUYING_HTTPS": lambda env: found(dataclasses.replace(env, https=False)),
    "HUYING_HOSTS": lambda env: found(dataclasses.replace(env, hosts=("*",))),
    "HUYING_SECRET_KEY": lambda env: found(dataclasses.replace(env, secret_key="a" * 40)),
    "HUYING_METRICS_TOKEN": lambda env: found(dataclasses.replace(env, metrics_token="changeme" * 5)),
    "secret_key": lambda env: found(env) if readable(env.key_file) else None,
    "HUYING_MASTER_KEY_FILE": lambda env: found(env) if readable(env.master_key_file) else None,
}


def test_a_safe_street_may_start(safe):
    assert found(safe) == []


def test_every_weakness_has_a_case():
    assert [one.setting for one in WEAKNESSES] == list(CASES)


@pytest.mark.parametrize("setting", CASES)
def test_each_weakness_is_named_alone(safe, setting):
    assert CASES[setting](safe) == [setting]


def test_all_are_named_at_once(safe):
    worst = dataclasses.replace(safe, https=False, hosts=("*",), codes="console", log_level="DEBUG")
    assert found(worst, demo=True) == [
        "HUYING_DEMO",
        "HUYING_CODES",
        "HUYING_LOG_LEVEL",
        "HUYING_HTTPS",
        "HUYING_HOSTS",
    ]


def test_a_secret_is_never_shown(safe):
    start = Start(dataclasses.replace(safe, secret_key="hunter2" * 6), "127.0.0.1", False, False)
    assert "hunter2" not in " ".join(weaknesses(start))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, False),
        ({"bind": "0.0.0.0"}, True),
        ({"hosts": ("huying.example", "127.0.0.1")}, True),
        ({"https": True}, True),
        ({"proxies": 1}, True),
        ({"production": "1"}, True),
        ({"production": "0", "bind": "0.0.0.0", "https": True}, False),
    ],
)
def test_who_serves_others_is_production(safe, change, expected):
    here = {"hosts": ("127.0.0.1", "localhost", "[::1]"), "https": False, "proxies": 0}
    assert is_production(dataclasses.replace(safe, **{**here, **change})) is expected


@pytest.mark.parametrize("production", ["auto", "1", "0"])
def test_a_demo_is_never_for_others(safe, production):
    env = dataclasses.replace(safe, production=production)
    assert demo_for_others(Start(env, "0.0.0.0", demo=True, debug=False))
    assert not demo_for_others(Start(env, "127.0.0.1", demo=True, debug=False))


def test_the_key_made_at_the_first_start_is_strong(tmp_path, safe):
    reading.prepare(tmp_path)
    made = reading.read({"HUYING_DATA": str(tmp_path)}).secret_key
    assert found(dataclasses.replace(safe, secret_key=made)) == []
    assert len(made) >= 64


@pytest.mark.slow
def test_the_commands_refuse_name_it_and_print_no_secret():
    with tempfile.TemporaryDirectory(prefix="huying-test-") as name:
        Path(name).chmod(0o711)
        data = Path(name) / "data"
        said = {}
        for command in (["migrate"], ["serve", "--port", "1"], ["worker", "--once"]):
            done = subprocess.run(
                [sys.executable, "-m", "huying.cli.main", *command, "--data", str(data)],
                env={
                    "PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT / "src"), "LC_ALL": "zh_CN.UTF-8",
                    "HUYING_HOSTS": "huying.example", "HUYING_CODES": "console",
                },
                capture_output=True, text=True, timeout=120, check=False,
            )  # fmt: skip
            said[command[0]] = (done.returncode, done.stdout + done.stderr)
        keys = [file.read_text().strip() for file in (data / "secret_key", data / "master.key") if file.exists()]
    assert said["migrate"][0] == 0
    for command in ("serve", "worker"):
        code, words = said[command]
        assert code == 2
        assert "HUYING_HTTPS" in words
        assert "HUYING_CODES" in words
    assert keys
    assert not any(key in words for key in keys for _code, words in said.values())
