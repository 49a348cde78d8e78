"""The knowledge base: two persons for each version, who sees what, what is offered where, and what has expired."""

from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from huying.audit.models import History
from huying.kernel.actor import system
from huying.kernel.grams import grams
from huying.kernel.ids import uuid7
from huying.kernel.paging import Page
from huying.kernel.refusals import IllegalMove, Invalid, KeyReused, NotAllowed, NotFound
from huying.matters.actions import knowledge as actions
from huying.matters.models import Knowledge
from huying.matters.queries import knowledge as queries
from huying.matters.queries.knowledge import Wanted
from huying.matters.rules.knowledge import (
    NEAR,
    SHOWN_AFTER_REVIEW,
    Blank,
    KnowledgeState,
    blanks_problem,
    is_offered,
    nearness,
    oldest_offered,
    reply_words,
)
from huying.notices.models import Notice
from tests.world import BANYAN, GRID, KAPOK, NEXT_DOOR, NOW, STREET, build_world

TODAY = timezone.localdate(NOW)
QUESTION, BODY = "大件垃圾怎么预约上门收", "打街道环卫站电话预约，第二天上门收，不收钱。"


@pytest.fixture
def world(db):
    return build_world()


def write(world, **more):
    given = {
        "kind": "article", "area_code": STREET, "question": QUESTION, "body": BODY,
        "review_on": TODAY + timedelta(days=90), "actor": world.head, "now": NOW, **more,
    }  # fmt: skip
    return actions.write_knowledge(**given)


def published(world, **more):
    made = write(world, **more)
    actions.submit_knowledge(version_id=made.pk, actor=world.head, now=NOW)
    return actions.publish_knowledge(version_id=made.pk, actor=world.leader, now=NOW)


class TestRules:
    @pytest.mark.parametrize(
        ("kind", "body", "sound"),
        [
            ("reply", "您反映的{matter}已经办好。", True),
            ("reply", "您好，{name}。", False),
            ("reply", "您好，{matter。", False),
            ("reply", "没有空格的话。", True),
            ("article", "写成 {name} 也没有关系。", True),
        ],
    )
    def test_only_known_blanks_stand_in_a_reply(self, kind, body, sound):
        assert (blanks_problem(kind, body) is None) is sound

    @given(st.dictionaries(st.sampled_from(Blank.values), st.text(max_size=20)), st.text(max_size=60))
    def test_a_value_is_put_in_as_it_is_and_filled_no_further(self, facts, words):
        body = "".join("{" + name + "}" for name in facts)
        assert reply_words(body, facts) == "".join(facts.values())
        plain = words.replace("{", "").replace("}", "")
        assert reply_words(plain, facts) == plain

    @given(st.text(max_size=80), st.text(max_size=80))
    def test_nearness_is_a_share_and_a_little_more(self, said, question):
        assert 0 <= nearness(set(grams(said)), question, ("0103",), ["0103"]) <= 1.15

    def test_what_is_asked_in_other_words_is_near_and_another_matter_is_not(self):
        said = set(grams("我家有张旧床，大件垃圾要找谁预约收走"))
        assert nearness(said, QUESTION, (), []) >= NEAR
        assert nearness(said, "老年优待证在哪里办", (), []) < NEAR

    def test_a_text_is_offered_until_a_month_after_its_review(self):
        day = TODAY - SHOWN_AFTER_REVIEW
        assert is_offered(day, TODAY)
        assert not is_offered(day - timedelta(days=1), TODAY)
        assert oldest_offered(TODAY) == day


