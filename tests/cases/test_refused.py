"""What acts on cases refuse, by the sentence's field; and what replaying a history finds wrong."""

from datetime import timedelta

import pytest

from huying.audit import actions as audit
from huying.audit.models import History
from huying.cases import actions as a
from huying.cases.actions import importing
from huying.cases.actions.keeping import end_keeping
from huying.cases.actions.words import words_again
from huying.cases.models import Case
from huying.cases.queries.replay import mismatches
from huying.cases.rules import Channel, State
from huying.kernel.actor import resident, system
from huying.kernel.ids import uuid7
from huying.kernel.refusals import IllegalMove, Invalid, NotAllowed, NotFound
from huying.people.models import Recusal
from tests.world import NOW, build_world

pytestmark = pytest.mark.django_db
TYPE = "0103"


@pytest.fixture
def world(db):
    return build_world()


@pytest.fixture
def case(world):
    return world.call().case


def dispatched(world, case):
    a.register_file_dispatch(
        case.pk, lead_id=world.units["sanitation"].pk, type_code=TYPE, actor=world.dispatcher,
        now=NOW + timedelta(minutes=5),
    )  # fmt: skip
    return case


class TestReceiving:
    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"words": " "}, "words"),
            ({"area_code": "99010100"}, "area_code"),
            ({"area_code": "110101001"}, "area_code"),
            ({"lng": None, "lat": None, "grid_code": "990101002001001"}, "grid_code"),
            ({"lng": None, "lat": None, "grid_code": "x"}, "grid_code"),
            ({"type_code": "9999"}, "type_code"),
        ],
    )
    def test_what_is_wrong_is_named_and_nothing_is_kept(self, world, given, field):
        with pytest.raises(Invalid) as why:
            world.call(**given)
        assert list(why.value.errors) == [field]
        assert not Case.objects.exists()

    def test_staff_find_things_only_where_they_report(self, world):
        with pytest.raises(NotAllowed):
            world.call(actor=world.kapok_worker, channel=Channel.PATROL)


class TestCorrecting:
    @pytest.mark.parametrize(("given", "field"), [({"type_code": "9999"}, "type_code"), ({"grade": "royal"}, "grade")])
    def test_what_is_no_type_or_grade_is_named(self, world, case, given, field):
        with pytest.raises(Invalid) as why:
            a.correct_case(case.pk, **given, actor=world.dispatcher, now=NOW)
        assert list(why.value.errors) == [field]

    def test_the_same_again_changes_nothing_and_leaves_one_line_that_says_so(self, world, case):
        before, version = History.objects.count(), case.version
        a.correct_case(case.pk, title="", actor=world.dispatcher, now=NOW)
        assert History.objects.count() == before + 1
        assert History.objects.latest("pk").facts == {"unchanged": True}
        case.refresh_from_db()
        assert case.version == version


class TestRecusing:
    def test_not_by_others_not_of_a_unit_at_work_and_not_of_one_that_is_none(self, world, case):
        water = world.units["water"].pk
        with pytest.raises(NotAllowed):
            a.recuse_unit(case.pk, unit_id=water, actor=world.grid_worker, now=NOW)
        with pytest.raises(NotFound):
            a.recuse_unit(case.pk, unit_id=uuid7(), actor=world.dispatcher, now=NOW)
        dispatched(world, case)
        with pytest.raises(IllegalMove):
            a.recuse_unit(case.pk, unit_id=world.units["sanitation"].pk, actor=world.dispatcher, now=NOW)

    def test_said_twice_it_stands_once_and_the_communitys_own_goes_up(self, world, case):
        for _time in range(2):
            a.recuse_unit(case.pk, unit_id=world.units["banyan"].pk, actor=world.head, now=NOW)
        lines = History.objects.filter(object_id=case.pk, verb="recuse").order_by("pk")
        assert [one.facts.get("unchanged", False) for one in lines] == [False, True]
        assert Recusal.objects.filter(object_id=case.pk).count() == 1


