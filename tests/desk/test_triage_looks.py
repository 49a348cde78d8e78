"""Pages on how good triage is: last week's mistakes, limits, models; and the suggestions while a call is taken."""

from datetime import timedelta

import pytest

from huying.cases import actions as a
from huying.cases.actions.triaging import act_alone
from huying.cases.models import Case, Suggested, TriageModel
from huying.kernel.ids import uuid7
from tests.cases.test_triage_learning import file_of, model
from tests.cases.test_triaging import BIN, DAY, limit, sure  # noqa: F401
from tests.world import GRID, NOW

pytestmark = pytest.mark.django_db
PAGES = ("/desk/triage/wrong/", "/desk/triage/limits/", "/desk/triage/models/")


def dispatched(world, code, **given):
    case = world.call(words=BIN, **given).case
    a.register_file_dispatch(
        case.pk, lead_id=world.units["sanitation"].pk, type_code=code, actor=world.dispatcher, now=NOW
    )
    return case


class TestWhileTaken:
    def test_types_are_offered_with_reasons_and_sureness_and_none_is_chosen(self, world, sign_in):
        page = sign_in("clerk").post("/desk/new/answers/", {"words": BIN}).content.decode()
        assert 'name="type_code" value="0103"' in page
        assert 'data-key="1"' in page
        assert "与清单的词一致" in page
        assert "%" in page
        assert "checked" not in page

    def test_what_was_chosen_stays_chosen_and_goes_with_the_call(self, world, sign_in):
        client = sign_in("clerk")
        page = client.post("/desk/new/answers/", {"words": BIN, "type_code": "0103"}).content.decode()
        assert page.count("checked") == 1
        sent = {"key": str(uuid7()), "channel": "hotline", "words": BIN, "grid_code": GRID, "reply_by": "page"}
        assert client.post("/desk/new/", {**sent, "type_code": "0103"}).status_code == 302
        assert Case.objects.get().type_code == "0103"

    def test_a_type_that_is_none_is_refused_with_a_sentence(self, world, sign_in):
        sent = {"key": str(uuid7()), "channel": "hotline", "words": BIN, "reply_by": "page", "type_code": "9999"}
        answer = sign_in("clerk").post("/desk/new/", sent)
        assert answer.status_code == 422
        assert "没有这类事项" in answer.content.decode()

    def test_without_any_suggestion_the_form_is_as_it_was(self, world, sign_in, monkeypatch):
        monkeypatch.setattr("huying.cases.queries.suggesting._pointed", lambda *args: 1 / 0)
        monkeypatch.setattr("huying.matters.queries.suggest", lambda *args, **given: 1 / 0)
        case = world.call(words=BIN).case
        client = sign_in("dispatcher")
        page = client.get(f"/desk/triage/{case.pk}/")
        assert page.status_code == 200
        assert "从清单里选别的事项" in page.content.decode()


class TestWrong:
    def test_pairs_with_links_to_their_cases(self, world, sign_in, sure):  # noqa: F811
        case, _right = dispatched(world, "0101"), dispatched(world, "0103")
        page = sign_in("clerk").get(PAGES[0]).content.decode()
        assert "近 7 天受理 2 件有建议的，其中 1 件改成了别的事项" in page
        assert f'href="/desk/cases/{case.pk}/"' in page
        assert case.number in page
        assert "占" not in page  # two of them are no share

    def test_a_rules_dispatch_is_put_right_by_one_click(self, world, sign_in, sure):  # noqa: F811
        case = world.call(words=BIN).case
        limit(world)
        act_alone(now=NOW)
        sure("0301")
        client = sign_in("dispatcher")
        page = client.get(PAGES[0]).content.decode()
        assert f'action="/desk/triage/{case.pk}/right/"' in page
        assert 'value="0301"' in page
        answer = client.post(f"/desk/triage/{case.pk}/right/", {"type_code": "0301"}, follow=True).content.decode()
        assert Case.objects.get(pk=case.pk).type_code == "0301"
        assert "已改成" in answer
        assert "已改" in answer

    def test_what_is_older_than_a_week_is_not_listed(self, world, sign_in, sure):  # noqa: F811
        case = dispatched(world, "0101")
        Suggested.objects.update(at=NOW - timedelta(days=8))
        assert case.number not in sign_in("clerk").get(PAGES[0]).content.decode()


