"""Hot issues: the same groups in any order, names that stay, a heat that is what its page says; quality by marks."""

import csv
import json
from argparse import ArgumentParser
from datetime import timedelta
from pathlib import Path
from random import Random
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huying.cli.commands import triage_hot
from huying.cli.contract import CommandRefused, Terminal
from huying.triage.hot import (
    BAR,
    LINE,
    Corrections,
    Trend,
    Voice,
    concerned,
    corrected,
    heat,
    issues,
    joined,
    named,
    place_of,
    trend_of,
)
from huying.triage.masking import mask
from huying.triage.same import Call
from tests.triage.measuring_hot import groups_of, marks, measure
from tests.triage.test_same import DAY, town

TODAY = DAY + timedelta(days=30)


def voices_of(calls: list[Call]) -> dict[str, Voice]:
    return {call.id: Voice(frozenset([call.id])) for call in calls}


def test_calls_of_one_matter_at_one_place_are_one_issue_and_no_other():
    calls = town()
    found = issues(calls, voices_of(calls), today=TODAY)
    groups = {frozenset(one.calls) for one in found}
    for one in groups:
        assert len({id.rsplit("-", 1)[0] for id in one}) == 1
    assert len(groups) >= 60  # of 72


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_the_calls_makes_no_difference(seed):
    calls = town()
    mixed = Random(seed).sample(calls, len(calls))
    assert issues(calls, voices_of(calls), today=TODAY) == issues(mixed, voices_of(calls), today=TODAY)


def test_issues_keep_their_names_when_calls_come_and_old_ones_fall_out():
    calls = town()
    early = [call for call in calls if not call.id.endswith("-2")]
    first = issues(early, voices_of(calls), today=TODAY)
    before = {id: one.name for one in first for id in one.calls}
    later = [call for call in calls if not call.id.endswith("-0")]
    second = issues(later, voices_of(calls), today=TODAY, before=before)
    for one in second:
        known = {before[id] for id in one.calls if id in before}
        assert not known or one.name in known
    assert len({one.name for one in second}) == len(second)


@given(
    st.lists(st.sets(st.integers(0, 30), min_size=1), max_size=8),
    st.dictionaries(st.integers(0, 30), st.sampled_from(["Ha", "Hb", "Hc"])),
)
def test_names_are_different_and_an_unchanged_issue_keeps_its_own(sets, earlier):
    taken: set[int] = set()
    groups = []
    for one in sets:
        if left := sorted(one - taken):
            groups.append([f"{at:02}" for at in left])
            taken |= one
    before = {f"{at:02}": name for at, name in earlier.items()}
    names = named(groups, before)
    assert len(set(names)) == len(groups)
    again = named(groups, {one: name for name, group in zip(names, groups, strict=True) for one in group})
    assert again == names


@given(st.dictionaries(st.tuples(st.integers(0, 11), st.integers(0, 11)), st.floats(-6, 6), max_size=40))
def test_groups_share_nothing_and_no_pair_alone_below_the_bar_is_one(drawn):
    pairs = {(one, other): value for (one, other), value in drawn.items() if one < other}
    groups = joined(12, pairs)
    flat = [at for group in groups for at in group]
    assert len(flat) == len(set(flat))
    for group in groups:
        if len(group) == 2:
            assert pairs[tuple(group)] > BAR


def test_one_call_that_resembles_two_matters_does_not_pull_them_together():
    inside = {(0, 1): 4.0, (0, 2): 4.0, (1, 2): 4.0, (3, 4): 4.0, (3, 5): 4.0, (4, 5): 4.0}
    assert joined(6, inside | {(2, 3): 3.0}) == [[0, 1, 2], [3, 4, 5]]


IDS = [f"{at:02}" for at in range(24)]
NAMES = ["Ha", "Hb", "Hc", "Hd"]


@st.composite
def corrections(draw):
    """Groups, where calls were before, and what persons said of them."""
    homes = draw(st.dictionaries(st.sampled_from(IDS), st.integers(0, 6)))
    groups = [sorted(id for id, at in homes.items() if at == number) for number in range(7)]
    before = draw(st.dictionaries(st.sampled_from(IDS), st.sampled_from(NAMES)))
    kept = frozenset(draw(st.sets(st.sampled_from(NAMES))))
    apart = draw(st.dictionaries(st.sampled_from(IDS), st.frozensets(st.sampled_from(IDS), max_size=6)))
    apart = {id: others - {id} for id, others in apart.items()}
    return [group for group in groups if len(group) > 1], before, Corrections(kept, apart)


def in_pairs(ids):
    """Grouped again two by two: what is left over alone is in none."""
    ids = sorted(ids)
    return [ids[at : at + 2] for at in range(0, len(ids) - 1, 2)]


