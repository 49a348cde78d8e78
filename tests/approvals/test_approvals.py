import pytest
from django.db import IntegrityError, transaction

from huying.approvals import actions, queries
from huying.approvals.models import Approval
from huying.approvals.rules import FLOW, ApprovalKind, ApprovalState, ApprovalVerb
from huying.audit.models import History
from huying.kernel.actor import resident, rule, system
from huying.kernel.ids import uuid7
from huying.kernel.refusals import Conflict, IllegalMove, Invalid, NotAllowed, NotFound
from huying.people.rules import Duty
from tests.people.factories import GRID, NOW, person

pytestmark = pytest.mark.django_db


def ask(actor=None, kind=ApprovalKind.VOID, object_id=None, **fields):
    return actions.ask(
        **{
            "kind": kind,
            "object_kind": "case",
            "object_id": object_id or uuid7(),
            "area_code": GRID,
            "reason": "同一件事登记了两次",
            "facts": {"clause": "2.3"},
            "actor": actor or person(Duty.HANDLE),
            "now": NOW,
            **fields,
        }  # fmt: skip
    )


def decide(approval, granted=True, words="情况属实", actor=None):
    return actions.decide(
        approval_id=approval.pk, granted=granted, words=words, actor=actor or person(Duty.DECIDE), now=NOW
    )


class TestAsk:
    def test_it_waits_and_is_on_the_record_without_its_words(self):
        asker = person(Duty.HANDLE)
        approval = ask(asker)

        assert (approval.state, approval.asked_by, approval.facts) == (ApprovalState.ASKED, asker.id, {"clause": "2.3"})
        row = History.objects.get(kind="approval", object_id=approval.pk)
        assert (row.verb, row.from_state, row.to_state, row.area_code) == ("ask", "", "asked", GRID)
        assert "同一件事" not in str(row.facts)

    def test_one_open_for_a_kind_and_an_object(self):
        object_id = uuid7()
        first = ask(object_id=object_id)
        with pytest.raises(Conflict):
            ask(object_id=object_id)
        ask(object_id=object_id, kind=ApprovalKind.DECLINE)

        decide(first, granted=False, words="材料不够")
        ask(object_id=object_id)

    def test_the_database_holds_that_too(self):
        one = ask()
        with pytest.raises(IntegrityError), transaction.atomic():
            Approval.objects.create(
                kind=one.kind,
                object_kind="case",
                object_id=one.object_id,
                area_code=GRID,
                reason="又一次",
                asked_at=NOW,
            )

    @pytest.mark.parametrize("reason", ["", "  ", "长" * 501, "甲\x00"])
    def test_a_reason_is_needed(self, reason):
        with pytest.raises(Invalid) as why:
            ask(reason=reason)
        assert list(why.value.errors) == ["reason"]

    def test_a_resident_asks_nothing_here_and_a_rule_may(self):
        with pytest.raises(NotAllowed):
            ask(resident())
        assert ask(rule("overdue")).asked_by is None


class TestDecide:
    @pytest.mark.parametrize(("granted", "state"), [(True, ApprovalState.GRANTED), (False, ApprovalState.REFUSED)])
    def test_another_person_decides_once(self, granted, state):
        approval, decider = ask(), person(Duty.DECIDE)

        decided = decide(approval, granted, actor=decider)

        assert (decided.state, decided.decided_by, decided.decided_at) == (state, decider.id, NOW)
        with pytest.raises(IllegalMove):
            decide(approval)
        row = History.objects.filter(object_id=approval.pk).order_by("id").last()
        assert (row.from_state, row.to_state, row.actor_id) == ("asked", state, decider.id)

    @pytest.mark.parametrize("granted", [True, False])
    def test_never_the_one_who_asked(self, granted):
        asker = person(Duty.HANDLE, Duty.DECIDE)
        approval = ask(asker)

        with pytest.raises(IllegalMove) as why:
            decide(approval, granted, actor=asker)
        assert why.value.facts["guard"] == "not_the_asker"

    @pytest.mark.parametrize("actor", [system(), rule("auto"), resident()])
    def test_never_anybody_but_a_person(self, actor):
        for approval in (ask(), ask(rule("overdue"))):
            with pytest.raises(IllegalMove) as why:
                decide(approval, actor=actor)
            assert why.value.facts["guard"] == "by_a_person"

    def test_the_database_holds_that_too(self):
        approval = ask()
        for fields in ({"decided_by": approval.asked_by, "decided_at": NOW}, {"decided_by": None, "decided_at": None}):
            with pytest.raises(IntegrityError), transaction.atomic():
                Approval.objects.filter(pk=approval.pk).update(state="granted", **fields)

    def test_a_refusal_says_why_and_an_agreement_need_not(self):
        approval = ask()
        with pytest.raises(Invalid):
            decide(approval, granted=False, words=" ")
        assert decide(approval, words="").state == ApprovalState.GRANTED

    def test_a_missing_one_is_not_found(self):
        with pytest.raises(NotFound):
            decide(Approval(pk=uuid7()))


class TestWithdraw:
    def test_the_asker_takes_it_back_and_others_do_not(self):
        asker = person(Duty.HANDLE)
        approval = ask(asker)

        with pytest.raises(IllegalMove):
            actions.withdraw(approval_id=approval.pk, actor=person(Duty.DECIDE), now=NOW)
        taken = actions.withdraw(approval_id=approval.pk, actor=asker, now=NOW)

        assert taken.state == ApprovalState.WITHDRAWN
        with pytest.raises(IllegalMove):
            decide(approval)

    def test_a_rule_takes_it_back_when_the_object_has_ended(self):
        assert actions.withdraw(approval_id=ask().pk, actor=rule("case_ended"), now=NOW).state == "withdrawn"

    def test_nobody_without_a_name_takes_back_what_a_rule_asked(self):
        with pytest.raises(IllegalMove):
            actions.withdraw(approval_id=ask(rule("overdue")).pk, actor=resident(), now=NOW)


class TestQueries:
    def test_open_ones_by_object_and_all_of_one_object(self, django_assert_num_queries):
        object_id = uuid7()
        first = ask(object_id=object_id)
        decide(first)
        second, third = ask(object_id=object_id), ask(object_id=object_id, kind=ApprovalKind.DECLINE)
        ask()

        with django_assert_num_queries(1):
            assert queries.open_of("case", [object_id, uuid7()]) == {object_id: [second, third]}
        assert queries.open_of("order", [object_id]) == {}
        assert set(queries.of_object("case", object_id)) == {first, second, third}
        assert queries.one(first.pk) == first
        assert queries.one(uuid7()) is None


def test_every_state_but_the_first_is_an_end():
    assert {state for move in FLOW for state in move.sources} == {ApprovalState.ASKED}
    assert {move.target for move in FLOW} == set(ApprovalState) - {ApprovalState.ASKED}
    assert {move.verb for move in FLOW} == set(ApprovalVerb) - {ApprovalVerb.ASK}