class TestAddingAndMerging:
    def test_nothing_is_not_added_and_nothing_by_others(self, world):
        receipt = world.call()
        mine = resident(receipt.report.pk)
        with pytest.raises(Invalid):
            a.add_to_report(receipt.case.pk, report_id=receipt.report.pk, words=" ", actor=mine, now=NOW)
        with pytest.raises(NotFound):
            a.add_to_report(receipt.case.pk, report_id=receipt.report.pk, words="还有", actor=world.dispatcher, now=NOW)

    def test_a_case_is_not_merged_into_itself_and_not_taken_out_of_nothing(self, world, case):
        with pytest.raises(Invalid):
            a.merge_case(case.pk, into_id=case.pk, confirmed=True, actor=world.dispatcher, now=NOW)
        with pytest.raises(IllegalMove):
            a.unmerge_case(case.pk, actor=world.dispatcher, now=NOW)


class TestUnits:
    def test_units_that_are_none_are_not_sent(self, world, case):
        with pytest.raises(Invalid):
            a.register_file_dispatch(case.pk, lead_id=uuid7(), type_code=TYPE, actor=world.dispatcher, now=NOW)
        dispatched(world, case)
        with pytest.raises(Invalid):
            a.add_units(case.pk, assistant_ids=[], actor=world.dispatcher, now=NOW)


class TestImporting:
    def test_a_format_that_is_none_and_a_file_that_is_none_are_said(self, tmp_path):
        with pytest.raises(Invalid):
            importing.preset_with("nonsense")
        with pytest.raises(Invalid):
            importing._hash(tmp_path / "nowhere.csv")

    @pytest.mark.parametrize(
        ("text", "name", "most", "fits"),
        [("", "lng", 180, None), ("12.5", "lng", 180, 12.5), ("x", "lng", 180, "lng"), ("181", "lng", 180, "lng"),
         ("nan", "lat", 90, "lat")],
    )  # fmt: skip
    def test_numbers_have_bounds(self, text, name, most, fits):
        if fits == name:
            with pytest.raises(Invalid) as why:
                importing._number(text, name, most)
            assert list(why.value.errors) == [name]
        else:
            assert importing._number(text, name, most) == fits


class TestKeeping:
    def test_nobody_but_the_system_erases_and_what_is_new_is_kept(self, world):
        with pytest.raises(NotAllowed):
            end_keeping(months=12, actor=world.keeper, now=NOW)
        assert end_keeping(months=12, actor=system(), now=NOW) == 0


@pytest.mark.parametrize("kind", ["case", "report", "order"])
def test_words_are_made_again_for_whatever_holds_the_document(world, kind):
    receipt = world.call()
    dispatched(world, receipt.case)
    owner = {"case": receipt.case.pk, "report": receipt.report.pk, "order": receipt.case.orders.get().pk}[kind]
    assert words_again(kind, [owner]) == 1
    assert words_again(kind, [uuid7()]) == 0


class TestReplay:
    def line(self, case, world, **given):
        values = {"verb": "dispatch", "from_state": "filed", "to_state": "in_hand", **given}
        audit.append(kind="case", object_id=case.pk, actor=world.dispatcher, at=NOW, area_code=case.area_code, **values)

    @pytest.mark.parametrize(
        ("given", "says"),
        [
            ({"from_state": "filed"}, "starts from"),
            ({"verb": "explode", "from_state": "received", "to_state": "in_hand"}, "does not lead"),
            ({"verb": "archived", "from_state": "received", "to_state": "closed"}, "does not lead"),
            ({"verb": "recuse", "from_state": "received", "to_state": "in_hand"}, "does not lead"),
        ],
    )
    def test_a_line_that_cannot_be_is_told(self, case, world, given, says):
        self.line(case, world, **given)
        self.line(case, world, **given)  # told once, whatever follows
        found = mismatches([case.pk])
        assert len(found) == 1
        assert says in found[0].why

    def test_a_state_that_nothing_led_to_is_told(self, case):
        Case.objects.filter(pk=case.pk).update(state=State.FILED)
        assert "stored filed" in mismatches([case.pk])[0].why