class TestLimits:
    def test_few_cases_show_no_share_and_many_show_precision_against_share(self, world, sign_in):
        for number in range(12):
            case = world.call(words=BIN, type_code="0103" if number else "0101").case
            Case.objects.filter(pk=case.pk).update(state="closed", ended_at=NOW)
            Suggested.objects.create(case=case, at=NOW, type_code="0103", confidence=0.97 if number < 11 else 0.9)
        page = sign_in("head").get(PAGES[1]).content.decode()
        assert "12 件" in page
        assert "现在：不自动派" in page
        assert "10 · 90.9%" in page  # of eleven at 95 % ten were right
        assert "不足 10 件" in page  # at 99 % none is left
        assert "/registers/triage_limit/new/?type_code=0103" in page

    def test_what_has_not_ended_says_nothing_yet(self, world, sign_in, sure):  # noqa: F811
        dispatched(world, "0103")
        assert "还没有可以比的" in sign_in("clerk").get(PAGES[1]).content.decode()


class TestModels:
    def test_the_card_says_from_what_and_how_good(self, world, sign_in):
        row = model()
        client = sign_in("leader")
        assert "说对 90.0%，原来 70.0%" in client.get(PAGES[2]).content.decode()
        card = client.get(f"/desk/triage/models/{row.pk}/").content.decode()
        assert row.sha256 in card
        assert row.data_hash in card

    def test_the_leader_goes_back_with_one_button_and_the_clerk_has_none(self, world, sign_in):
        old, _new = model(1, "retired"), model(2)
        file_of(old)
        client = sign_in("leader")
        assert "改用这一版" in client.get(PAGES[2]).content.decode()
        client.post(f"/desk/triage/models/{old.pk}/use/", {"use": "yes"})
        assert TriageModel.objects.get(pk=old.pk).state == "in_use"
        client = sign_in("clerk")
        assert "改用这一版" not in client.get(PAGES[2]).content.decode()
        client.post(f"/desk/triage/models/{old.pk}/use/", {"use": "no"})
        assert TriageModel.objects.get(pk=old.pk).state == "in_use"

    def test_weeks_are_compared_and_small_ones_are_not(self, world, sign_in):
        model()
        for number in range(12):
            case = world.call(words=BIN).case
            at = NOW - 14 * DAY if number < 11 else NOW
            Suggested.objects.create(case=case, at=at, type_code="0103", confidence=0.1, known=0.75)
        page = sign_in("clerk").get(PAGES[2]).content.decode()
        assert "100%" in page
        assert "25%" in page
        assert "不足 10 件" in page


class TestScope:
    @pytest.mark.parametrize("page", PAGES)
    def test_a_stranger_from_next_door_sees_none_of_it(self, world, sign_in, sure, page):  # noqa: F811
        case, row = dispatched(world, "0101"), model()
        answer = sign_in("next_dispatcher").get(page)
        text = answer.content.decode()
        assert answer.status_code == 200
        assert case.number not in text
        assert str(row.pk) not in text

    @pytest.mark.parametrize("who", ["grid_worker", "handler", "caller"])
    @pytest.mark.parametrize("page", PAGES)
    def test_who_is_not_of_the_desk_has_no_such_pages(self, world, sign_in, who, page):
        assert sign_in(who).get(page).status_code == 403

    def test_missing_and_forbidden_answer_alike(self, world, sign_in):
        row, case = model(), world.call(words=BIN).case
        client = sign_in("next_dispatcher")
        for path in (f"/desk/triage/models/{row.pk}/", f"/desk/triage/models/{uuid7()}/"):
            assert client.get(path).status_code == 404
        for path in (f"/desk/triage/models/{row.pk}/use/", f"/desk/triage/models/{uuid7()}/use/"):
            assert client.post(path, {"use": "no"}).status_code == 404
        for path in (f"/desk/triage/{case.pk}/right/", f"/desk/triage/{uuid7()}/right/"):
            assert client.post(path, {"type_code": "0101"}).status_code == 404