@given(corrections(), st.randoms())
def test_corrections_hold_whatever_the_grouping_and_the_order(drawn, random):
    groups, before, said = drawn
    found = corrected(groups, before, said, again=in_pairs)
    home = {id: at for at, group in enumerate(found) for id in group}
    assert len(home) == sum(map(len, found))
    assert all(len(group) > 1 for group in found)
    assert home.keys() <= {id for group in groups for id in group} | {id for id in before if before[id] in said.kept}
    for id, others in said.apart.items():
        assert all(id not in home or home.get(other) != home[id] for other in others)
    marked = {id for id, others in said.apart.items() if others}
    for name in said.kept:
        free = [id for id in before if before[id] == name and id not in marked]
        assert len(free) < 2 or len({home[id] for id in free}) == 1
    mixed = [random.sample(group, len(group)) for group in random.sample(groups, len(groups))]
    shuffled = dict(random.sample(list(before.items()), len(before)))
    assert corrected(mixed, shuffled, said, again=in_pairs) == found


@given(corrections())
def test_where_nobody_said_a_thing_the_grouping_stays(drawn):
    groups, before, _said = drawn
    assert corrected(groups, before, Corrections()) == sorted(groups)


def test_a_kept_issue_takes_new_calls_but_no_other_issue_along():
    groups = [["a1", "a2", "n1"], ["b1", "b2", "n2"], ["a3", "z1", "z2", "z3"], ["z4", "z5"]]
    before = {id: f"H{id[0]}" for group in groups for id in group if id[0] != "n"}
    before |= {"b1": "Ha", "b2": "Ha"}  # joined into Ha by hand
    found = corrected(groups, before, Corrections(frozenset(["Ha"])))
    assert found == [["a1", "a2", "a3", "b1", "b2", "n1", "n2"], ["z1", "z2", "z3"], ["z4", "z5"]]
    assert named(found, before)[0] == "Ha"


def test_calls_taken_out_of_one_issue_become_one_of_their_own_where_they_are_alike():
    calls = town()
    lift, light = [one.calls for one in issues(calls, voices_of(calls), today=TODAY) if len(one.calls) == 3][:2]
    taken, left = lift[0], set(lift[1:])
    said = Corrections(apart={taken: left})
    again = issues(calls, voices_of(calls), today=TODAY, before=dict.fromkeys(left, "Hlift"), said=said)
    assert {frozenset(one.calls) for one in again if taken in one.calls or left & set(one.calls)} == {frozenset(left)}
    mixed = Corrections(frozenset(["Hlift"]))
    both = issues(calls, voices_of(calls), today=TODAY, before=dict.fromkeys(lift + light, "Hlift"), said=mixed)
    assert {frozenset(one.calls) for one in both if one.name == "Hlift"} == {frozenset(lift + light)}
    said = Corrections(frozenset(["Hlift"]), {id: frozenset(lift) for id in light})
    parted = issues(calls, voices_of(calls), today=TODAY, before=dict.fromkeys(lift + light, "Hlift"), said=said)
    assert {frozenset(lift), frozenset(light)} <= {frozenset(one.calls) for one in parted}


def test_heat_is_what_its_page_says():
    assert heat(callers=12, support=30, opposition=5, weeks=4, quiet_days=45) == pytest.approx(31.2, abs=0.05)
    page = (Path(__file__).parents[2] / "docs/explanation/triage.md").read_text(encoding="utf-8")
    assert "31.2" in page


@given(st.integers(1, 50), st.integers(0, 50), st.integers(0, 50), st.integers(1, 20), st.integers(0, 400))
def test_heat_grows_with_voices_and_weeks_and_cools_with_silence(callers, support, opposition, weeks, quiet):
    base = heat(callers=callers, support=support, opposition=opposition, weeks=weeks, quiet_days=quiet)
    assert heat(callers=callers + 1, support=support, opposition=opposition, weeks=weeks, quiet_days=quiet) > base
    assert heat(callers=callers, support=support + 1, opposition=opposition, weeks=weeks, quiet_days=quiet) > base
    assert heat(callers=callers, support=support, opposition=opposition + 1, weeks=weeks, quiet_days=quiet) > base
    assert heat(callers=callers, support=support, opposition=opposition, weeks=weeks + 1, quiet_days=quiet) > base
    assert heat(callers=callers, support=support, opposition=opposition, weeks=weeks, quiet_days=quiet + 1) < base


def test_one_caller_who_calls_often_is_one_caller():
    calls = town()
    alone = issues(calls, dict.fromkeys(voices_of(calls), Voice(frozenset(["one"]))), today=TODAY)
    assert {one.callers for one in alone} == {1}


@pytest.mark.parametrize(
    ("ago", "trend"),
    [([1, 2, 40], Trend.RISING), ([1, 40], Trend.STEADY), ([1, 40, 45], Trend.FALLING), ([70, 90], Trend.QUIET)],
)
def test_the_trend_compares_two_months(ago, trend):
    assert trend_of([TODAY - timedelta(days=days) for days in ago], TODAY) == trend


