"""A mark is a claim: each thing it claims, left out, turns the test red."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from django.test import Client
from django.utils import timezone

from tests.journeys.person import Person
from tests.mechanisms import JOURNEYS, Knock, Mechanisms, Row, Seen, lines, mark_of, watching
from tests.world import NEXT_DOOR, STREET, build_world

HERE = JOURNEYS / "test_x.py"
CASE = "/desk/cases/1/"
BY_A = Row("case", "dispatch", "person", "a")
BY_B = Row("case", "sign_in", "person", "b")

MOVED = Knock("cases:move", "POST", CASE + "moves/dispatch/", 302, True, "a", STREET, True, (BY_A,))
TAKEN = Knock("cases:move", "POST", CASE + "moves/sign_in/", 302, True, "b", STREET, True, (BY_B,))
READ = Knock("cases:case", "GET", CASE, 200, True, "a", STREET, True)
REFUSED = Knock("cases:case", "GET", CASE, 404, True, "z", NEXT_DOOR, True)
WHOLE = [MOVED, TAKEN, READ, REFUSED]


def says(*knocks):
    return "; ".join(Seen(list(knocks)).missing())


class TestWhatAMarkClaims:
    def test_a_whole_journey_is_believed(self):
        assert says(*WHOLE) == ""

    def test_nothing_shows_nothing(self):
        assert len(Seen().missing()) == 4

    def test_without_a_sign_in_it_is_not_shown(self):
        assert "sign-in" in says(*(replace(one, truly=False) for one in WHOLE))

    def test_what_a_session_made_by_hand_did_counts_for_nothing(self):
        assert "1 actor(s)" in says(MOVED, replace(TAKEN, truly=False), READ, REFUSED)

    def test_one_actor_is_not_enough(self):
        assert says(MOVED, replace(TAKEN, rows=(BY_A,)), READ, REFUSED) == (
            "1 actor(s) moved something through doors, not two"
        )

    def test_what_rules_and_the_system_did_is_no_actor(self):
        by_rule = Row("case", "file", "rule")
        assert "1 actor(s)" in says(MOVED, replace(TAKEN, rows=(by_rule,)), READ, REFUSED)

    def test_a_resident_needs_no_account(self):
        sent = Knock("portal:check", "POST", "/report/check/", 302, rows=(Row("case", "receive", "resident"),))
        assert says(MOVED, sent, READ, REFUSED) == ""

    def test_without_a_row_of_history_nothing_happened(self):
        assert "history row" in says(*(replace(one, rows=()) for one in WHOLE))

    def test_rows_of_signing_in_show_nothing(self):
        entered = Knock("access:sign_in", "POST", "/sign-in/", 302, False, "a", STREET, True, (BY_A, BY_B))
        assert "no request left a history row" in says(entered, READ, REFUSED)

    @pytest.mark.parametrize(
        "instead",
        [
            None,
            replace(REFUSED, status=200),
            replace(REFUSED, area=STREET),
            replace(REFUSED, truly=False),
            replace(REFUSED, account="", area="", truly=False),
            replace(REFUSED, path="/desk/cases/nowhere/"),
            replace(REFUSED, named=False),
            replace(REFUSED, status=422),
        ],
    )
    def test_without_a_refused_stranger_it_is_not_shown(self, instead):
        knocks = [MOVED, TAKEN, READ, *([instead] if instead else [])]
        assert says(*knocks) == "no stranger of the next sub-district was refused where others were let in"

    def test_the_table_names_doors_roles_and_moves_once(self):
        seen = Seen([*WHOLE, *WHOLE], {"a": ["dispatcher"], "b": ["handler"], "z": ["centre_head"]})
        shown = {"id": "CALL-99", **seen.table()}
        assert lines([shown, shown])[2:] == [
            "| CALL-99 | cases:move, cases:case | dispatcher, handler | case.dispatch, case.sign_in |"
        ]


def item(path=HERE, *args):
    mark = pytest.mark.mechanism(*args).mark
    return SimpleNamespace(path=path, nodeid=str(path), user_properties=[], get_closest_marker=lambda _name: mark)


class TestThePlugin:
    def test_only_journeys_may_claim_a_mechanism(self):
        assert mark_of(item(HERE, "CALL-03")) == "CALL-03"
        with pytest.raises(pytest.UsageError, match="only journeys"):
            mark_of(item(JOURNEYS.parent / "cases" / "test_x.py", "CALL-03"))

    @pytest.mark.parametrize("args", [(), ("call three",), ("CALL-03", "CALL-04"), (3,)])
    def test_a_mark_names_one_id(self, args):
        with pytest.raises(pytest.UsageError, match="one id"):
            mark_of(item(HERE, *args))

    def test_a_marked_test_that_shows_nothing_fails_though_it_passed(self):
        one = item(HERE, "CALL-03")
        call = Mechanisms().pytest_runtest_call(one)
        next(call)
        with pytest.raises(pytest.fail.Exception, match="CALL-03 is not shown"):
            call.send(None)
        assert one.user_properties == []

    def test_an_unmarked_test_is_left_alone(self):
        one = SimpleNamespace(get_closest_marker=lambda _name: None, user_properties=[])
        call = Mechanisms().pytest_runtest_call(one)
        next(call)
        with pytest.raises(StopIteration):
            call.send(None)

    def test_a_failing_test_keeps_its_own_reason(self):
        call = Mechanisms().pytest_runtest_call(item(HERE, "CALL-03"))
        next(call)
        with pytest.raises(ZeroDivisionError):
            call.throw(ZeroDivisionError())


@pytest.mark.django_db
class TestWatching:
    @pytest.fixture
    def world(self, db):
        return build_world(timezone.now())

    def test_a_real_sign_in_is_known_from_one_made_by_hand(self, world):
        with watching() as seen:
            Person.signed_in("dispatcher").open("/desk/new/")
            by_hand = Client()
            by_hand.force_login(world.accounts["clerk"], backend="django.contrib.auth.backends.ModelBackend")
            by_hand.get("/desk/new/")
        opened = [one for one in seen.knocks if one.door == "desk:new"]
        assert [(one.truly, one.counts, one.status) for one in opened] == [(True, True, 200), (False, False, 200)]
        assert seen.roles[str(world.accounts["dispatcher"].pk)] == ["dispatcher"]

    def test_rows_belong_to_the_request_that_left_them(self, world):
        with watching() as seen:
            world.call()
            Person.signed_in("dispatcher").open("/desk/new/").press(
                "登记", channel="hotline", words="路灯不亮。", reply_by="page"
            )
        assert [row.verb for row in seen.rows if row.kind == "case"] == ["receive"]
        assert {row.actor_id for row in seen.rows} == {str(world.accounts["dispatcher"].pk)}

    def test_nothing_is_watched_afterwards(self, world):
        with watching() as seen:
            pass
        Person.signed_in("dispatcher")
        assert seen.knocks == []