class TestWriting:
    def test_one_writes_and_another_publishes(self, world):
        made = published(world)

        assert (made.state, made.number, made.approved_by) == (KnowledgeState.PUBLISHED, 1, world.leader.id)
        lines = History.objects.filter(kind="knowledge", object_id=made.pk).order_by("pk")
        assert [one.verb for one in lines] == ["change", "submit", "publish"]
        assert not any(QUESTION in str(one.facts) or BODY in str(one.facts) for one in lines)
        assert Notice.objects.filter(kind="knowledge_asked", account_id=world.leader.id).count() == 1

    def test_the_same_form_twice_is_one_draft(self, world):
        key = uuid7()
        assert write(world, key=key) == write(world, key=key, now=NOW + timedelta(seconds=2))
        assert Knowledge.objects.count() == 1
        with pytest.raises(KeyReused):
            write(world, key=key, body="换一句话。")

    def test_nobody_publishes_own_words(self, world):
        from dataclasses import replace

        made = write(world)
        actions.submit_knowledge(version_id=made.pk, actor=world.head, now=NOW)
        both = replace(world.leader, id=world.head.id)
        with pytest.raises(IllegalMove):
            actions.publish_knowledge(version_id=made.pk, actor=both, now=NOW)

    def test_the_next_version_takes_the_place_of_the_one_before(self, world):
        first = published(world)
        second = write(world, version_id=first.pk, body="改了的答复。")
        assert (second.entry, second.number) == (first.entry, 2)
        assert queries.public_answer(first.entry, today=TODAY).body == BODY

        actions.submit_knowledge(version_id=second.pk, actor=world.head, now=NOW)
        actions.publish_knowledge(version_id=second.pk, actor=world.leader, now=NOW)

        first.refresh_from_db()
        assert first.state == KnowledgeState.RETIRED
        assert queries.public_answer(first.entry, today=TODAY).body == "改了的答复。"

    def test_a_draft_that_went_back_is_changed_and_sent_again(self, world):
        made = write(world)
        actions.submit_knowledge(version_id=made.pk, actor=world.head, now=NOW)
        with pytest.raises(IllegalMove):
            write(world, version_id=made.pk)
        actions.send_back_knowledge(version_id=made.pk, words="写上电话", actor=world.leader, now=NOW)
        again = write(world, version_id=made.pk, body="打 12345。")
        assert (again.pk, again.number, again.state) == (made.pk, 1, KnowledgeState.DRAFT)

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("question", " "),
            ("body", ""),
            ("kind", "poem"),
            ("type_codes", ["9999"]),
            ("review_on", TODAY),
            ("review_on", TODAY + timedelta(days=731)),
        ],
    )
    def test_what_is_wrong_is_named(self, world, field, value):
        with pytest.raises(Invalid) as why:
            write(world, **{field: value})
        assert field in why.value.errors

    def test_a_reply_names_its_move_and_has_known_blanks_alone(self, world):
        for more in ({"reply_for": ""}, {"reply_for": "answer", "body": "您好，{phone}"}):
            with pytest.raises(Invalid):
                write(world, kind="reply", **more)
        assert published(world, kind="reply", reply_for="answer", body="您好，{number}。").reply_for == "answer"

    def test_a_unit_of_another_street_is_no_owner(self, world):
        with pytest.raises(Invalid):
            write(world, unit_id=world.units["next_sanitation"].pk)

    def test_one_retires_what_is_in_use_and_drops_what_is_not(self, world):
        made = published(world)
        actions.retire_knowledge(version_id=made.pk, actor=world.head, now=NOW)
        assert queries.public_answer(made.entry, today=TODAY) is None
        other = write(world)
        actions.drop_knowledge(version_id=other.pk, actor=world.head, now=NOW)
        assert not queries.listed(world.head, Wanted(), today=TODAY, page=Page())


class TestScope:
    def test_the_stranger_next_door_finds_nothing_and_writes_nothing(self, world):
        made = published(world)
        with pytest.raises(NotFound):
            queries.one(world.next_dispatcher, made.pk)
        assert queries.listed(world.next_dispatcher, Wanted(), today=TODAY, page=Page()) == []
        acts = [
            lambda: write(world, actor=world.next_dispatcher),
            lambda: write(world, version_id=made.pk, actor=world.next_dispatcher),
            lambda: actions.retire_knowledge(version_id=made.pk, actor=world.next_dispatcher, now=NOW),
        ]
        for act in acts:
            with pytest.raises(NotFound):
                act()

    def test_staff_read_what_is_in_use_and_only_keepers_what_is_in_the_making(self, world):
        made = published(world)
        draft = write(world, question="另一条")
        for who in (world.clerk, world.handler, world.secretary):
            assert queries.one(who, made.pk) == made
            with pytest.raises(NotFound):
                queries.one(who, draft.pk)
        assert queries.one(world.leader, draft.pk) == draft

    def test_who_reads_may_not_keep(self, world):
        made = published(world)
        with pytest.raises(NotAllowed):
            actions.retire_knowledge(version_id=made.pk, actor=world.clerk, now=NOW)
        with pytest.raises(NotAllowed):
            write(world, actor=world.dispatcher)

    def test_each_move_asks_for_its_duty(self, world):
        day = TODAY + timedelta(days=30)
        draft, used = write(world, actor=world.head2), published(world)
        for act in (
            lambda: write(world, version_id=draft.pk, actor=world.leader),
            lambda: actions.submit_knowledge(version_id=draft.pk, actor=world.leader, now=NOW),
            lambda: actions.drop_knowledge(version_id=draft.pk, actor=world.leader, now=NOW),
            lambda: actions.review_knowledge(version_id=used.pk, review_on=day, actor=world.leader, now=NOW),
            lambda: actions.retire_knowledge(version_id=used.pk, actor=world.leader, now=NOW),
        ):
            with pytest.raises(NotAllowed):
                act()
        actions.submit_knowledge(version_id=draft.pk, actor=world.head2, now=NOW)
        for act in (
            lambda: actions.publish_knowledge(version_id=draft.pk, actor=world.head, now=NOW),
            lambda: actions.send_back_knowledge(version_id=draft.pk, words="改", actor=world.head, now=NOW),
        ):
            with pytest.raises(NotAllowed):
                act()


