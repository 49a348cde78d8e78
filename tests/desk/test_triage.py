"""Triage: one form from received to dispatched, by those who may, and the next call after it."""

from datetime import timedelta

import pytest

from huying.cases import actions as a
from huying.cases.models import Case, WorkOrder
from huying.kernel.ids import uuid7
from tests.world import GRID, NOW

pytestmark = pytest.mark.django_db


def url(case):
    return f"/desk/triage/{case.pk}/"


def body(world, unit="sanitation", **more):
    return {"key": str(uuid7()), "type_code": "0103", "grade": "ordinary", "lead": str(world.units[unit].pk), **more}


class TestTriagePage:
    def test_the_most_urgent_call_is_opened_with_its_words_marked(self, world, sign_in):
        world.call()
        late = world.call(
            now=NOW - timedelta(hours=20), words="榕树路 18 号的垃圾桶满了。", place_words="榕树路 18 号"
        ).case

        page = sign_in("dispatcher").get("/desk/triage/").content.decode()

        assert f'action="{url(late)}"' in page
        assert '<span class="mark mark-place">榕树路 18 号<sup>1</sup></span>' in page
        assert "mark-matter" in page

    def test_the_button_names_the_unit_and_the_reason_its_clause(self, world, sign_in):
        case = world.call(type_code="0103").case
        page = sign_in("dispatcher").get(url(case)).content.decode()
        assert "受理并派给" in page
        assert "履职事项清单" in page

    def test_a_recused_unit_is_struck_through_and_cannot_be_chosen(self, world, sign_in):
        case = world.call(type_code="0103").case
        a.recuse_unit(case.pk, unit_id=world.units["sanitation"].pk, actor=world.head, now=NOW)
        client = sign_in("head")

        page = client.get(url(case)).content.decode()
        answer = client.post(url(case), body(world))

        assert "回避，不可选" in page
        assert answer.status_code == 409
        assert Case.objects.get(pk=case.pk).state == "received"

    def test_nothing_left_says_so(self, world, sign_in):
        assert "都派出去了" in sign_in("dispatcher").get("/desk/triage/").content.decode()

    def test_a_case_that_moved_on_leads_to_its_page(self, world, sign_in):
        case = world.call().case
        a.register_file_dispatch(
            case.pk, lead_id=world.units["sanitation"].pk, type_code="0103", actor=world.dispatcher, now=NOW
        )
        answer = sign_in("dispatcher").get(url(case))
        assert (answer.status_code, answer["Location"]) == (302, f"/desk/cases/{case.pk}/")

    @pytest.mark.parametrize("who", ["reviewer", "caller", "handler", "grid_worker", "building_head"])
    def test_others_have_no_triage(self, world, sign_in, who):
        case = world.call().case
        client = sign_in(who)
        assert client.get("/desk/triage/").status_code == 403
        assert client.post(url(case), body(world)).status_code == 403

    def test_a_stranger_does_not_even_learn_that_it_exists(self, world, sign_in):
        case = world.call().case
        client = sign_in("next_dispatcher")
        assert client.get(url(case)).status_code == 404
        assert client.get(url(case) + "choices/").status_code == 404
        assert client.post(url(case), body(world)).status_code == 404
        assert client.get(f"/desk/triage/{uuid7()}/").status_code == 404

    def test_the_community_never_sees_a_call_about_itself(self, world, sign_in):
        case = world.call(about_staff=True).case
        assert sign_in("secretary").get(url(case)).status_code == 404

    def test_a_callers_marks_and_tags_are_shown_and_not_obeyed(self, world, sign_in):
        case = world.call(words="<script>alert(1)</script>\u202e垃圾桶满了").case
        page = sign_in("dispatcher").get(url(case)).content.decode()
        assert "<script>alert" not in page
        assert "bidi-mark" in page


