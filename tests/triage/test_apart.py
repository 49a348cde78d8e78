"""A child that ends: what it answers, what comes of one that fails or lingers, and hot issues found in one."""

import subprocess

import pytest

from huying.kernel.refusals import Unavailable
from huying.triage import apart
from huying.triage.hot import issues
from huying.triage.hot_child import found_apart
from tests.triage.test_hot import TODAY, voices_of
from tests.triage.test_same import town

COUNTS = "import sys; print(sum(len(line) for line in sys.stdin))"
FAILS = "import sys; sys.exit('trouble')"
LINGERS = "import time; time.sleep(60)"


@pytest.fixture
def child(tmp_path, monkeypatch):
    """A module that the child runs in place of ours."""

    def write(words: str) -> str:
        (tmp_path / "played_child.py").write_text(words, encoding="utf-8")
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        return "played_child"

    return write


def test_lines_go_over_as_they_are_made_and_the_answer_comes_back(child):
    made = []

    def lines():
        for number in range(3000):
            made.append(number)
            yield "电" * 99

    assert apart.ask(child(COUNTS), lines(), seconds=60) == "300000\n"
    assert len(made) == 3000


def test_a_child_that_fails_is_told_of_with_what_it_said(child):
    with pytest.raises(subprocess.CalledProcessError) as why:
        apart.ask(child(FAILS), ("x" * 999 for _ in range(9999)), seconds=60)
    assert "trouble" in why.value.stderr


def test_a_child_that_lingers_is_ended(child):
    with pytest.raises(subprocess.TimeoutExpired):
        apart.ask(child(LINGERS), [], seconds=0.3)


def test_what_goes_wrong_here_ends_the_child_too(child, monkeypatch):
    started = []
    run = subprocess.Popen.__init__
    monkeypatch.setattr(
        subprocess.Popen, "__init__", lambda self, *a, **k: (started.append(self), run(self, *a, **k))[1]
    )

    def lines():
        yield "x"
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        apart.ask(child(LINGERS), lines(), seconds=60)
    assert started[0].returncode is not None


def test_hot_issues_of_a_child_are_those_found_here_without_words():
    calls = town()[:60]
    voices = voices_of(calls)
    here = issues(calls, voices, today=TODAY, before={calls[0].id: "Hold"})
    there = found_apart(((call, voices[call.id]) for call in calls), today=TODAY, before={calls[0].id: "Hold"})
    assert [one.description for one in there] == [""] * len(here)
    assert there == [type(one)(**{name: getattr(one, name) for name in one.__slots__} | {"place": "", "description": ""})
                     for one in here]  # fmt: skip
    assert any(one.name == "Hold" for one in there)


@pytest.mark.parametrize(
    "why", [subprocess.TimeoutExpired("x", 1), subprocess.CalledProcessError(1, "x", stderr="trouble")],
    ids=["late", "failed"],
)  # fmt: skip
def test_hot_issues_of_a_child_that_fails_are_refused_in_words(monkeypatch, why):
    monkeypatch.setattr(apart, "ask", lambda *_a, **_k: (_ for _ in ()).throw(why))
    with pytest.raises(Unavailable, match="热点问题照旧"):
        found_apart([], today=TODAY)