class TestOffered:
    def test_a_text_holds_in_its_area_and_below(self, world):
        published(world, area_code=BANYAN)
        asked = "大件垃圾预约上门收怎么弄"
        assert queries.matching(asked, GRID, today=TODAY)
        assert not queries.matching(asked, KAPOK + "001", today=TODAY)
        assert not queries.matching(asked, NEXT_DOOR, today=TODAY)
        assert not queries.matching(asked, STREET, today=TODAY)

    def test_what_nobody_looked_at_again_is_offered_no_more_until_somebody_does(self, world):
        made = published(world)
        late = made.review_on + SHOWN_AFTER_REVIEW + timedelta(days=1)
        assert queries.public_answer(made.entry, today=late - timedelta(days=1)) is not None
        assert queries.public_answer(made.entry, today=late) is None
        assert not queries.matching(BODY, STREET, today=late)

        now = NOW + (late - TODAY)
        actions.review_knowledge(version_id=made.pk, review_on=late + timedelta(days=90), actor=world.head, now=now)

        assert queries.public_answer(made.entry, today=late) is not None

    def test_drafts_and_replies_answer_nobody(self, world):
        write(world)
        published(world, kind="reply", reply_for="answer", question=QUESTION)
        assert not queries.matching(QUESTION, GRID, today=TODAY)
        assert queries.public_answers(STREET, "", today=TODAY, page=Page()) == []

    def test_replies_of_the_matter_and_of_the_nearest_area_come_first(self, world):
        wide = published(world, kind="reply", reply_for="answer", question="通用")
        other = published(world, kind="reply", reply_for="answer", question="别的事", type_codes=["0901"])
        near = published(world, kind="reply", reply_for="answer", question="社区的", area_code=BANYAN)
        exact = published(world, kind="reply", reply_for="answer", question="对口的", type_codes=["0103"])
        found = queries.replies("answer", GRID, "0103", today=TODAY)
        assert found == [exact, near, wide]
        assert other not in found
        assert queries.replies("ask_decline", GRID, "0103", today=TODAY) == []

    def test_search_asks_for_every_pair(self, world):
        made = published(world)
        found = lambda words: queries.listed(world.clerk, Wanted(words=words), today=TODAY, page=Page())  # noqa: E731
        assert found("大件垃圾") == [made]
        assert found("大件 环卫站") == [made]
        assert found("大件家具") == []


class TestReview:
    def test_the_owner_hears_once_a_day_of_review_and_else_those_who_keep(self, world):
        owned = published(world, unit_id=world.units["sanitation"].pk)
        kept = published(world, question="没有负责单位的")
        now = NOW + timedelta(days=90)

        assert actions.remind_reviews(actor=system(), now=now) == 2
        assert actions.remind_reviews(actor=system(), now=now + timedelta(days=1)) == 0

        told = Notice.objects.filter(kind="knowledge_due")
        assert set(told.filter(object_id=owned.pk).values_list("account_id", flat=True)) == {
            world.handler.id, world.unit_head.id,
        }  # fmt: skip
        assert world.head.id in set(told.filter(object_id=kept.pk).values_list("account_id", flat=True))
        with pytest.raises(NotAllowed):
            actions.remind_reviews(actor=world.head, now=now)

    def test_due_texts_are_a_list_of_their_own(self, world):
        made = published(world)
        due = lambda day: queries.listed(world.head, Wanted(state="due"), today=day, page=Page())  # noqa: E731
        assert due(made.review_on - timedelta(days=1)) == []
        assert due(made.review_on) == [made]


class TestPages:
    @pytest.fixture
    def at(self, monkeypatch):
        monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)

    @pytest.fixture
    def sign_in(self, world, client, at):
        def signed_in(who):
            client.force_login(world.accounts[who], backend="django.contrib.auth.backends.ModelBackend")
            return client

        return signed_in

    def test_a_text_is_written_sent_and_published_on_the_pages(self, world, sign_in):
        client = sign_in("head")
        given = {
            "area_code": STREET, "question": QUESTION, "body": BODY, "type_codes": ["0103"], "basis": "街道便民指南",
            "unit_id": str(world.units["sanitation"].pk), "review_on": (TODAY + timedelta(days=90)).isoformat(),
        }  # fmt: skip
        assert client.post("/desk/matters/knowledge/new/?kind=article", {**given, "body": ""}).status_code == 422
        answer = client.post("/desk/matters/knowledge/new/?kind=article", given, follow=True)
        made = Knowledge.objects.get()
        assert QUESTION in answer.content.decode()
        client.post(f"/desk/matters/knowledge/{made.pk}/submit/")
        assert client.post(f"/desk/matters/knowledge/{made.pk}/publish/").status_code == 422

        client = sign_in("leader")
        client.post(f"/desk/matters/knowledge/{made.pk}/publish/")

        made.refresh_from_db()
        assert made.state == KnowledgeState.PUBLISHED
        page = client.get("/desk/matters/knowledge/?q=大件垃圾").content.decode()
        assert QUESTION in page
        assert "街道环卫站" in page

    def test_missing_and_next_doors_answer_the_same(self, world, sign_in):
        made = published(world)
        client = sign_in("next_dispatcher")
        away = client.get(f"/desk/matters/knowledge/{made.pk}/")
        none = client.get("/desk/matters/knowledge/00000000-0000-7000-8000-000000000000/")
        assert away.status_code == none.status_code == 404
