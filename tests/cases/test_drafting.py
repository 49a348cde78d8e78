"""Words drafted from standard replies, clauses and earlier answers: offered, marked, edited, and sent by a person."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from huying.audit.models import History
from huying.cases import actions as a
from huying.cases.forms.drafting import MARK
from huying.cases.models import Case
from huying.cases.queries.precedents import earlier_answers
from huying.cases.rules import State, Verb
from huying.cases.rules.masking import HIDDEN, masked
from huying.kernel.refusals import Invalid
from huying.matters.actions import knowledge
from huying.matters.rules.knowledge import ReplyFor
from tests.world import GRID, KAPOK, NOW, STREET, build_world

TODAY = timezone.localdate(NOW)


@pytest.fixture
def world(db):
    return build_world()


@pytest.fixture
def sign_in(world, client, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)

    def signed_in(who):
        client.force_login(world.accounts[who], backend="django.contrib.auth.backends.ModelBackend")
        return client

    return signed_in


def text(world, **more):
    given = {
        "kind": "reply", "reply_for": "answer", "area_code": STREET, "question": "垃圾桶满溢",
        "body": "您反映的{matter}（{number}），{unit}会在今天内处理。", "review_on": TODAY + timedelta(days=90),
        "type_codes": ["0103"], "actor": world.head, "now": NOW, **more,
    }  # fmt: skip
    made = knowledge.write_knowledge(**given)
    knowledge.submit_knowledge(version_id=made.pk, actor=world.head, now=NOW)
    return knowledge.publish_knowledge(version_id=made.pk, actor=world.leader, now=NOW)


def answered(world, words, *, lng=None, **more):
    case = world.call(**more).case
    a.register_case(case.pk, type_code="0103", actor=world.dispatcher, now=NOW)
    a.answer_case(case.pk, words=words, actor=world.clerk, now=NOW)
    return case


class TestMasking:
    @pytest.mark.parametrize(
        ("said", "hidden"),
        [
            ("请打 13800000000 找王女士", "请打 ○○ 找○○"),
            ("住在 3 号楼 502 室", "住在 ○○ ○○"),
            ("微信 abc_1234 或 a.b@example.org", "○○ 或 ○○"),
            ("身份证 11010119900101123X", "身份证 ○○"),
            ("10 月 20 日前修好", "10 月 20 日前修好"),
        ],
    )
    def test_what_points_to_a_person_is_hidden(self, said, hidden):
        assert masked(said) == hidden

    @given(st.text(max_size=200))
    def test_masking_twice_hides_no_more_numbers_than_once(self, said):
        assert not any(len(run) >= 11 and run.isdigit() and run.isascii() for run in masked(said).split())

    @given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.sampled_from(["", "电话", "：", " "]))
    def test_no_mobile_number_is_left(self, number, before):
        assert number not in masked(f"{before}{number}。")


def test_each_move_of_a_reply_is_a_verb_with_a_form():
    from huying.cases.forms.drafting import Drafted
    from huying.cases.forms.table import MOVES

    assert {str(one) for one in ReplyFor} <= set(Verb.values)
    for one in ReplyFor:
        found = [move for move in MOVES.values() if Verb(one) in move.verbs]
        assert [issubclass(move.form, Drafted) and move.form.reply_for == one for move in found] == [True]


class TestPrecedents:
    def test_answers_of_the_same_matter_and_street_come_masked_and_without_callers_words(self, world):
        answered(world, "环卫站今天已清运，电话 020-12345678。")
        answered(world, "榕树路口的垃圾桶满了，没有人来收。这件事已转办。")  # what the caller said
        case = world.call().case
        assert earlier_answers(case, "0103", world.clerk) == [f"环卫站今天已清运，电话 {HIDDEN}。"]
        assert earlier_answers(case, "0901", world.clerk) == []

    def test_only_what_the_viewer_may_see(self, world):
        answered(world, "环卫站今天已清运。")
        case = world.call(lng=113.325, lat=23.105).case
        assert case.area_code.startswith(KAPOK)
        assert earlier_answers(case, "0103", world.dispatcher) == ["环卫站今天已清运。"]
        assert earlier_answers(case, "0103", world.kapok_worker) == []
        assert earlier_answers(case, "0103", world.next_dispatcher) == []

    def test_at_most_three_and_none_twice(self, world):
        for words in ("一号答复。", "二号答复。", "二号答复。", "三号答复。", "四号答复。"):
            answered(world, words)
        assert len(earlier_answers(world.call().case, "0103", world.clerk)) == 3

    def test_a_confidential_case_is_nobodys_precedent(self, world):
        case = answered(world, "已妥善处理。")
        Case.objects.filter(pk=case.pk).update(confidential=True, restricted=True)
        assert earlier_answers(world.call().case, "0103", world.leader) == []


class TestDraft:
    def page(self, client, case, **data):
        return client.post(reverse("cases:move", args=[case.pk, "answer"]), {"find": "draft", "words": "", **data})

    def test_it_puts_reply_clause_and_precedents_together_for_a_person_to_edit(self, world, sign_in):
        text(world, basis="街道便民指南第三条")
        answered(world, "昨天已经清运。")
        case = world.call().case
        a.register_case(case.pk, type_code="0103", actor=world.dispatcher, now=NOW)
        client = sign_in("clerk")

        page = self.page(client, case).content.decode()

        assert f"您反映的垃圾桶满溢或破损（{case.number}），榕树社区会在今天内处理。" in page
        assert "依据：街道便民指南第三条" in page
        assert f"{MARK} 昨天已经清运。" in page
        case.refresh_from_db()
        assert case.state == State.TRIAGED  # nothing was sent

    def test_a_draft_that_still_holds_an_earlier_answer_is_not_sent(self, world, sign_in):
        case = world.call().case
        client = sign_in("clerk")
        address = reverse("cases:move", args=[case.pk, "answer"])
        refused = client.post(address, {"words": f"好的。\n{MARK}别人的答复", "source": "phone"})
        assert refused.status_code == 422
        assert "※" in refused.content.decode()
        case.refresh_from_db()
        assert case.state == State.RECEIVED

    def test_what_was_typed_stays_in_front(self, world, sign_in):
        text(world, type_codes=[])
        case = world.call().case
        page = self.page(sign_in("clerk"), case, words="我先写了一句。").content.decode()
        assert page.index("我先写了一句。") < page.index("会在今天内处理")

    def test_another_reply_takes_the_place_of_an_untouched_draft(self, world, sign_in):
        text(world, type_codes=[], body="第一种说法。")
        other = text(world, type_codes=[], question="另一种", body="第二种说法。")
        case = world.call().case
        client = sign_in("clerk")
        self.page(client, case)
        made = "第一种说法。"
        page = self.page(client, case, words=made, drafted=made, reply=str(other.pk)).content.decode()
        assert "第二种说法。" in page
        assert page.count("第一种说法。") == 0

    def test_the_form_asks_nothing_of_the_database_until_somebody_wants_a_draft(
        self, world, sign_in, django_assert_num_queries
    ):
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        case = world.call().case
        client = sign_in("clerk")
        address = reverse("cases:case", args=[case.pk]) + "?move=answer"
        client.get(address)
        with CaptureQueriesContext(connection) as found:
            client.get(address)
        assert not any("matters_knowledge" in one["sql"] for one in found)

    def test_where_there_is_nothing_it_says_so(self, world, sign_in):
        page = self.page(sign_in("clerk"), world.call().case).content.decode()
        assert "请自己写" in page


class TestAnsweredByAnArticle:
    def article(self, world, **more):
        return text(world, kind="article", reply_for="", question="垃圾桶满了找谁", body="打环卫站电话。", **more)

    def test_the_version_is_written_down(self, world):
        made = self.article(world)
        case = world.call().case
        a.answer_case(case.pk, words="打环卫站电话。", article=made.pk, actor=world.clerk, now=NOW)
        line = History.objects.get(object_id=case.pk, verb="answer")
        assert (line.facts["article"], line.facts["version"]) == (str(made.entry), 1)

    @pytest.mark.parametrize("why", ["retired", "elsewhere", "reply", "unknown"])
    def test_one_that_is_not_in_use_there_answers_nothing(self, world, why):
        made = self.article(world, **({"area_code": KAPOK} if why == "elsewhere" else {}))
        if why == "retired":
            knowledge.retire_knowledge(version_id=made.pk, actor=world.head, now=NOW)
        if why == "reply":
            made = text(world)
        case = world.call().case
        chosen = case.pk if why == "unknown" else made.pk
        with pytest.raises(Invalid):
            a.answer_case(case.pk, words="好", article=chosen, actor=world.clerk, now=NOW)
        case.refresh_from_db()
        assert case.state == State.RECEIVED

    def test_triage_shows_it_and_one_tap_answers(self, world, sign_in):
        made = self.article(world)
        case = world.call().case
        client = sign_in("clerk")
        page = client.get(f"/desk/triage/{case.pk}/answers/").content.decode()
        assert "垃圾桶满了找谁" in page
        sent = {"words": made.body, "source": "knowledge", "article": str(made.pk)}
        client.post(reverse("cases:move", args=[case.pk, "answer"]), sent)
        case.refresh_from_db()
        assert (case.state, case.answer) == (State.ANSWERED, "打环卫站电话。")

    def test_its_words_may_be_changed_first(self, world, sign_in):
        made = self.article(world)
        case = world.call().case
        page = sign_in("clerk").get(f"/desk/cases/{case.pk}/?move=answer&article={made.pk}").content.decode()
        assert "打环卫站电话。" in page
        assert str(made.pk) in page

    def test_a_stranger_gets_what_a_missing_case_gets(self, world, sign_in):
        case = world.call().case
        client = sign_in("next_dispatcher")
        away = client.get(f"/desk/triage/{case.pk}/answers/")
        none = client.get("/desk/triage/00000000-0000-7000-8000-000000000000/answers/")
        assert away.status_code == none.status_code == 404

    def test_a_call_is_taken_down_and_answered_at_once_or_not_at_all(self, world, sign_in):
        from huying.kernel.ids import uuid7

        made = self.article(world)
        client = sign_in("clerk")
        sent = {
            "key": str(uuid7()), "channel": "hotline", "words": "楼下垃圾桶满了找谁收", "reply_by": "page",
            "grid_code": GRID,
        }  # fmt: skip
        shown = client.post("/desk/new/answers/", {"words": sent["words"], "grid_code": GRID}).content.decode()
        assert str(made.pk) in shown
        assert client.post("/desk/new/", {**sent, "answer_with": str(uuid7())}).status_code == 422
        assert not Case.objects.exists()

        for _again in range(2):
            assert client.post("/desk/new/", {**sent, "answer_with": str(made.pk)}).status_code == 302

        case = Case.objects.get()
        assert (case.state, case.answer) == (State.ANSWERED, "打环卫站电话。")
