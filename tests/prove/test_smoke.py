"""Every prover: its smoke form is green; with something real broken it is red."""

import json
import os
import subprocess
import sys

import pytest

from prove.__main__ import PROVERS, load
from tests.settings import ROOT

OWN_SERVER = ("HUYING_DATABASE_URL", "HUYING_DATABASE_OWNER_URL", "TESTS_GIVEN")
"""Told to the tests and not to this prover, which kills its server."""


def run(*arguments):
    """A prover as people run it: a process of its own, one line of JSON at the end."""
    env = {name: value for name, value in os.environ.items() if name not in OWN_SERVER or arguments[0] != "migrate"}
    ended = subprocess.run(
        [sys.executable, "-m", "prove", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=280, check=False,
        env=env,
    )  # fmt: skip
    assert ended.stdout.strip(), ended.stderr[-3000:]
    return ended.returncode, json.loads(ended.stdout.strip().splitlines()[-1]), ended.stderr[-3000:]


QUICK = {"tamper"}  # the others start servers, or walk every door and act: eight seconds to a minute


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in QUICK else [pytest.mark.slow]) for name in sorted(PROVERS)]
)
def test_the_smoke_form_is_green(name):
    code, line, said = run(name)
    assert (code, line["finds"], line["missed"]) == (0, 0, []), (line, said)
    assert line["n"] >= line["target_n"] > 0


@pytest.mark.slow
@pytest.mark.parametrize(("name", "sabotage"), [(n, s.name) for n in sorted(PROVERS) for s in load(n).sabotages])
def test_with_something_broken_it_is_red(name, sabotage):
    code, line, said = run(name, "--sabotage", sabotage)
    assert code == 1, (line, said)
    assert line["finds"] or line["missed"]


def test_every_prover_can_be_sabotaged():
    assert all(load(name).sabotages for name in PROVERS)
