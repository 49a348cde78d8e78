"""A rehearsal in two lanes: two processes that play side by side and leave one record."""

import multiprocessing
import os
import signal
from collections import Counter
from datetime import timedelta
from time import monotonic, sleep

import pytest
from django.db import OperationalError, connection, connections

from huying.cases.models import Case
from huying.cli.commands import rehearse
from huying.cli.contract import CommandRefused, Terminal
from huying.cli.play.season import lanes
from huying.cli.play.season.marks import broken_off
from huying.cli.play.season.playing import Playing
from tests.cli.rehearsing import CALLS, options, take_in_calls
from tests.world import NOW, STREET

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def calls(tmp_path, monkeypatch):
    take_in_calls(tmp_path, monkeypatch)


def waiting():
    return Case.objects.filter(state="received", imported=True).count()


@pytest.mark.usefixtures("calls")
class TestTwoLanes:
    def test_each_call_is_played_once_and_the_record_agrees(self):
        outcome = rehearse.run(options(lanes=2), Terminal())
        facts = outcome.facts
        assert (outcome.code, facts["cases"], facts["mismatched"]) == (0, CALLS, 0)
        assert facts["ended"] >= CALLS + facts["more"] - 3
        assert {name for name, count in facts["beside"].items() if not count} == set()
        assert (waiting(), broken_off(STREET)) == (0, None)

    def test_one_that_was_killed_goes_on_in_the_lanes_it_began_with(self, monkeypatch):
        pid = os.getpid()
        play = Playing._next

        def broken(self, number, asked):
            if number == 23 and os.getpid() != pid:
                os.kill(os.getpid(), signal.SIGKILL)
            play(self, number, asked)

        monkeypatch.setattr(Playing, "_next", broken)
        with pytest.raises(CommandRefused, match="--resume"):
            rehearse.run(options(lanes=2), Terminal())
        stood = broken_off(STREET)
        assert [one.played for one in stood.lanes][1] == 11
        assert waiting()
        monkeypatch.undo()
        monkeypatch.setattr("django.utils.timezone.now", lambda: NOW + timedelta(days=9))
        facts = rehearse.run(options(seed=7, cases=3, lanes=5, resume=True), Terminal()).facts
        assert (facts["cases"], facts["mismatched"], waiting()) == (CALLS, 0, 0)

    def test_a_call_in_the_way_of_another_is_played_again(self, monkeypatch):
        play, broke = Playing._next, Counter()

        def in_the_way(self, number, asked):
            play(self, number, asked)
            if number % 7 == 3 and broke[number] < 2:
                broke[number] += 1
                refuse_as_deadlock()

        monkeypatch.setattr(Playing, "_next", in_the_way)
        facts = rehearse.run(options(), Terminal()).facts
        assert broke == dict.fromkeys(range(3, CALLS, 7), 2)
        assert (facts["cases"], facts["mismatched"], waiting()) == (CALLS, 0, 0)
        assert sum(facts["beside"].values()) > 0

    def test_what_no_other_lane_caused_is_not_tried_again(self, monkeypatch):
        tried = []

        def away(self, number, asked):
            tried.append(number)
            raise OperationalError("the connection is lost")

        monkeypatch.setattr(Playing, "_next", away)
        with pytest.raises(OperationalError):
            rehearse.run(options(), Terminal())
        assert tried == [0]
        assert waiting() == CALLS


def refuse_as_deadlock():
    with connection.cursor() as cursor:
        cursor.execute("DO $$ BEGIN RAISE EXCEPTION 'deadlock' USING ERRCODE = 'deadlock_detected'; END $$")


class TestLanes:
    def test_lanes_whose_parent_was_killed_stop_after_their_present_call(self, tmp_path):
        """Nobody may play the same street until they have."""

        def play(lane, told):
            for step in range(1000):
                (tmp_path / f"{lane}-{step}").touch()
                sleep(0.05)
                told(1)

        parent = multiprocessing.get_context("fork").Process(
            target=lanes.in_lanes, args=(2, STREET, play, lambda _steps: None)
        )
        connections.close_all()
        parent.start()
        until(lambda: {"0-2", "1-2"} <= set(os.listdir(tmp_path)))
        os.kill(parent.pid, signal.SIGKILL)
        parent.join()
        with lanes.held(STREET):
            stood = sorted(os.listdir(tmp_path))
            sleep(0.3)
            assert sorted(os.listdir(tmp_path)) == stood
        assert len(stood) < 1000

    def test_they_are_ended_with_whoever_plays_them(self, tmp_path):
        def play(lane, _told):
            (tmp_path / str(lane)).write_text(str(os.getpid()))
            sleep(60)

        def told(_steps):
            if len(os.listdir(tmp_path)) == 2:
                raise KeyboardInterrupt

        began = monotonic()
        with pytest.raises(KeyboardInterrupt):
            lanes.in_lanes(2, STREET, play, told)
        assert monotonic() - began < 30
        for lane in "01":
            with pytest.raises(ProcessLookupError):
                os.kill(int((tmp_path / lane).read_text()), 0)

    def test_how_far_they_are_is_told(self):
        seen = []

        def play(lane, told):
            for _call in range(5 + lane):
                told(1)

        assert lanes.in_lanes(2, STREET, play, seen.append)
        assert sum(seen) == 11


def until(what, seconds=20):
    end = monotonic() + seconds
    while not what():
        assert monotonic() < end
        sleep(0.02)


@pytest.mark.parametrize("lanes", [0, 17])
def test_no_lanes_or_too_many_are_refused(lanes):
    with pytest.raises(CommandRefused, match="--lanes"):
        rehearse.run(options(lanes=lanes), Terminal())
