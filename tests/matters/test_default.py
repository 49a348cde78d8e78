"""The shipped catalogue is whole, and says nothing twice."""

from collections import Counter

from huying.matters.rules import CheckPolicy, DutyKind, FlowKind, Grade
from huying.matters.rules.book import problems_of
from huying.matters.sheets import default_book, default_units
from huying.people.rules import UnitKind

BOOK = default_book()
# What rules of the trade keep confidential from the start.
CONFIDENTIAL = {
    "家庭暴力求助", "困境儿童保护", "心理援助与危机", "工作人员作风与廉洁", "企业生产安全隐患举报",
    "非法集资与传销线索", "拖欠工资", "婚姻家庭纠纷", "低保特困", "临时救助申请",
}  # fmt: skip


def test_it_has_no_problem():
    assert problems_of(BOOK) == []


def test_it_has_at_least_170_types_in_22_classes_and_forty_duties():
    assert len(BOOK.types) >= 170
    assert {one.code[:2] for one in BOOK.types} == {one.code for one in BOOK.classes}
    assert len(BOOK.classes) == 22
    assert len(BOOK.duties) >= 40
    assert {one.kind for one in BOOK.duties} == set(DutyKind)


def test_every_duty_is_used_and_every_type_has_all_its_sentences():
    used = {(one.duty_kind, one.duty_number) for one in BOOK.types}
    assert {(one.kind, one.number) for one in BOOK.duties} == used
    for one in BOOK.types:
        assert all((one.filing_condition, one.closing_condition, one.proof, one.words, one.units)), one.code


def test_no_sentence_and_no_word_is_said_twice():
    for name in ("name", "filing_condition", "closing_condition", "code"):
        assert _twice(getattr(one, name) for one in BOOK.types) == []
    assert _twice(word for one in BOOK.types for word in (*one.words, *one.danger_words)) == []
    assert _twice(one.text for one in BOOK.duties) == []
    assert _twice(one.advice for one in BOOK.types if one.advice) == []


def test_what_the_trade_keeps_confidential_is_confidential_and_nobody_is_sent_to_look():
    confidential = {one.name for one in BOOK.types if one.confidential}
    assert confidential >= CONFIDENTIAL
    assert all(one.check_policy == CheckPolicy.NEVER for one in BOOK.types if one.confidential)


def test_public_space_is_looked_at_and_disputes_are_not_scored():
    by_code = {one.code: one for one in BOOK.types}
    assert by_code["0101"].check_policy == CheckPolicy.ALWAYS
    assert not any(one.scored for one in BOOK.types if one.code[:2] == "11" and one.code != "1107")
    assert not by_code["2007"].scored
    assert not by_code["0301"].scored
    assert by_code["0205"].scored


def test_what_is_dangerous_has_a_number_advice_and_an_urgent_grade():
    dangerous = [one for one in BOOK.types if one.danger]
    assert {one.danger for one in dangerous} == {"110", "119", "120"}
    assert all(one.danger_words and one.advice and one.grade == Grade.URGENT for one in dangerous)


def test_small_matters_are_solved_by_their_finder_at_the_lowest_tier():
    small = [one for one in BOOK.types if one.self_handle]
    assert len(small) >= 10
    assert {one.lowest_tier for one in small} == {"grid"}
    assert {one.flow for one in small} == {FlowKind.CITY}


def test_every_unit_named_has_a_kind_that_people_knows():
    hints = {one.name: one for one in default_units()}
    assert {name for one in BOOK.types for name in one.units} == set(hints)
    assert {one.kind for one in hints.values()} <= set(UnitKind)
    assert len(hints) == len(default_units())


def _twice(words):
    return [word for word, count in Counter(words).items() if count > 1]
