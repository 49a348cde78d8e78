"""Rules of tickets: the table of moves with every guard, the inner limit, numbers, closing forms, rows and arrivals."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huying.cases.queries.tickets import MOVES, WHO
from huying.cases.rules.ticket_words import DEFAULT_CLOSING
from huying.cases.rules.tickets import (
    FLOW,
    SHIPPED_STEPS,
    Arrival,
    AskKind,
    ClosingFrom,
    Given,
    Known,
    Result,
    Row,
    SourceKind,
    TicketFacts,
    TicketState,
    TicketVerb,
    arrival_of,
    buffer_for,
    closing_fields,
    guessed,
    inner_due,
    number_has_form,
    pattern_is_good,
    read_moment,
    read_result,
    read_row,
)
from huying.clocks.rules import Calendar, Limit
from huying.kernel.refusals import IllegalMove

S, V = TicketState, TicketVerb
SAID = Given(words="说明", amount="1wd", number="GZ1")
NO_WORDS = ({"given": Given(amount="1wd", number="GZ1")}, "says_why")
CHINA = timezone(timedelta(hours=8))
CALENDAR = Calendar()
NOW = datetime(2026, 10, 20, 9, tzinfo=CHINA)

# verb, facts that pass, target, then (what is changed, the guard that refuses)
MOVES_OF = [
    (V.ARRIVE, TicketFacts(None), S.OPEN, []),
    (V.UPDATE, TicketFacts(S.OPEN), S.OPEN, []),
    *((V.AGAIN, TicketFacts(state), S.OPEN, []) for state in (S.ANSWERED, S.CLOSED, S.RETURNED)),
    (V.ASK_RETURN, TicketFacts(S.OPEN, given=SAID), S.OPEN, [
        NO_WORDS, ({"case_open": False}, "still_open"), ({"asked": AskKind.EXTEND}, "nothing_asked"),
        ({"return_open": False}, "return_in_time"),
    ]),
    (V.GRANT_RETURN, TicketFacts(S.OPEN, asked=AskKind.RETURN), S.RETURNED, [({"asked": AskKind.EXTEND}, "return_asked")]),
    (V.REFUSE_RETURN, TicketFacts(S.OPEN, asked=AskKind.RETURN, given=SAID), S.OPEN, [
        NO_WORDS, ({"asked": ""}, "return_asked"),
    ]),
    (V.ASK_EXTEND, TicketFacts(S.OPEN, given=SAID), S.OPEN, [
        NO_WORDS, ({"case_open": False}, "still_open"), ({"asked": AskKind.RETURN}, "nothing_asked"),
        ({"extend_open": False}, "extension_in_time"), ({"has_limit": False}, "extension_in_time"),
        ({"given": Given(words="说明")}, "says_how_long"),
    ]),
    (V.GRANT_EXTEND, TicketFacts(S.OPEN, asked=AskKind.EXTEND), S.OPEN, [({"asked": AskKind.RETURN}, "extension_asked")]),
    (V.REFUSE_EXTEND, TicketFacts(S.OPEN, asked=AskKind.EXTEND, given=SAID), S.OPEN, [
        NO_WORDS, ({"asked": ""}, "extension_asked"),
    ]),
    (V.FILL, TicketFacts(S.OPEN), S.OPEN, []),
    (V.SEND, TicketFacts(S.OPEN, answered=True), S.ANSWERED, [
        ({"answered": False}, "answer_ready"),
        ({"asked": AskKind.RETURN}, "nothing_asked"),
    ]),
    (V.SATISFIED, TicketFacts(S.ANSWERED), S.CLOSED, []),
    (V.NO_RESULT, TicketFacts(S.ANSWERED), S.CLOSED, []),
    *((V.UNSATISFIED, TicketFacts(state), S.OPEN, []) for state in (S.ANSWERED, S.CLOSED)),
    *((V.DO_STEP, TicketFacts(state), state, []) for state in (S.OPEN, S.ANSWERED)),
    (V.GO_UP, TicketFacts(None, given=SAID), S.SENT, [NO_WORDS, ({"case_open": False}, "still_open")]),
    (V.NUMBER, TicketFacts(S.SENT, numbered=False, given=SAID), S.SENT, [
        ({"numbered": True}, "no_number_yet"), ({"given": Given(words="说明")}, "number_fits"),
        ({"given": Given(number="GZ1", fits=False)}, "number_fits"),
    ]),
    (V.TAKEN, TicketFacts(S.SENT), S.CLOSED, []),
    (V.REPLIED, TicketFacts(S.SENT, given=SAID), S.CLOSED, [NO_WORDS]),
]  # fmt: skip


@pytest.mark.parametrize(("verb", "facts", "target", "refusals"), MOVES_OF)
def test_a_move_goes_where_the_table_says_and_each_guard_refuses(verb, facts, target, refusals):
    assert FLOW.move(verb, facts).lands(facts.state) == target
    for change, guard in refusals:
        with pytest.raises(IllegalMove) as why:
            FLOW.move(verb, replace(facts, **change))
        assert why.value.facts["guard"] == guard


def test_no_move_is_made_from_another_state_and_none_is_forgotten():
    from_states = {(verb, facts.state) for verb, facts, *_rest in MOVES_OF}
    assert {verb for verb, _state in from_states} == set(TicketVerb)
    for verb in TicketVerb:
        for state in (None, *TicketState):
            if (verb, state) not in from_states:
                full = TicketFacts(state, asked="", answered=True, given=SAID)
                for asked in ("", *AskKind):
                    for numbered in (True, False):
                        with pytest.raises(IllegalMove):
                            FLOW.move(verb, replace(full, asked=asked, numbered=numbered))


def test_a_form_without_words_yet_shows_its_move():
    for verb, facts, _target, _refusals in MOVES_OF:
        assert FLOW.refusal(verb, replace(facts, given=None)) is None


def test_every_form_has_its_verbs_and_every_verb_of_a_person_its_duty():
    assert {verb for verbs in MOVES.values() for verb in verbs} | {V.GO_UP} == set(WHO)


# The inner limit


@given(
    start=st.datetimes(datetime(2025, 1, 1), datetime(2027, 6, 1), timezones=st.just(UTC)),
    minutes=st.integers(1, 60 * 24 * 60),
    amount=st.integers(1, 60),
    unit=st.sampled_from(["m", "h", "d", "wm", "wh", "wd"]),
)
def test_it_is_never_later_than_the_upper_limit_and_leaves_half_of_the_time(start, minutes, amount, unit):
    length = timedelta(minutes=minutes)
    calendar, buffer = CALENDAR, Limit.parse(f"{amount}{unit}")
    upper = start + length
    inner = inner_due(start, upper, buffer, calendar)
    assert start <= inner <= upper
    if buffer.working:
        whole = calendar.between(start, upper)
        assert calendar.between(start, inner) >= whole / 2 - timedelta(microseconds=1)
    else:
        assert inner - start >= length / 2 - timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("upper", "buffer", "inner"),
    [
        ("2026-10-22 09:00", "1wd", "2026-10-21 09:00"),
        ("2026-10-22 09:00", "4wh", "2026-10-21 14:00"),
        ("2026-10-22 09:00", "12h", "2026-10-21 21:00"),
        ("2026-10-26 09:00", "1wd", "2026-10-23 09:00"),  # over a weekend
        ("2026-10-20 11:00", "1wd", "2026-10-20 10:00"),  # half of what there is
        ("2026-10-20 08:00", "1wd", "2026-10-20 08:00"),  # over before it came
        ("2026-10-22 09:00", "", "2026-10-22 09:00"),
    ],
)
def test_it_is_the_upper_limit_less_the_buffer(upper, buffer, inner):
    moment = read_moment(upper, CHINA)
    found = inner_due(NOW, moment, Limit.parse(buffer) if buffer else None, Calendar())
    assert found.astimezone(CHINA) == read_moment(inner, CHINA)


def test_the_finest_row_is_the_buffer():
    rows = [("", "1wh"), ("01", "2wh"), ("0103", "3wh"), ("02", "9wh")]
    for code, limit in (("0103", "3wh"), ("0104", "2wh"), ("0301", "1wh"), ("", "1wh")):
        assert str(buffer_for(rows, code)) == limit
    assert buffer_for([("02", "1wd")], "0103") is None


# Numbers and closing forms


@pytest.mark.parametrize(
    ("number", "pattern", "fits"),
    [
        ("GZ20261020", "GZ########", True), ("GZ2026102", "GZ########", False), ("GX20261020", "GZ########", False),
        ("A1b", "@#?", True), ("11b", "@#?", False), ("AB-1", "@@-#", True), ("X", "", True), ("", "", False),
        ("ZZ9", "*", True), ("Z-9", "*", False), ("é1", "@#", False), ("GZ１", "GZ#", False),
    ],
)  # fmt: skip
def test_a_number_has_the_form_of_its_system(number, pattern, fits):
    assert number_has_form(number, pattern) is fits


def test_a_form_of_numbers_stays_quick():
    assert pattern_is_good("GZ*-*")
    assert not pattern_is_good("*a*b*")


def test_a_closing_form_is_read_line_by_line():
    found = closing_fields("是否属实=true\n\n答复 = answer\n备注=blank")
    assert [(one.heading, one.source) for one in found] == [
        ("是否属实", ClosingFrom.TRUE), ("答复", ClosingFrom.ANSWER), ("备注", ClosingFrom.BLANK),
    ]  # fmt: skip
    assert len(closing_fields(DEFAULT_CLOSING)) == 6
    for bad in ("答复", "=answer", "答复=nothing", "a=blank\na=answer", "a" * 41 + "=blank"):
        with pytest.raises(ValueError):
            closing_fields(bad)
    with pytest.raises(ValueError):
        closing_fields("\n".join(f"{place}=blank" for place in range(21)))


# Rows


COLUMNS = {
    "number": "编号", "words": "内容", "received": "时间", "due": "时限", "result": "回访", "decision": "审批",
    "name": "姓名", "phone": "电话",
}  # fmt: skip


def read(**cells):
    told = {"编号": "GZ1", "内容": "灯不亮", **cells}
    return read_row(told, COLUMNS, pattern="GZ#", now=NOW, zone=CHINA)


def test_a_row_is_read_by_its_columns_and_keeps_the_rest_as_it_came():
    row, wrong = read(时间="2026/10/20 08:30", 时限="2026-10-22", 姓名="刘样本", 电话="13800000000", 备注="急")
    assert not wrong
    assert row.received == datetime(2026, 10, 20, 8, 30, tzinfo=CHINA)
    assert row.due == datetime(2026, 10, 22, 23, 59, tzinfo=CHINA)
    assert (row.name, row.phone) == ("刘样本", "13800000000")
    assert dict(row.sheet) == {
        "编号": "GZ1", "内容": "灯不亮", "时间": "2026/10/20 08:30", "时限": "2026-10-22", "备注": "急",
    }  # fmt: skip
    assert "灯" not in repr(row)


def test_a_limit_that_is_over_is_refused_of_a_new_ticket_alone():
    row, wrong = read(时限="2026-10-19 08:00", 回访="满意")
    assert not wrong
    assert arrival_of(None, replace(row, result=None), now=NOW)[0] == Arrival.REFUSED
    assert arrival_of(Known(S.ANSWERED, "", False, NOW), row, now=NOW)[0] == Arrival.RESULT


def test_a_day_alone_begins_with_its_first_minute_and_is_due_with_its_last():
    row, wrong = read(时间="2026年10月20日", 时限="2026年10月20日")
    assert not wrong
    assert (row.received, row.due) == (
        datetime(2026, 10, 20, tzinfo=CHINA), datetime(2026, 10, 20, 23, 59, tzinfo=CHINA)
    )  # fmt: skip
    # What was answered on the day it came does not come again with each sheet that tells that day.
    assert arrival_of(Known(S.ANSWERED, "", False, NOW), row)[0] == Arrival.SAME


@pytest.mark.parametrize(
    ("cells", "field"),
    [
        ({"编号": ""}, "number"), ({"编号": "AB1"}, "number"), ({"时间": "昨天"}, "received"),
        ({"时间": "2026-10-21 08:00"}, "received"), ({"时限": "?"}, "due"),
        ({"时间": "2026-10-20 08:00", "时限": "2026-10-19 08:00"}, "due"),
        ({"时间": "1900-01-01 08:00"}, "received"), ({"回访": "好"}, "result"), ({"审批": "再说"}, "decision"),
        ({"编号": "GZ" + "1" * 70}, "number"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_row_is_said_by_field(cells, field):
    row, wrong = read(**cells)
    assert row is None
    assert field in wrong
    assert all(str(sentence) for sentence in wrong.values())


@pytest.mark.parametrize(
    ("cell", "result"),
    [
        ("非常满意", Result.SATISFIED), ("满意", Result.SATISFIED), ("基本满意", Result.FAIR), ("不满意", Result.DISSATISFIED),
        ("未解决", Result.DISSATISFIED), ("已解决", Result.SATISFIED), ("未联系上", Result.NONE), ("嗯", None),
        ("没有解决", Result.DISSATISFIED),
    ],
)  # fmt: skip
def test_results_are_read_as_people_write_them(cell, result):
    assert read_result(cell) == result


def test_a_decision_is_read_with_its_no_first():
    assert read(审批="不同意")[0].granted is False
    assert read(审批="同意延期")[0].granted is True
    assert read()[0].granted is None


def test_usual_headings_are_known():
    assert guessed(["工单编号", "反映内容", "满意度", "别的"]) == {
        "number": "工单编号", "words": "反映内容", "result": "满意度",
    }  # fmt: skip


# What a row means


ROW = Row("GZ1", words="灯不亮", received=NOW)
LATER = NOW - timedelta(hours=1)


@pytest.mark.parametrize(
    ("known", "change", "arrival"),
    [
        (None, {}, Arrival.NEW),
        (None, {"words": ""}, Arrival.REFUSED),
        (None, {"result": Result.SATISFIED}, Arrival.REFUSED),
        (None, {"granted": True}, Arrival.REFUSED),
        (Known(S.OPEN, "", True), {}, Arrival.SAME),
        (Known(S.OPEN, "", False), {}, Arrival.UPDATE),
        (Known(S.OPEN, "", False), {"result": Result.SATISFIED}, Arrival.REFUSED),
        (Known(S.OPEN, AskKind.RETURN, False), {"granted": True}, Arrival.DECISION),
        (Known(S.OPEN, "", False), {"granted": True}, Arrival.UPDATE),
        (Known(S.ANSWERED, "", False, LATER), {"result": Result.NONE}, Arrival.RESULT),
        (Known(S.CLOSED, "", False, LATER), {"result": Result.DISSATISFIED}, Arrival.RESULT),
        (Known(S.CLOSED, "", False, LATER), {"result": Result.SATISFIED}, Arrival.SAME),
        (Known(S.ANSWERED, "", False, LATER), {}, Arrival.AGAIN),
        (Known(S.RETURNED, "", False, LATER), {}, Arrival.AGAIN),
        (Known(S.ANSWERED, "", False, NOW + timedelta(hours=1)), {}, Arrival.SAME),
        (Known(S.ANSWERED, "", False, LATER), {"received": None}, Arrival.SAME),
        (Known(S.SENT, "", False), {}, Arrival.REFUSED),
    ],
)
def test_a_row_means_one_thing(known, change, arrival):
    found, why = arrival_of(known, replace(ROW, **change))
    assert found == arrival
    assert bool(str(why)) == (arrival == Arrival.REFUSED)


def test_the_published_diagram_is_the_table():
    assert FLOW.mermaid() in Path("docs/explanation/tickets.md").read_text(encoding="utf-8")


def test_every_kind_of_source_has_steps_that_can_be_read():
    assert set(SHIPPED_STEPS) == set(SourceKind)
    for steps in SHIPPED_STEPS.values():
        for one in steps:
            Limit.parse(one.limit)
            assert len(str(one.name)) <= 30
            assert len(str(one.clause)) <= 120
