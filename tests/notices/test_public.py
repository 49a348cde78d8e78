"""Public notices: drafted by one, put up by another, objected to, answered, closed; nobody else's business."""

from datetime import timedelta

import pytest

from huying.audit.models import History
from huying.kernel.actor import resident
from huying.kernel.ids import uuid7
from huying.kernel.paging import Page
from huying.kernel.refusals import Conflict, IllegalMove, Invalid, KeyReused, NotAllowed, NotFound
from huying.notices import actions, queries
from huying.notices.actions.public import Paper, legal_moves
from huying.notices.models import Notice, Objection, PublicNotice
from huying.notices.rules import PUBLIC_FLOW, PublicState, PublicVerb
from huying.notices.sealing import objection_hash
from tests.world import BANYAN, GRID, KAPOK, NEXT_DOOR, NOW, STREET

PAPER = Paper("plan", "加装充电桩的方案", "拟在北门加装六个充电桩。", BANYAN, "榕树社区居委会", 15)


def up(world, now=NOW, **options):
    """A paper of the community's secretary, put up by the street's leader."""
    paper = actions.draft_public(
        paper=Paper(**{**PAPER.__dict__, **options}), actor=world.secretary, now=now
    )  # fmt: skip
    actions.ask_public(public_id=paper.pk, actor=world.secretary, now=now)
    return actions.decide_public(public_id=paper.pk, granted=True, actor=world.leader, now=now)


def objected(paper, words="离楼太近。", now=NOW):
    return actions.object_to_public(public_id=paper.pk, words=words, key=uuid7(), actor=resident(), now=now)


class TestTheWay:
    def test_from_draft_to_result(self, world, house):
        paper = up(world)
        assert paper.ends_at - paper.begins_at >= timedelta(days=15)
        objection, code = objected(paper)
        assert queries.objection_by(objection_hash(code)).pk == objection.pk
        with pytest.raises(IllegalMove):
            actions.close_public(public_id=paper.pk, summary="好", actor=world.secretary, now=NOW)
        over = paper.ends_at + timedelta(minutes=1)
        with pytest.raises(IllegalMove):  # an objection waits for its answer
            actions.close_public(public_id=paper.pk, summary="好", actor=world.secretary, now=over)
        actions.answer_objection(objection_id=objection.pk, answer="改到东门。", actor=world.secretary, now=over)
        assert actions.tell_ended(now=over) == 1
        assert actions.tell_ended(now=over) == 0
        actions.close_public(public_id=paper.pk, summary="收到一条，已改方案。", actor=world.secretary, now=over)
        mine = Notice.objects.filter(account=world.accounts["secretary"]).order_by("made_at", "pk")
        assert [one.kind for one in mine] == ["public_decided", "objection_received", "public_ended"]
        asked = Notice.objects.filter(kind="public_asked")
        assert asked.filter(account=world.accounts["leader"]).exists()
        assert not asked.filter(read_at=None).exists()
        verbs = list(History.objects.filter(kind="public_notice").order_by("id").values_list("verb", flat=True))
        assert verbs == ["draft", "ask", "publish", "object", "answer", "close"]

    def test_a_form_sent_twice_makes_one_paper(self, world, house):
        key = uuid7()
        for _twice in range(2):
            assert actions.draft_public(paper=PAPER, public_id=key, actor=world.head, now=NOW).pk == key
        assert PublicNotice.objects.count() == 1
        with pytest.raises(Conflict):
            actions.draft_public(paper=PAPER, public_id=key, actor=world.head2, now=NOW)

    def test_nobody_puts_up_the_own_paper(self, world, house):
        paper = actions.draft_public(paper=PAPER, actor=world.head, now=NOW)
        actions.ask_public(public_id=paper.pk, actor=world.head, now=NOW)
        with pytest.raises(IllegalMove):
            actions.decide_public(public_id=paper.pk, granted=True, actor=world.head, now=NOW)
        actions.decide_public(public_id=paper.pk, granted=True, actor=world.head2, now=NOW)

    def test_who_changes_a_paper_has_made_it(self, world, house):
        paper = actions.draft_public(paper=PAPER, actor=world.head, now=NOW)
        actions.change_public(public_id=paper.pk, paper=PAPER, actor=world.head2, now=NOW)
        actions.ask_public(public_id=paper.pk, actor=world.head, now=NOW)
        with pytest.raises(IllegalMove):
            actions.decide_public(public_id=paper.pk, granted=True, actor=world.head2, now=NOW)

    def test_a_paper_sent_back_says_why_and_comes_again(self, world, house):
        paper = actions.draft_public(paper=PAPER, actor=world.secretary, now=NOW)
        actions.ask_public(public_id=paper.pk, actor=world.secretary, now=NOW)
        with pytest.raises(Invalid):
            actions.decide_public(public_id=paper.pk, granted=False, actor=world.leader, now=NOW)
        back = actions.decide_public(
            public_id=paper.pk, granted=False, words="写明费用。", actor=world.leader, now=NOW
        )  # fmt: skip
        assert (back.state, back.sent_back_words) == (PublicState.DRAFT, "写明费用。")

    def test_what_is_up_is_not_changed(self, world, house):
        paper = up(world)
        for act in (
            lambda: actions.change_public(public_id=paper.pk, paper=PAPER, actor=world.head, now=NOW),
            lambda: actions.drop_public(public_id=paper.pk, actor=world.head, now=NOW),
        ):
            with pytest.raises(IllegalMove):
                act()

    def test_every_state_can_still_reach_an_end(self):
        ends = {PublicState.CLOSED, PublicState.WITHDRAWN, PublicState.DROPPED}
        steps = {(source, move.target) for move in PUBLIC_FLOW for source in move.sources if move.target}
        reaching = set(ends)
        while more := {source for source, target in steps if target in reaching} - reaching:
            reaching |= more
        assert reaching == set(PublicState)

    def test_the_page_offers_what_the_act_allows(self, world, house):
        paper = up(world)
        assert PublicVerb.WITHDRAW in legal_moves(paper, world.leader, NOW)
        assert PublicVerb.CLOSE not in legal_moves(paper, world.secretary, NOW)
        assert legal_moves(paper, world.next_dispatcher, NOW) == []