def test_place_and_affected_group_are_what_most_calls_name():
    texts = ["A7县长岭花园小区业主说电梯坏了", "长岭花园小区的业主：A7县物业不修", "A7县长岭花园小区，业主等了三天"]
    assert place_of(texts) == "A7县长岭花园小区"
    assert concerned(texts) == "业主"
    assert (place_of(["路灯坏了", "电梯坏了"]), concerned(["路灯坏了", "电梯坏了"])) == ("", "")


def test_a_description_is_one_short_line_without_numbers_of_persons():
    words = mask("清莉花园夜里施工，找13800138000，住3栋502，已经说了很多很多遍" * 3)
    calls = town() + [Call(f"x{at}", "", words, DAY) for at in range(3)]
    (found,) = (one for one in issues(calls, voices_of(calls), today=TODAY) if "x0" in one.calls)
    assert len(found.description) <= LINE
    assert "\n" not in found.description
    assert "138" not in found.description
    assert "502" not in found.description


def ask(data: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    parser = ArgumentParser()
    triage_hot.arguments(parser)
    options = parser.parse_args(["--data", str(data), "--out", str(out)])
    terminal = Terminal(json_line=True)
    terminal.close(triage_hot.run(options, terminal))
    return json.loads(capsys.readouterr().out)


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(path: Path, rows: list[list[object]], heading: str = "id,user,title,body,time,likes,dislikes") -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(heading.split(","))
        out.writerows(rows)
    return path


def rows_of(calls: list[Call]) -> list[list[object]]:
    return [[call.id, "U1", call.title, call.body, f"{call.day}T10:00:00", 3, 0] for call in calls]


def test_the_command_writes_issues_and_their_messages(tmp_path, capsys):
    calls = town()
    facts = ask(write(tmp_path / "in.csv", rows_of(calls)), tmp_path / "hot.csv", capsys)
    found, detail = table(tmp_path / "hot.csv"), table(tmp_path / "hot.detail.csv")
    assert list(found[0]) == ["issue", "rank", "heat", "first", "last", "place", "description"]
    assert list(detail[0]) == ["issue", "id"]
    assert [int(row["rank"]) for row in found] == list(range(1, len(found) + 1))
    assert [float(row["heat"]) for row in found] == sorted((float(row["heat"]) for row in found), reverse=True)
    assert {row["issue"] for row in detail} == {row["issue"] for row in found}
    assert (facts["n"], facts["issues"], facts["grouped"]) == (len(calls), len(found), len(detail))
    ask(write(tmp_path / "again.csv", rows_of(calls)[::-1]), tmp_path / "other.csv", capsys)
    assert (tmp_path / "other.csv").read_bytes() == (tmp_path / "hot.csv").read_bytes()


@pytest.mark.parametrize(
    ("rows", "heading"),
    [
        ([], "id,user,title,body,time,likes,dislikes"),
        ([["1", "字"]], "id,title"),
        ([["1", "u", "t", "b", "yesterday", 0, 0]], "id,user,title,body,time,likes,dislikes"),
        ([["1", "u", "t", "b", "2026-01-01", "nan", 0]], "id,user,title,body,time,likes,dislikes"),
        ([["1", "u", "t", "b", "2026-01-01", 0, 0]] * 2, "id,user,title,body,time,likes,dislikes"),
    ],
    ids=["empty", "columns", "time", "number", "twice"],
)
def test_what_is_no_table_of_messages_is_refused(rows, heading, tmp_path, capsys):
    with pytest.raises(CommandRefused):
        ask(write(tmp_path / "in.csv", rows, heading), tmp_path / "hot.csv", capsys)
    assert not (tmp_path / "hot.csv").exists()


# Real messages: read where they lie, never copied here.


def test_the_sample_of_the_contest_is_read(real_data, tmp_path, capsys):
    facts = ask(real_data / "hot-issues-sample" / "messages.csv", tmp_path / "hot.csv", capsys)
    assert facts["n"] == 30


@pytest.fixture(scope="module")
def groups(real_data: Path) -> dict[tuple[str, str], str]:
    folder = real_data / "citizen-messages"
    if not folder.is_dir():
        pytest.skip("HUYING_REAL_DATA holds no folder citizen-messages")
    began = perf_counter()
    found = groups_of(folder)
    assert perf_counter() - began < 60
    return found


@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.parametrize("reposts", [True, False])
@pytest.mark.parametrize(("name", "precision", "recall"), [("hot_open", 0.9, 0.75), ("hot_groups_open", 0.85, 0.6)])
def test_groups_are_pure_and_complete_on_marked_messages(groups, name, precision, recall, reposts):
    found = measure(marks(name), groups, reposts=reposts)
    assert found.precision >= precision
    assert found.recall >= recall
