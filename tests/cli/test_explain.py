"""`huying explain`: the same reasons as on the page, for a terminal and for a program."""

from argparse import ArgumentParser
from datetime import datetime, timedelta

import pytest

from huying.cases import actions as a
from huying.cli.commands.explain import COMMAND
from huying.cli.contract import CommandRefused, Terminal
from huying.places.rules import SHANGHAI
from tests.world import NOW, build_world

pytestmark = pytest.mark.django_db


def run(*given, json_line=False):
    parser = ArgumentParser()
    COMMAND.arguments(parser)
    return COMMAND.run(parser.parse_args(given), Terminal(json_line=json_line))


@pytest.fixture
def world(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW + timedelta(minutes=30))
    return build_world()


@pytest.fixture
def case(world):
    case = world.call().case
    a.register_file_dispatch(
        case.pk, lead_id=world.units["sanitation"].pk, type_code="0901", actor=world.dispatcher, now=NOW
    )
    return case


def test_every_clock_tells_start_limit_source_and_lights(case, capsys):
    outcome = run(case.number)
    told = capsys.readouterr().out
    for words in ("签收 · 街道环卫站", "起点  今天 09:00 起算", "依据", "亮灯", "走表"):
        assert words in told
    steps = [one["step"] for one in outcome.facts["clocks"]]
    assert {"intake", "sign_in", "handle"} <= set(steps)


def test_one_step_alone_and_as_a_program_reads_it(case, capsys):
    outcome = run(case.number.lower(), "--clock", "sign_in", json_line=True)
    (clock,) = outcome.facts["clocks"]
    assert (clock["step"], clock["limit"], clock["light"]) == ("sign_in", "2wh", "green")
    assert clock["stretches"][0]["kind"] == "running"
    assert {"起点", "规则", "依据", "到期", "亮灯"} <= {one["term"] for one in clock["explain"]}
    assert capsys.readouterr().out == ""


def test_a_number_that_is_none_is_refused():
    with pytest.raises(CommandRefused):
        run("20261020-001-9999K")


def test_stages_have_their_names_and_their_own_clocks(world, capsys):
    case = world.call().case
    a.register_file_dispatch(
        case.pk, lead_id=world.units["sanitation"].pk, type_code="0301", actor=world.dispatcher, now=NOW
    )
    outcome = run(case.number, "--clock", "stage_2")
    assert [(one["step"], one["limit"]) for one in outcome.facts["clocks"]] == [("stage_2", "7wd")]
    assert capsys.readouterr().out.startswith("处罚\n")


def test_over_a_holiday_it_names_the_days_off_and_the_weekend_day_that_is_worked(world, monkeypatch, capsys):
    """National Day 2026: off from 1 to 7 October, and Saturday the 10th is worked."""
    before = datetime(2026, 9, 30, 10, tzinfo=SHANGHAI)
    monkeypatch.setattr("django.utils.timezone.now", lambda: datetime(2026, 10, 12, 9, tzinfo=SHANGHAI))
    case = world.call(now=before).case
    a.register_file_dispatch(
        case.pk, lead_id=world.units["sanitation"].pk, type_code="0301", actor=world.dispatcher, now=before
    )
    (clock,) = run(case.number, "--clock", "stage_2").facts["clocks"]
    told = capsys.readouterr().out
    for line in (
        "处罚",
        "  节假日  10月1日–10月7日 国庆节放假，不算；10月10日 调休上班，照算",
        "  到期  10月15日 10:00",
    ):
        assert line in told.splitlines(), told
    # Counted by hand: seven working days after 30 September are 8, 9, 10, 12, 13, 14 and 15 October.
    assert clock["due_at"] == datetime(2026, 10, 15, 10, tzinfo=SHANGHAI)


def test_a_supervision_has_its_name_too(world, case, capsys):
    a.supervise_case(case.pk, what="盯紧。", limit="1wd", actor=world.leader, now=NOW + timedelta(minutes=5))
    run(case.number, "--clock", "supervise")
    assert capsys.readouterr().out.startswith("督办\n")