class TestScope:
    def test_a_stranger_learns_nothing(self, world, house):
        draft = actions.draft_public(paper=PAPER, actor=world.secretary, now=NOW)
        stranger = world.next_dispatcher
        assert queries.public_for(draft.pk, stranger) is None
        assert queries.publics(stranger, page=Page()) == []
        for act in (
            lambda: actions.ask_public(public_id=draft.pk, actor=stranger, now=NOW),
            lambda: actions.change_public(public_id=draft.pk, paper=PAPER, actor=stranger, now=NOW),
            lambda: actions.drop_public(public_id=draft.pk, actor=stranger, now=NOW),
            lambda: actions.ask_public(public_id=uuid7(), actor=stranger, now=NOW),
        ):
            with pytest.raises(NotFound):
                act()
        with pytest.raises(NotFound):
            actions.draft_public(paper=PAPER, actor=stranger, now=NOW)

    def test_a_duty_is_needed(self, world, house):
        with pytest.raises(NotAllowed):
            actions.draft_public(paper=PAPER, actor=world.clerk, now=NOW)
        draft = actions.draft_public(paper=PAPER, actor=world.secretary, now=NOW)
        actions.ask_public(public_id=draft.pk, actor=world.secretary, now=NOW)
        with pytest.raises(NotAllowed):
            actions.decide_public(public_id=draft.pk, granted=True, actor=world.secretary, now=NOW)

    def test_a_community_does_not_put_up_papers_next_door(self, world, house):
        with pytest.raises(NotFound):
            actions.draft_public(
                paper=Paper(**{**PAPER.__dict__, "area_code": KAPOK}), actor=world.secretary, now=NOW
            )  # fmt: skip

    @pytest.mark.parametrize(("area", "sees"), [(STREET, 1), (BANYAN, 1), (GRID, 1), (KAPOK, 0), (NEXT_DOOR, 0)])
    def test_residents_see_what_is_put_up_for_their_area(self, world, house, area, sees):
        paper = up(world)
        assert len(queries.published(area, now=NOW, page=Page())) == sees
        assert len(queries.published(area, now=NOW - timedelta(minutes=1), page=Page())) == 0
        actions.withdraw_public(public_id=paper.pk, words="有误。", actor=world.leader, now=NOW)
        assert queries.published(area, now=NOW, page=Page()) == []
        assert queries.public_for_all(paper.pk, NOW) is None


class TestObjections:
    def test_sent_twice_it_is_there_once(self, world, house):
        paper, key = up(world), uuid7()
        given = {"public_id": paper.pk, "key": key, "actor": resident(), "now": NOW}
        first, again = (actions.object_to_public(words="太近。", **given) for _twice in range(2))
        assert first == again
        assert Objection.objects.count() == 1
        with pytest.raises(KeyReused):
            actions.object_to_public(words="别的话。", **given)

    def test_only_while_it_is_up_and_takes_them(self, world, house):
        paper = up(world)
        with pytest.raises(IllegalMove):
            objected(paper, now=paper.ends_at)
        with pytest.raises(IllegalMove):
            objected(up(world, takes_objections=False))
        draft = actions.draft_public(paper=PAPER, actor=world.secretary, now=NOW)
        with pytest.raises(NotFound):
            objected(draft)
        with pytest.raises(Invalid):
            objected(paper, words="  ")

    def test_there_is_no_place_for_a_name(self):
        names = {field.name for field in Objection._meta.concrete_fields}
        assert names == {
            "id", "public", "code_hash", "words", "received_at", "answer", "answered_by", "answered_at",
        }  # fmt: skip

    def test_neither_words_nor_code_stand_in_history(self, world, house):
        _objection, code = objected(up(world), words="我家窗下太吵。")
        rows = History.objects.filter(kind="public_notice")
        assert not [one for one in rows if "太吵" in str(one.facts) or code in str(one.facts)]


@pytest.mark.parametrize(
    "changed", [{"days": 0}, {"days": 181}, {"basis": "lunar"}, {"kind": "x"}, {"title": " "}, {"area_code": "abc"}]
)
def test_a_paper_that_is_none_is_refused(world, house, changed):
    with pytest.raises(Invalid):
        actions.draft_public(paper=Paper(**{**PAPER.__dict__, **changed}), actor=world.head, now=NOW)
    assert not PublicNotice.objects.exists()


def test_each_act_asks_for_its_words_and_for_something_that_is_there(world, house):
    paper = up(world)
    objection, _code = objected(paper)
    for act, empty in (
        (actions.close_public, {"public_id": paper.pk, "summary": " "}),
        (actions.withdraw_public, {"public_id": paper.pk, "words": " "}),
        (actions.answer_objection, {"objection_id": objection.pk, "answer": " "}),
    ):
        with pytest.raises(Invalid):
            act(**empty, actor=world.secretary, now=NOW)
    with pytest.raises(NotFound):
        actions.answer_objection(objection_id=uuid7(), answer="好", actor=world.secretary, now=NOW)
    actions.answer_objection(objection_id=objection.pk, answer="改到东门。", actor=world.secretary, now=NOW)
    with pytest.raises(IllegalMove):
        actions.answer_objection(objection_id=objection.pk, answer="又答。", actor=world.secretary, now=NOW)
