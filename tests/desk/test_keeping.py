"""Filters kept under a name, and hand-overs between shifts: whose they are, and that they widen nobody's sight."""

from datetime import timedelta

import pytest

from huying.audit.models import History
from huying.cases import actions as a
from huying.desk import actions, queries
from huying.desk.models import HandOver, SavedFilter
from huying.desk.rules import filter_address, seeks_somebody
from huying.kernel.actor import resident
from huying.kernel.ids import uuid7
from huying.kernel.paging import Page
from huying.kernel.refusals import IllegalMove, Invalid, KeyReused, NotAllowed, NotFound
from tests.cases.test_calling import called_back
from tests.world import NOW

pytestmark = pytest.mark.django_db
LIST = "/desk/list/"
SHIFTS = "/desk/shifts/"
LATER = NOW + timedelta(hours=2)


@pytest.mark.parametrize(
    ("pairs", "address"),
    [
        ([], ""),
        ([("light", "red"), ("area", "99")], "area=99&light=red"),
        ([("after", "x"), ("view", "map"), ("light", "")], ""),
        ([("q", "路灯"), ("password", "1")], "q=%E8%B7%AF%E7%81%AF"),
    ],
)
def test_a_filter_is_its_parts_in_order_and_nothing_else(pairs, address):
    assert filter_address(pairs) == address
    assert filter_address(reversed(pairs)) == address


@pytest.mark.parametrize(
    ("address", "found"), [("q=13900000001", True), ("q=18+%E5%8F%B7", False), ("area=990101001001", False)]
)
def test_a_number_of_somebody_is_not_kept(address, found):
    assert bool(seeks_somebody(address)) is found


def save(world, who="dispatcher", *, unit=None, name="超时", query="light=red", filter_id=None):
    return actions.save_filter(
        filter_id=filter_id or uuid7(), name=name, query=query, unit_id=world.units[unit].pk if unit else None,
        actor=world.people[who], now=NOW,
    )  # fmt: skip


def names(world, who):
    return [one.name for one in queries.filters_of(world.people[who])]


class TestFilters:
    def test_ones_own_is_seen_by_oneself_and_a_shared_one_by_the_unit(self, world):
        save(world, name="自己的")
        save(world, name="大家的", unit="centre")
        assert names(world, "dispatcher") == ["大家的", "自己的"]
        assert names(world, "clerk") == ["大家的"]
        for stranger in ("handler", "next_dispatcher", "secretary"):
            assert names(world, stranger) == []
        assert queries.filters_of(resident()) == []

    @pytest.mark.parametrize(
        ("given", "refusal"),
        [({"name": ""}, Invalid), ({"query": ""}, Invalid), ({"query": "q=13900000001"}, Invalid),
         ({"query": "q=" + "x" * 500}, Invalid), ({"name": "长" * 21}, Invalid), ({"unit": "sanitation"}, NotFound)],
    )  # fmt: skip
    def test_what_is_no_filter_of_ones_own_is_refused(self, world, given, refusal):
        with pytest.raises(refusal):
            save(world, **given)
        assert not SavedFilter.objects.exists()

    def test_a_resident_keeps_none(self, world):
        with pytest.raises(NotAllowed):
            actions.save_filter(filter_id=uuid7(), name="x", query="light=red", unit_id=None, actor=resident(), now=NOW)

    def test_twenty_are_enough(self, world):
        for number in range(20):
            save(world, name=f"第{number}个")
        with pytest.raises(Invalid, match="太多"):
            save(world)

    def test_the_same_id_is_kept_once_and_means_one_thing(self, world):
        one = uuid7()
        assert save(world, filter_id=one) == save(world, filter_id=one)
        for given in ({"name": "别的"}, {"who": "clerk"}):
            with pytest.raises(KeyReused):
                save(world, filter_id=one, **given)

    def test_who_made_it_and_who_heads_the_unit_take_it_away(self, world):
        shared = [save(world, unit="centre") for _number in range(2)]
        with pytest.raises(NotAllowed):
            actions.remove_filter(filter_id=shared[0].pk, actor=world.clerk, now=NOW)
        with pytest.raises(NotFound):
            actions.remove_filter(filter_id=shared[0].pk, actor=world.next_dispatcher, now=NOW)
        for one, who in zip(shared, ("dispatcher", "head"), strict=True):
            actions.remove_filter(filter_id=one.pk, actor=world.people[who], now=NOW)
        actions.remove_filter(filter_id=shared[0].pk, actor=world.dispatcher, now=NOW)  # once more
        assert names(world, "dispatcher") == []
        lines = History.objects.filter(kind="saved_filter").values_list("verb", flat=True)
        assert sorted(lines) == ["remove", "remove", "save", "save"]

    def test_it_stands_as_a_tab_and_finds_what_its_reader_may_see(self, world, sign_in):
        case = world.call(now=NOW - timedelta(hours=20)).case
        save(world, unit="centre")
        page = sign_in("clerk").get(f"{LIST}?light=red").content.decode()
        assert "超时" in page
        assert 'href="?light=red" aria-current="page"' in page
        assert str(case.pk) in page
        assert str(case.pk) not in sign_in("next_dispatcher").get(f"{LIST}?light=red").content.decode()

    def test_the_page_asks_for_a_name_keeps_it_and_takes_it_away(self, world, sign_in):
        client = sign_in("dispatcher")
        assert f"{LIST}filters/?light=red" in client.get(f"{LIST}?light=red&after=").content.decode()
        page = client.get(f"{LIST}filters/?light=red&view=map").content.decode()
        assert 'value="light=red"' in page
        sent = {"key": str(uuid7()), "query": "light=red", "name": "超时的", "unit": ""}
        assert client.post(f"{LIST}filters/", {**sent, "name": ""}).status_code == 422
        assert client.post(f"{LIST}filters/", {**sent, "query": "state=nonsense"}).status_code == 422
        for _time in range(2):
            assert client.post(f"{LIST}filters/", sent)["Location"] == f"{LIST}?light=red"
        one = SavedFilter.objects.get()
        assert "超时的" in client.get(LIST).content.decode()
        stranger = sign_in("next_dispatcher")
        assert stranger.post(f"{LIST}filters/{one.pk}/remove/").status_code == 404
        assert sign_in("dispatcher").post(f"{LIST}filters/{one.pk}/remove/")["Location"] == LIST
        assert "超时的" not in sign_in("dispatcher").get(LIST).content.decode()