class TestDispatchByOneForm:
    def test_a_next_one_that_a_colleague_has_taken_is_passed_over(self, world, sign_in):
        case, following = world.call(now=NOW - timedelta(hours=1)).case, world.call().case
        client = sign_in("dispatcher")
        taken = body(world)
        assert client.post(url(following), taken).status_code == 302

        answer = client.post(url(case), body(world, following=str(following.pk)))

        assert (answer.status_code, answer["Location"]) == (302, "/desk/triage/")

    def test_it_registers_files_and_dispatches_and_leads_to_the_next(self, world, sign_in):
        case = world.call(now=NOW - timedelta(hours=1)).case
        following = world.call().case
        client = sign_in("dispatcher")

        answer = client.post(
            url(case),
            body(
                world,
                instruction="先围挡。",
                assistants=[str(world.units["banyan"].pk)],
                following=str(following.pk),
            ),
        )

        case.refresh_from_db()
        assert (answer.status_code, answer["Location"]) == (302, url(following))
        assert (case.state, case.type_code, case.grade) == ("in_hand", "0103", "ordinary")
        orders = {one.unit_id: one for one in WorkOrder.objects.filter(case=case)}
        assert orders[world.units["sanitation"].pk].role == "lead"
        assert orders[world.units["banyan"].pk].role == "assist"
        assert orders[world.units["sanitation"].pk].instruction == "先围挡。"

    def test_sent_twice_it_is_one_dispatch(self, world, sign_in):
        case = world.call().case
        client, sent = sign_in("dispatcher"), body(world)
        client.post(url(case), sent)
        again = client.post(url(case), sent)
        assert again.status_code == 302
        assert WorkOrder.objects.filter(case=case).count() == 1

    def test_a_type_of_the_list_goes_before_the_suggestion(self, world, sign_in):
        case = world.call().case
        sign_in("dispatcher").post(url(case), body(world, other_type="0101"))
        case.refresh_from_db()
        assert case.type_code == "0101"

    def test_without_a_unit_it_is_shown_again_with_what_was_typed(self, world, sign_in):
        case = world.call().case
        sent = body(world, instruction="别忘了围挡") | {"lead": ""}
        answer = sign_in("dispatcher").post(url(case), sent)
        assert answer.status_code == 422
        assert "别忘了围挡" in answer.content.decode()
        assert "请选一个主办单位" in answer.content.decode()

    def test_a_unit_without_the_duty_is_refused_and_nothing_is_half_done(self, world, sign_in):
        case = world.call().case
        answer = sign_in("dispatcher").post(url(case), body(world, unit="next_sanitation"))
        case.refresh_from_db()
        assert answer.status_code == 409
        assert (case.state, case.type_code) == ("received", "")

    @pytest.mark.parametrize(
        "bad",
        [
            {"lead": "x"}, {"type_code": "9999"}, {"grade": "huge"}, {"assistants": ["x"]}, {"grid_code": "1"},
            {"instruction": "字" * 1001}, {"instruction": "a\x00b"}, {"key": "x"},
        ],
    )  # fmt: skip
    def test_bad_input_keeps_the_form(self, world, sign_in, bad):
        case = world.call().case
        answer = sign_in("dispatcher").post(url(case), body(world) | bad)
        assert answer.status_code == 422
        assert Case.objects.get(pk=case.pk).state == "received"

    def test_somebody_was_faster_and_the_words_are_still_there(self, world, sign_in):
        case = world.call().case
        client = sign_in("dispatcher")
        a.register_file_dispatch(
            case.pk, lead_id=world.units["enforcement"].pk, type_code="0103", actor=world.head, now=NOW
        )
        answer = client.post(url(case), body(world, instruction="先围挡。"))
        page = answer.content.decode()
        assert answer.status_code == 409
        assert "先围挡。" in page
        assert "这件刚被别人办走了" in page
        assert WorkOrder.objects.filter(case=case).count() == 1

    def test_an_intake_clerk_registers_and_leaves_the_units_to_the_dispatcher(self, world, sign_in):
        case = world.call().case
        client = sign_in("clerk")
        assert "主办单位" not in client.get(url(case)).content.decode()
        client.post(url(case), {"key": str(uuid7()), "type_code": "0103", "grade": "ordinary"})
        case.refresh_from_db()
        assert case.state == "triaged"

    def test_a_call_without_a_place_is_placed_in_the_same_form(self, world, sign_in):
        case = world.call(lng=None, lat=None).case
        client = sign_in("dispatcher")
        assert "所在网格" in client.get(url(case)).content.decode()
        client.post(url(case), body(world, grid_code=GRID))
        case.refresh_from_db()
        assert (case.state, case.area_code) == ("in_hand", GRID)


class TestChoices:
    def test_another_type_brings_its_units_and_its_grade(self, world, sign_in):
        case = world.call().case
        page = sign_in("dispatcher").get(url(case) + "choices/", {"changed": "type", "other_type": "0101"})
        words = page.content.decode()
        assert page.status_code == 200
        assert 'value="0101"' in words
        assert 'hx-swap-oob="true"' in words

    def test_without_scripts_the_same_is_a_button(self, world, sign_in):
        case = world.call().case
        answer = sign_in("dispatcher").post(url(case), body(world, refresh="1", other_type="0101"))
        assert answer.status_code == 200
        assert Case.objects.get(pk=case.pk).state == "received"

    @pytest.mark.parametrize("query", [{"type_code": "x"}, {"lead": "x"}, {"grade": "x"}, {"assistants": "x"}])
    def test_bad_choices_are_no_fault(self, world, sign_in, query):
        case = world.call().case
        assert sign_in("dispatcher").get(url(case) + "choices/", query).status_code == 200
