"""Passages that name somebody go from what the desk keeps beside the cases, too: shifts, filters, words to many."""

from datetime import timedelta
from urllib.parse import quote

import pytest
from django.utils.http import urlencode

from huying.audit.models import History
from huying.desk import actions
from huying.desk.models import Batch, CaseExport, HandOver, SavedFilter
from huying.desk.rules import BatchAct
from huying.kernel.actor import system
from huying.kernel.ids import uuid7
from huying.kernel.refusals import Invalid, NotAllowed, NotFound
from tests.world import NOW

pytestmark = pytest.mark.django_db
NAME = "欧阳甲乙"
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def case(world):
    return world.call().case


def shift(world, who="head", unit="centre", now=LATER, words=f"答应{NAME}周三回话，别忘了。"):
    return actions.leave_shift(
        hand_over_id=uuid7(), unit_id=world.units[unit].pk, words=words, facts={}, actor=world.people[who], now=now
    )


def kept(world, name=f"{NAME}那件", words=NAME, who="head", unit=None, now=LATER):
    query = urlencode({"light": "red", "q": words})
    return actions.save_filter(
        filter_id=uuid7(), name=name, query=query, unit_id=unit, actor=world.people[who], now=now
    )


def blank(world, case, *passages, who=None):
    actor = world.people[who] if who else system("cli.blank")
    return actions.blank_kept(case.pk, passages=passages or [NAME], actor=actor, now=LATER)


def test_words_of_shifts_and_filters_lose_the_name_and_history_keeps_the_count_alone(world, case):
    left, found = shift(world), kept(world)
    batch = actions.carry_out(
        batch_id=uuid7(), act=BatchAct.ANSWER, chosen=[(case.pk, None)], values={"words": f"已告诉{NAME}。"},
        actor=world.clerk, now=LATER,
    )  # fmt: skip
    export = actions.ask_export(
        export_id=uuid7(), query=f"q={quote(NAME)}", columns=["number"], file_format="csv", purpose="check",
        actor=world.leader, now=LATER,
    )  # fmt: skip
    assert blank(world, case) == 5
    left.refresh_from_db()
    assert left.words == "答应〔已隐去〕周三回话，别忘了。"
    found.refresh_from_db()
    assert (found.name, found.query) == ("〔已隐去〕那件", urlencode({"light": "red", "q": "〔已隐去〕"}))
    assert Batch.objects.get(pk=batch.pk).values == {"words": "已告诉〔已隐去〕。"}
    assert quote(NAME) not in CaseExport.objects.get(pk=export.pk).query
    lines = History.objects.filter(verb="blank_words").order_by("pk")
    assert [(one.kind, one.facts) for one in lines] == [
        ("hand_over", {"count": 1}), ("saved_filter", {"count": 2}), ("batch", {"count": 1}),
        ("case_export", {"count": 1}),
    ]  # fmt: skip
    assert blank(world, case) == 0


def test_what_was_written_before_the_case_came_or_next_door_stays(world, case):
    earlier, elsewhere = shift(world, now=NOW - timedelta(days=1)), shift(world, "next_dispatcher", "next_centre")
    other = kept(world, who="next_dispatcher")
    assert blank(world, case) == 0
    for one in (earlier, elsewhere):
        assert NAME in HandOver.objects.get(pk=one.pk).words
    assert NAME in SavedFilter.objects.get(pk=other.pk).name


def test_a_name_that_is_too_long_with_the_mark_keeps_its_beginning(world, case):
    found = kept(world, name="甲乙的事" * 5, words="x")
    blank(world, case, "甲乙")
    found.refresh_from_db()
    assert len(found.name) == 20
    assert "甲乙" not in found.name


def test_only_who_supervises_may_and_a_stranger_learns_nothing(world, case):
    shift(world)
    with pytest.raises(NotAllowed):
        blank(world, case, who="clerk")
    with pytest.raises(NotFound):
        blank(world, case, who="next_dispatcher")
    assert blank(world, case, who="head") == 1


@pytest.mark.parametrize("passages", [[" "], ["甲"], ["隐去"]], ids=["nothing", "one character", "the mark"])
def test_passages_must_be_some(world, case, passages):
    with pytest.raises(Invalid):
        blank(world, case, *passages)