def leave(world, who="dispatcher", *, unit="centre", words="李村路口的井盖明天上午补。", hand_over_id=None, facts=None):
    return actions.leave_shift(
        hand_over_id=hand_over_id or uuid7(), unit_id=world.units[unit].pk, words=words, facts=facts or {},
        actor=world.people[who], now=NOW,
    )  # fmt: skip


def take(world, one, who="clerk"):
    return actions.take_shift(hand_over_id=one.pk, actor=world.people[who], now=LATER)


class TestShifts:
    def test_it_is_left_by_one_and_taken_by_another(self, world):
        one = leave(world)
        with pytest.raises(IllegalMove, match="自己交的班"):
            take(world, one, "dispatcher")
        assert take(world, one).taken_by == world.clerk.id
        assert take(world, one).taken_at == LATER  # once more
        with pytest.raises(IllegalMove, match="已经有同事接了"):
            take(world, one, "head")
        lines = History.objects.filter(kind="hand_over", object_id=one.pk).order_by("id")
        assert [line.verb for line in lines] == ["leave", "take"]
        assert all("井盖" not in str(line.facts) for line in lines)

    def test_other_units_and_who_has_no_desk_are_refused(self, world):
        with pytest.raises(NotFound):
            leave(world, unit="sanitation")
        with pytest.raises(NotAllowed):
            leave(world, "keeper")
        one = leave(world)
        for stranger in ("next_dispatcher", "keeper", "handler"):  # the keeper has a post in the unit, and no desk
            with pytest.raises(NotFound):
                take(world, one, stranger)
            assert queries.waiting_for(world.people[stranger]) == []
        page = Page()
        assert queries.hand_overs_of(world.next_dispatcher, page=page) == []
        assert queries.hand_over_by_id(one.pk, world.handler) is None

    def test_the_same_id_is_left_once(self, world):
        one = uuid7()
        assert leave(world, hand_over_id=one) == leave(world, hand_over_id=one)
        with pytest.raises(KeyReused):
            leave(world, hand_over_id=one, words="别的话。")

    def test_the_page_gathers_what_the_next_one_must_know(self, world, sign_in, at):
        late = world.call(now=NOW - timedelta(hours=20), words="路灯一整夜没有亮。").case
        asked = world.call(words="树枝压到电线了。").case
        a.ask_void(asked.pk, reason="重复。", actor=world.dispatcher, now=NOW)
        case, (report_id,) = called_back(world, "13900000001")
        a.record_call_back(case.pk, report_id=report_id, result="missed", actor=world.caller, now=LATER)
        at(LATER)
        client = sign_in("head")

        page = client.get(SHIFTS).content.decode()
        for one in (late, asked, case):
            assert str(one.pk) in page
        assert "今天 12:00" in page

        sent = {"key": str(uuid7()), "unit": str(world.units["centre"].pk), "words": "电话约在中午。"}
        for _time in range(2):
            answer = client.post(SHIFTS, sent)
        one = HandOver.objects.get()
        assert answer["Location"] == f"{SHIFTS}{one.pk}/"
        told = client.get(answer["Location"]).content.decode()
        assert "我来接班" not in told
        assert "电话约在中午。" in told
        next_one = sign_in("dispatcher")
        assert "还没有人接" in next_one.get(SHIFTS).content.decode()
        assert next_one.post(f"{SHIFTS}{one.pk}/take/").status_code == 302
        assert "王范例" in next_one.get(f"{SHIFTS}{one.pk}/").content.decode()

    def test_what_became_confidential_is_not_shown_to_who_may_not_see_it(self, world, sign_in):
        hidden = world.call(about_staff=True, words="工作人员态度不好。").case
        one = leave(world, "head", facts={"red": [[str(hidden.pk), ""]]})
        assert str(hidden.pk) in sign_in("head").get(f"{SHIFTS}{one.pk}/").content.decode()
        page = sign_in("dispatcher").get(f"{SHIFTS}{one.pk}/")
        assert page.status_code == 200
        assert str(hidden.pk) not in page.content.decode()
        assert sign_in("next_dispatcher").get(f"{SHIFTS}{one.pk}/").status_code == 404
        assert sign_in("keeper").get(SHIFTS).status_code == 403
