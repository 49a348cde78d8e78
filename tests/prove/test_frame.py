"""The frame of the provers: what is kept, resumed, replayed and held to goals."""

import json

import pytest

from prove import frame
from prove.frame import Goal, Prover, Run, Sabotage, is_red, prove


class Dice(Prover):
    name, what, item = "dice", "Throws dice.", "throws"
    smoke, full, per_step = 20, 100, 10
    sabotages = (Sabotage("loaded", "every die shows seven"),)
    goals = {"highest": Goal("<=", 6)}

    def __init__(self):
        self.seen = {}
        self.closed = 0

    def do(self, run, rng, items):
        self.seen[run.step] = [rng.randint(1, 6) if not run.broken("loaded") else 7 for _ in range(items)]
        for value in self.seen[run.step]:
            run.done()
            run.most("highest", value)
            if value > 6:
                run.find("no die has this side", side=value)

    def close(self, run):
        self.closed += 1


@pytest.fixture(autouse=True)
def results(tmp_path, monkeypatch):
    monkeypatch.setattr(frame, "RESULTS", tmp_path)
    monkeypatch.setattr(frame, "WORK", tmp_path / "work")
    return tmp_path


def test_a_smoke_form_is_green_and_keeps_nothing(results):
    line = prove(Dice(), form="smoke")
    assert (line["n"], line["target_n"], line["finds"], line["reached"]) == (20, 20, 0, True)
    assert not is_red(line)
    assert not list(results.glob("*.json"))


def test_a_sabotaged_one_is_red_names_its_steps_and_is_kept_when_asked(results):
    line = prove(Dice(), form="smoke", sabotage="loaded", record=True)
    assert is_red(line)
    assert (line["finds"], line["missed"], line["reached"]) == (20, ["highest <= 6"], False)
    assert line["first_finds"][10] == {"step": 1, "words": "no die has this side", "side": 7}
    assert json.loads((results / "dice.json").read_text())["sabotage"]["loaded"]["finds"] == 20


def test_a_sabotage_that_is_not_known_is_refused():
    with pytest.raises(SystemExit, match="it knows: loaded"):
        prove(Dice(), form="smoke", sabotage="greased")


def test_a_stopped_full_form_goes_on_where_it_stopped_and_sees_what_a_whole_one_sees():
    stopped, resumed, whole = Dice(), Dice(), Dice()
    first = prove(stopped, form="full", minutes=0)
    second = prove(resumed, form="full")
    prove(whole, form="full", fresh=True)
    assert (first["n"], first["reached"]) == (10, False)
    assert not is_red(first)
    assert (second["n"], second["reached"]) == (100, True)
    assert stopped.seen | resumed.seen == whole.seen
    assert not set(stopped.seen) & set(resumed.seen)


def test_one_step_alone_is_the_same_as_in_the_whole_run(results):
    whole, alone = Dice(), Dice()
    prove(whole, form="smoke")
    prove(alone, form="smoke", only=1)
    assert alone.seen == {1: whole.seen[1]}


def test_another_seed_or_number_does_not_resume():
    prove(Dice(), form="full", minutes=0)
    assert prove(Dice(), form="full", seed=5, minutes=0)["n"] == 10
    assert prove(Dice(), form="full", seed=5, target=30)["n"] == 30


def test_what_was_opened_is_closed_when_a_step_breaks():
    dice = Dice()
    dice.do = lambda run, rng, items: 1 / 0
    with pytest.raises(ZeroDivisionError):
        prove(dice, form="smoke")
    assert dice.closed == 1


def test_what_was_done_whole_before_is_neither_opened_nor_closed():
    prove(Dice(), form="full")
    again = Dice()
    assert prove(again, form="full")["reached"]
    assert (again.seen, again.closed) == ({}, 0)


def test_a_missing_figure_misses_its_goal_and_samples_become_percentiles():
    run = Run(1, 1, "smoke")
    for value in range(1, 1001):
        run.sample("wait", value / 1000)
    figures = run.figures()
    assert figures["wait_p50"] == pytest.approx(0.5, rel=0.02)
    assert figures["wait_p99"] == pytest.approx(0.99, rel=0.02)
    assert figures["wait_max"] == 1.0
    assert not Goal("<=", 1).reached(figures.get("never"))
