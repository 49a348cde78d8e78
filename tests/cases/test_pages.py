"""The case page through its own door: what it shows, to whom, and that every move has a form that works."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from huying.audit import actions as audit
from huying.audit.models import History
from huying.cases import actions as a
from huying.cases.casefile import casefile, subject_of
from huying.cases.forms.table import MOVES, move_named
from huying.cases.models import Addition, Answer, Case, SiteVisit, WorkOrder
from huying.cases.rules import FLOW, Channel, OrderState, State, Verb, alternatives
from huying.cases.rules.table import By
from huying.files.models import Attachment
from huying.kernel.actor import resident
from huying.kernel.ids import uuid7
from huying.matters import queries as matters
from huying.people import actions as people
from huying.people.models import ContactOpening
from tests.world import GRID, KAPOK, OTHER_GRID, build_world

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"
TYPE = "0103"
FORM = "application/x-www-form-urlencoded"


# One moment for all: a street of another moment would be built anew for each test.
START = timezone.now() - timedelta(hours=6)


@pytest.fixture
def start():
    return START


@pytest.fixture
def world(start, settings, tmp_path):
    settings.DATA = tmp_path
    return build_world(start)


@pytest.fixture
def door(world):
    """`door("dispatcher")`: a client that is signed in as one of the world's people."""
    kept = {}

    def open_for(name):
        if name not in kept:
            kept[name] = Client()
            kept[name].force_login(world.accounts[name], backend=BACKEND)
        return kept[name]

    return open_for


def page(case):
    return reverse("cases:case", args=[case.pk])


def picture(name="a.jpg", color=(90, 80, 60)):
    data = io.BytesIO()
    Image.new("RGB", (64, 48), color).save(data, "JPEG")
    return SimpleUploadedFile(name, data.getvalue(), "image/jpeg")


def make(client, case, move, **fields):
    """Post a move's form as the page has it."""
    fields.setdefault("key", str(uuid7()))
    return client.post(reverse("cases:move", args=[case.pk, move]), fields)


def made(response):
    assert response.status_code == 302, said_in(response)
    return response


def said_in(response):
    return re.findall(r'class="(?:late-word|field-error)"[^>]*>(.*?)<', response.content.decode(), re.S)


def text_of(response):
    return response.content.decode()


def key_in(response):
    return re.search(r'name="key" value="([0-9a-f-]{36})"', text_of(response)).group(1)


def taken_in(world, start, **call):
    case = world.call(now=start, **call).case
    lead = world.units["sanitation"].pk
    a.register_file_dispatch(
        case.pk, lead_id=lead, type_code=TYPE, actor=world.dispatcher, now=start + timedelta(minutes=5)
    )
    return case


def in_work(world, start, **call):
    case = taken_in(world, start, **call)
    a.sign_in_order(case.pk, actor=world.handler, now=start + timedelta(minutes=10))
    return case


def submitted(world, start, **call):
    case = in_work(world, start, **call)
    a.submit_result(
        case.pk, outcome="explained", answer="已经清运。", actor=world.handler, now=start + timedelta(hours=1)
    )
    a.sign_result(case.pk, actor=world.unit_head, now=start + timedelta(minutes=70))
    return case


class TestThePage:
    def test_it_shows_the_matter_its_clock_and_its_history(self, world, door, start):
        case = taken_in(world, start)
        text = text_of(door("dispatcher").get(page(case)))
        case.refresh_from_db()
        for words in (
            "待签收",
            case.number,
            "垃圾桶满了",
            "榕树社区",
            "为何此时到期",
            "街道环卫站",
            "受理登记",
            "王范例（派单员）",
        ):
            assert words in text, words

    def test_callers_are_masked_and_their_words_isolated(self, world, door, start):
        contact = people.keep_contact(
            name="刘示例", phone="13800000012", address="", consent_text_version=1, actor=resident(), now=start
        )
        case = world.call(now=start, words="灯\u202e坏了，请来修一修。", contact_id=contact.pk).case
        text = text_of(door("clerk").get(page(case)))
        assert "刘** 尾号 0012" in text
        assert "13800000012" not in text
        assert "刘示例" not in text
        assert "\u202e" not in text
        assert "<bdi>" in text

    def test_the_seal_is_shown_only_where_every_line_is_sealed_and_whole(self, world, door, start, owner):
        case = world.call(now=start).case
        assert "已封存校验" not in text_of(door("clerk").get(page(case)))
        audit.seal(now=timezone.now())
        assert audit_is_whole(case) == ("已封存校验" in text_of(door("clerk").get(page(case))))

    def test_a_photo_is_served_under_the_case_and_not_under_another(self, world, door, start):
        case = in_work(world, start)
        made(make(door("handler"), case, "submit_result", outcome="solved", answer="清了。", after=picture()))
        photo = Attachment.objects.get()
        client = door("dispatcher")
        for name in ("file", "preview"):
            assert client.get(reverse(f"cases:{name}", args=[case.pk, photo.pk])).status_code == 200
        other = world.call(now=start).case
        assert client.get(reverse("cases:file", args=[other.pk, photo.pk])).status_code == 404
        assert door("next_dispatcher").get(reverse("cases:file", args=[case.pk, photo.pk])).status_code == 404

    def test_the_map_has_the_grids_of_the_street(self, world, door, start):
        case = world.call(now=start).case
        found = door("clerk").get(reverse("cases:outlines", args=[case.pk])).json()
        assert {GRID, OTHER_GRID} <= {one["properties"]["code"] for one in found["features"]}

    def test_minor_lines_are_folded_away_until_all_are_asked_for(self, world, door, start):
        case = taken_in(world, start)
        a.correct_case(case.pk, title="换个标题", actor=world.clerk, now=start + timedelta(minutes=6))
        client = door("dispatcher")
        assert "工单派单" not in text_of(client.get(page(case)))
        few = client.get(page(case)).context["file"].history
        every = client.get(page(case) + "?history=all").context["file"].history
        assert [str(one["words"]) for one in few] == ["派遣", "立案", "受理登记", "收到"]
        assert "更正" in [str(one["words"]) for one in every]
        assert any(str(one["words"]).startswith("工单") for one in every)

    def test_it_is_read_in_few_statements(self, world, door, start, django_assert_max_num_queries):
        case = submitted(world, start)
        client = door("head")
        client.get(page(case))
        with django_assert_max_num_queries(27):
            client.get(page(case))

    def test_the_steps_follow_the_case_to_its_end(self, world, start):
        case = submitted(world, start)
        file = casefile(subject_of(case.pk, actor=world.head, now=timezone.now()))
        words = [str(step["word"]) for step in file.steps]
        assert words[:2] == ["待受理", "待立案"]
        assert [str(step["word"]) for step in file.steps if step["state"] == "now"] == ["待审核"]
        a.transfer_case(case.pk, receiver="区水务局", confirmed=True, actor=world.head, now=timezone.now())
        file = casefile(subject_of(case.pk, actor=world.head, now=timezone.now()))
        assert str(file.steps[-1]["word"]) == "已转出"
        assert file.clock is None


def audit_is_whole(case):
    from huying.audit.queries import is_whole

    return is_whole("case", [case.pk])


class TestWhoSeesIt:
    def test_missing_and_outside_are_the_same_answer(self, world, door, start):
        case = world.call(now=start).case
        stranger = door("next_dispatcher")
        nowhere = type(case)(pk=uuid4())
        for name, method, data in (
            ("case", "get", {}), ("outlines", "get", {}), ("open_contact", "post", {"purpose": "contact"}),
        ):  # fmt: skip
            answers = [
                getattr(stranger, method)(reverse(f"cases:{name}", args=[one.pk]), data) for one in (case, nowhere)
            ]
            assert [one.status_code for one in answers] == [404, 404]
            bodies = [without_marks_of_the_request(text_of(one)) for one in answers]
            assert bodies[0] == bodies[1]
        for move in MOVES:
            assert make(stranger, case, move).status_code == 404
        assert History.objects.filter(object_id=case.pk).count() == 1

    def test_nobody_signed_in_is_led_to_the_sign_in_page(self, world, start):
        case = world.call(now=start).case
        assert Client().get(page(case)).status_code == 302
        assert make(Client(), case, "nudge").status_code == 401

    def test_a_confidential_case_is_there_for_its_few_alone(self, world, door, start):
        case = world.call(now=start, about_staff=True).case
        assert door("head").get(page(case)).status_code == 200
        for name in ("clerk", "dispatcher", "secretary", "grid_worker", "handler"):
            assert door(name).get(page(case)).status_code == 404, name

    def test_a_recused_unit_no_longer_sees_it_and_the_banner_says_why(self, world, door, start):
        case = world.call(now=start).case
        assert door("secretary").get(page(case)).status_code == 200
        made(make(door("head"), case, "recuse", unit_id=str(world.units["banyan"].pk)))
        assert door("secretary").get(page(case)).status_code == 404
        assert "榕树社区居委会看不到这件事" in text_of(door("head").get(page(case)))

    def test_one_who_acts_it_out_of_sight_is_led_to_the_desk(self, world, door, start):
        case = world.call(now=start).case
        response = made(make(door("dispatcher"), case, "recuse", unit_id=str(world.units["banyan"].pk)))
        assert str(case.pk) not in response["Location"]

    def test_a_property_firm_never_sees_who_called(self, world, door, start):
        contact = people.keep_contact(
            name="刘示例", phone="13800000012", address="", consent_text_version=1, actor=resident(), now=start
        )
        case = taken_in(world, start, contact_id=contact.pk)
        a.add_units(case.pk, assistant_ids=[world.units["firm"].pk], actor=world.dispatcher, now=timezone.now())
        text = text_of(door("firm_handler").get(page(case)))
        assert "刘**" not in text
        assert not re.search(r"1380000001|\*0012", text)
        answer = door("firm_handler").post(
            reverse("cases:open_contact", args=[case.pk]), {"report_id": case.pk, "purpose": "contact"}
        )
        assert answer.status_code == 403
        assert not ContactOpening.objects.exists()


def without_marks_of_the_request(text):
    """An answer without its address, its time and its tokens."""
    return re.sub(r"[0-9a-f-]{36}|[A-Za-z0-9]{32,64}|datetime=\S+", "", text)


class TestContact:
    def test_it_is_shown_once_for_a_purpose_and_written_down(self, world, door, start):
        contact = people.keep_contact(
            name="刘示例", phone="13800000012", address="", consent_text_version=1, actor=resident(), now=start
        )
        case = world.call(now=start, contact_id=contact.pk).case
        client, address = door("clerk"), reverse("cases:open_contact", args=[case.pk])
        assert "用来做什么" in text_of(client.get(page(case) + f"?move=open_contact&report={case.pk}"))
        without = client.post(address, {"report_id": case.pk})
        assert without.status_code == 422
        assert "13800000012" not in text_of(without)
        opened = client.post(address, {"report_id": case.pk, "purpose": "contact"})
        assert "13800000012" in text_of(opened)
        assert "no-store" in opened["Cache-Control"]
        assert ContactOpening.objects.get().purpose == "contact"
        assert "13800000012" not in text_of(client.get(page(case)))

    def test_one_without_the_duty_is_not_offered_it_and_is_refused(self, world, door, start):
        contact = people.keep_contact(
            name="刘示例", phone="13800000012", address="", consent_text_version=1, actor=resident(), now=start
        )
        case = world.call(now=start, contact_id=contact.pk).case
        client = door("grid_worker")
        assert "move=open_contact" not in text_of(client.get(page(case)))
        answer = client.post(
            reverse("cases:open_contact", args=[case.pk]), {"report_id": case.pk, "purpose": "contact"}
        )
        assert answer.status_code == 422
        assert "13800000012" not in text_of(answer)
        assert not ContactOpening.objects.exists()


class TestLegalMovesOnly:
    def test_every_move_that_staff_may_make_has_a_form(self):
        served = {verb for one in MOVES.values() for verb in one.verbs}
        by_staff = {
            verb
            for verb in FLOW.by_verb
            if verb != Verb.RECEIVE and any(by not in (By.REPORTER, By.ANYBODY) for by, _duty in alternatives(verb))
        }
        assert served == by_staff

    def test_a_verb_of_the_flow_leads_to_its_form(self):
        assert move_named("rework").name == "review"
        assert move_named("return").name == "decide_return"
        assert move_named("nothing") is None

    @pytest.mark.parametrize("name", ["clerk", "dispatcher", "reviewer", "head", "grid_worker", "handler", "unit_head"])
    def test_the_page_offers_what_the_table_allows_this_person_and_no_more(self, world, door, start, name):
        for case in (
            world.call(now=start).case,
            taken_in(world, start),
            in_work(world, start),
            submitted(world, start),
        ):
            subject = subject_of(case.pk, actor=world.people[name], now=timezone.now())
            if subject is None:
                continue
            docket = subject.docket
            facts = docket.facts(actor=world.people[name], now=subject.now)
            legal = {one.verb for one in FLOW.legal(facts) if docket.may_walk(one.verb, world.people[name])}
            shown = {one.name for one in door(name).get(page(case)).context["file"].moves}
            for move in MOVES.values():
                if move.verbs and move.name != "register":  # its form brings what its guards ask for
                    assert (move.name in shown) == bool(legal.intersection(move.verbs)), (name, case.state, move.name)

    def test_keys_are_numbered_and_the_next_step_stands_open(self, world, door):
        case = taken_in(world, timezone.now() - timedelta(minutes=40))  # while it may still be returned, at any hour
        response = door("handler").get(page(case))
        moves = response.context["file"].moves
        assert [one.key for one in moves][:2] == ["1", "2"]
        assert moves[0].name == "sign_in"
        assert "case-asked" not in text_of(response)
        assert reverse("cases:move", args=[case.pk, "sign_in"]) in text_of(response)
        assert "case-asked" in text_of(door("handler").get(moves[0].url))
        assert "case-panel" not in text_of(door("handler").get(page(case) + "?move=none"))

    def test_a_move_that_is_not_legal_now_says_so(self, world, door, start):
        case = world.call(now=start).case
        assert "这一步现在不能走" in text_of(door("dispatcher").get(page(case) + "?move=review"))

    def test_every_form_opens_for_who_may_make_the_move(self, world, door, start):
        seen = set()
        calls = [
            world.call(now=start).case, taken_in(world, start), in_work(world, start), submitted(world, start),
            to_call_back(world, start), ended(world, start),
        ]  # fmt: skip
        for case in calls:
            for name in ("dispatcher", "head", "handler", "unit_head", "grid_worker2", "caller", "clerk"):
                response = door(name).get(page(case))
                if response.status_code == 404:
                    continue
                for link in response.context["file"].moves:
                    if link.name in seen:
                        continue
                    opened = door(name).get(link.url)
                    assert opened.context["panel"]["title"]
                    seen.add(link.name)
        assert len(seen) > 20


def to_call_back(world, start):
    contact = people.keep_contact(
        name="刘示例", phone="13800000012", address="", consent_text_version=1, actor=resident(), now=start
    )
    case = submitted(world, start, reply_by="phone", contact_id=contact.pk)
    a.review_result(case.pk, actor=world.reviewer, now=start + timedelta(hours=2))
    case.refresh_from_db()
    if case.state == State.CHECKING:
        a.check_place(case.pk, passed=True, words="看过了", actor=world.grid_worker2, now=start + timedelta(hours=3))
        case.refresh_from_db()
    return case


def ended(world, start):
    case = world.call(now=start).case
    a.answer_case(case.pk, words="周一到周五都可以办。", actor=world.clerk, now=start + timedelta(minutes=5))
    case.refresh_from_db()
    return case


class TestEveryForm:
    def test_take_in_to_the_end_through_the_forms(self, world, door, start):
        contact = people.keep_contact(
            name="刘示例", phone="13800000012", address="", consent_text_version=1, actor=resident(), now=start
        )
        case = world.call(now=start, reply_by="phone", contact_id=contact.pk).case
        lead, helper = str(world.units["sanitation"].pk), str(world.units["enforcement"].pk)
        made(
            make(
                door("dispatcher"),
                case,
                "take_in",
                type_code=TYPE,
                grade="urgent",
                grid_code=GRID,
                place_words="路口",
                title="垃圾桶满了",
                lead=lead,
                assistants=[helper],
                instruction="请今天办。",
            )  # fmt: skip
        )
        made(make(door("handler"), case, "sign_in"))
        made(make(door("enforcer"), case, "sign_in"))
        made(make(door("enforcer"), case, "finish", words="围好了", images=picture()))
        made(make(door("handler"), case, "first_contact", report_id=str(case.pk), result="reached", words="约好了"))
        made(
            make(
                door("handler"),
                case,
                "submit_result",
                outcome="solved",
                answer="已经清运。",
                internal="两车",
                before=picture(),
                after=picture("b.jpg", (1, 2, 3)),
            )  # fmt: skip
        )
        made(make(door("unit_head"), case, "sign"))
        made(make(door("reviewer"), case, "review", decision="back", reason="请写日期。"))
        made(make(door("handler"), case, "submit_result", outcome="solved", answer="10 月 20 日已清运。"))
        made(make(door("unit_head"), case, "sign"))
        passed = make(door("reviewer"), case, "review", decision="pass", seen=["done", "private", "dated", "photos"])
        made(passed)
        case.refresh_from_db()
        if case.state == State.CHECKING:
            made(make(door("grid_worker2"), case, "check", passed="yes", words="清了", images=picture()))
        made(
            make(
                door("caller"),
                case,
                "call_back",
                report_id=str(case.pk),
                result="reached",
                solved="yes",
                satisfaction="satisfied",
                words="谢谢",
            )  # fmt: skip
        )
        case.refresh_from_db()
        assert case.state == State.CLOSED
        assert case.place_words == "路口"
        assert Answer.objects.filter(case=case, sent_back_words="请写日期。").count() == 1
        text = text_of(door("dispatcher").get(page(case)))
        for words in ("满意", "退回：", "请写日期。", "处置后", "约好了", "从受理到结束"):
            assert words in text, words

    def test_not_solved_begins_another_round(self, world, door, start):
        case = to_call_back(world, start)
        answer = {"report_id": str(case.pk), "result": "reached", "solved": "no", "satisfaction": "dissatisfied"}
        made(make(door("caller"), case, "call_back", **answer))
        case.refresh_from_db()
        assert (case.state, case.round) == (State.IN_HAND, 2)
        assert "第 2 轮" in text_of(door("dispatcher").get(page(case)))

    def test_step_by_step_with_register_file_and_dispatch(self, world, door, start):
        case = world.call(now=start).case
        made(make(door("clerk"), case, "register", type_code=TYPE, grade="ordinary", grid_code=OTHER_GRID, title=""))
        made(make(door("dispatcher"), case, "send_back", reason="地点不对"))
        made(make(door("clerk"), case, "register", type_code=TYPE, grade="ordinary", grid_code=GRID))
        made(make(door("dispatcher"), case, "file"))
        made(make(door("dispatcher"), case, "dispatch", lead=str(world.units["sanitation"].pk)))
        case.refresh_from_db()
        assert (case.state, case.area_code) == (State.IN_HAND, GRID)

    def test_units_are_changed_added_and_named(self, world, door, start):
        case = taken_in(world, start)
        made(make(door("dispatcher"), case, "add_unit", assistants=[str(world.units["banyan"].pk)]))
        made(make(door("dispatcher"), case, "nudge"))
        made(make(door("dispatcher"), case, "reassign", lead=str(world.units["enforcement"].pk), reason="更合适"))
        made(make(door("enforcer"), case, "ask_return", clause="第 3 条", reason="不归我们管"))
        assert "不归我们管" in text_of(door("dispatcher").get(page(case) + "?move=decide_return"))
        order = WorkOrder.objects.get(case=case, return_asked=True)
        made(make(door("dispatcher"), case, "decide_return", order_id=str(order.pk), granted="yes", words=""))
        made(make(door("dispatcher"), case, "dispatch", lead=str(world.units["sanitation"].pk)))
        made(make(door("handler"), case, "ask_return", clause="第 4 条", reason="也不归我们"))
        order = WorkOrder.objects.get(case=case, return_asked=True)
        made(make(door("dispatcher"), case, "decide_return", order_id=str(order.pk), granted="yes"))
        assert make(door("dispatcher"), case, "dispatch", lead=str(world.units["banyan"].pk)).status_code == 422
        made(make(door("leader"), case, "name", lead=str(world.units["sanitation"].pk), reason="会商决定"))
        case.refresh_from_db()
        assert case.state == State.IN_HAND
        assert WorkOrder.objects.get(case=case, state=OrderState.OFFERED).named

    def test_a_returning_lead_leaves_another_lead(self, world, door, start):
        case = taken_in(world, start)
        a.add_units(case.pk, assistant_ids=[world.units["enforcement"].pk], actor=world.dispatcher, now=timezone.now())
        a.ask_return(
            case.pk, clause="第 3 条", reason="不归我们", actor=world.handler, now=start + timedelta(minutes=20)
        )
        order = WorkOrder.objects.get(case=case, return_asked=True)
        given = {"order_id": str(order.pk), "granted": "yes"}
        assert make(door("dispatcher"), case, "decide_return", **given).status_code == 422
        made(make(door("dispatcher"), case, "decide_return", **given, new_lead_id=str(world.units["enforcement"].pk)))
        assert (
            WorkOrder.objects.get(case=case, state=OrderState.OFFERED, role="lead").unit == world.units["enforcement"]
        )

    def test_ends_before_anybody_is_sent(self, world, door, start):
        answered = world.call(now=start).case
        made(make(door("clerk"), answered, "answer", words="周一到周五可办。", source="knowledge"))
        made(make(door("dispatcher"), answered, "object", reason="来电说没听明白"))
        declined = world.call(now=start).case
        made(make(door("clerk"), declined, "ask_decline", clause="第 5 条", reason="属法院", where_to="区法院"))
        opened = text_of(door("head").get(page(declined)))
        assert "属法院" in opened
        assert "李示例（受理员）" in opened
        assert make(door("head"), declined, "decide_decline", granted="no", words="").status_code == 422
        made(make(door("head"), declined, "decide_decline", granted="yes", words=""))
        voided = world.call(now=start).case
        made(make(door("dispatcher"), voided, "ask_void", reason="重复"))
        assert make(door("dispatcher"), voided, "decide_void", granted="yes").status_code == 422  # never the asker
        made(make(door("head"), voided, "decide_void", granted="yes"))
        sent = world.call(now=start).case
        assert make(door("dispatcher"), sent, "transfer", receiver="区水务局").status_code == 422
        made(make(door("dispatcher"), sent, "transfer", receiver="区水务局", confirmed="on"))
        states = [Case.objects.get(pk=one.pk).state for one in (answered, declined, voided, sent)]
        assert states == [State.RECEIVED, State.DECLINED, State.VOIDED, State.TRANSFERRED]

    def test_the_place_is_looked_at_corrected_and_raised(self, world, door, start):
        case = world.call(now=start).case
        made(make(door("clerk"), case, "send_to_verify"))
        made(make(door("grid_worker"), case, "report_verified", found="yes", words="确实满了", images=picture()))
        made(make(door("clerk"), case, "correct", type_code=TYPE, grade="hard", title="垃圾桶满溢"))
        made(make(door("clerk"), case, "place", grid_code=OTHER_GRID, place_words="东门"))
        made(make(door("dispatcher"), case, "raise", reason="要区里定"))
        case.refresh_from_db()
        assert (case.area_code, case.grade, case.title) == (OTHER_GRID, "hard", "垃圾桶满溢")
        assert SiteVisit.objects.get(case=case).good
        assert "属实" in text_of(door("head").get(page(case)))

    def test_a_point_on_the_map_wins_over_the_grid_it_left(self, world, door, start):
        case = world.call(now=start).case
        made(make(door("clerk"), case, "place", grid_code=GRID, lng="113.315", lat="23.105"))
        case.refresh_from_db()
        assert case.area_code == OTHER_GRID

    def test_merging_by_the_likely_one_or_by_number_and_back(self, world, door, start):
        first, second = (world.call(now=start, type_code=TYPE).case for _one in range(2))
        opened = door("dispatcher").get(page(second) + "?move=merge")
        assert first.number in text_of(opened)
        assert make(door("dispatcher"), second, "merge", into=str(first.pk)).status_code == 422  # not confirmed
        made(make(door("dispatcher"), second, "merge", into=str(first.pk), confirmed="on"))
        text = text_of(door("dispatcher").get(page(first)))
        assert "并进来的" in text
        made(make(door("dispatcher"), second, "unmerge"))
        made(make(door("dispatcher"), second, "merge", number=first.number.lower(), confirmed="on"))
        wrong = make(door("dispatcher"), first, "merge", number="20200101-001-00001", confirmed="on")
        assert "没有找到这个编号" in text_of(wrong)

    def test_likely_cases_are_of_the_same_matter_and_place_alone(self, world, door, start):
        case = world.call(now=start, type_code=TYPE).case
        same = world.call(now=start, type_code=TYPE, words="垃圾满了，和别人说的一样。").case
        other = next(one.code for one in matters.active_types() if one.code != TYPE)
        apart = world.call(now=start, type_code=other, words="另外一类的事，请来看看。").case
        secret = world.call(now=start, type_code=TYPE, words="这是关于工作人员的事。", about_staff=True).case
        lng, lat = 113.325, 23.105
        far = world.call(now=start, type_code=TYPE, words="木棉那边的垃圾桶满了。", lng=lng, lat=lat).case
        assert far.area_code.startswith(KAPOK)
        shown = {one.number for one in door("head").get(page(case)).context["file"].near}
        assert shown == {same.number}
        assert not {apart.number, secret.number} & shown

    def test_one_voice_is_split_off_and_a_closed_case_opened_again(self, world, door, start):
        contact = people.keep_contact(
            name="刘示例", phone="13800000012", address="", consent_text_version=1, actor=resident(), now=start
        )
        asked = {"type_code": TYPE, "reply_by": "phone", "contact_id": contact.pk}
        case = world.call(now=start, **asked).case
        other = world.call(now=start, words="同一件事，我也来说一声。", **asked).case
        a.merge_case(other.pk, into_id=case.pk, confirmed=True, actor=world.dispatcher, now=start)
        for step in ("take", "sign_in", "submit", "sign", "review"):
            walk_on(world, case, step, start)
        case.refresh_from_db()
        if case.state == State.CHECKING:
            a.check_place(case.pk, passed=True, words="看过", actor=world.grid_worker2, now=start + timedelta(hours=3))
        key = str(uuid7())
        for _ in range(2):
            made(make(door("caller"), case, "split_off", report_id=str(other.pk), key=key))
        assert Case.objects.filter(follows=case).count() == 1
        assert "后来的" in text_of(door("head").get(page(case)))
        a.record_call_back(case.pk, report_id=case.pk, result="refused", actor=world.caller, now=timezone.now())
        case.refresh_from_db()
        assert case.state == State.CLOSED
        made(make(door("caller"), case, "reopen", reason="又满了"))

    def test_merging_and_undoing_answer_the_same_when_sent_twice(self, world, door, start):
        case = world.call(now=start, type_code=TYPE).case
        other = world.call(now=start, type_code=TYPE, words="同一个垃圾桶，也来说一声。").case
        into = {"into": str(case.pk), "confirmed": "on"}
        for name, fields in (("merge", into), ("unmerge", {}), ("merge", into)):
            key = str(uuid7())
            for _ in range(2):
                made(make(door("clerk"), other, name, key=key, **fields))
        verbs = History.objects.filter(object_id=other.pk, kind="case").order_by("id").values_list("verb", flat=True)
        assert list(verbs) == ["receive", "merge", "unmerge", "merge"]
        assert make(door("head"), other, "merge", key=key, **into).status_code == 422

    def test_who_took_the_call_adds_to_it(self, world, door, start):
        case = world.call(now=start, channel=Channel.HOTLINE, actor=world.clerk).case
        made(make(door("clerk"), case, "add", report_id=str(case.pk), words="来电人补充：就在东门。"))
        assert Addition.objects.get().words == "来电人补充：就在东门。"
        assert make(door("dispatcher"), case, "add", report_id=str(case.pk), words="别人的").status_code == 422

    def test_the_finder_settles_a_small_matter(self, world, door, start):
        small = next(one.code for one in matters.self_handled_types())
        case = world.call(
            now=start, channel=Channel.PATROL, actor=world.grid_worker, type_code=small, area_code=GRID
        ).case
        assert make(door("grid_worker"), case, "self_handle", before=picture()).status_code == 422
        made(make(door("grid_worker"), case, "self_handle", before=picture(), after=picture("b.jpg", (9, 9, 9))))
        case.refresh_from_db()
        assert case.state in (State.CLOSED, State.CHECKING)


def walk_on(world, case, step, start):
    at = start + timedelta(hours=1)
    if step == "take":
        a.register_file_dispatch(
            case.pk, lead_id=world.units["sanitation"].pk, type_code=TYPE, actor=world.dispatcher, now=at
        )
    elif step == "sign_in":
        a.sign_in_order(case.pk, actor=world.handler, now=at)
    elif step == "submit":
        a.submit_result(case.pk, outcome="explained", answer="清了。", actor=world.handler, now=at)
    elif step == "sign":
        a.sign_result(case.pk, actor=world.unit_head, now=at)
    else:
        a.review_result(case.pk, actor=world.reviewer, now=at)


class TestFormsThatAreRefused:
    def test_the_same_form_sent_twice_acts_once(self, world, door, start):
        case = world.call(now=start).case
        key = key_in(door("dispatcher").get(page(case) + "?move=raise"))
        for _time in range(2):
            made(make(door("dispatcher"), case, "raise", reason="要区里定", key=key))
        assert History.objects.filter(object_id=case.pk, verb="raise").count() == 1
        answer = make(door("dispatcher"), case, "raise", reason="别的话", key=key)
        assert answer.status_code == 422
        assert "这张表已经交过一次" in text_of(answer)

    @pytest.mark.parametrize("other", ["pictures", "words", "less"])
    def test_a_form_that_the_case_has_moved_past_is_done_if_it_is_the_same_and_refused_if_not(
        self, world, door, start, other
    ):
        small = next(one.code for one in matters.self_handled_types())
        case = world.call(
            now=start, channel=Channel.PATROL, actor=world.grid_worker, type_code=small, area_code=GRID
        ).case
        key, worker = str(uuid7()), door("grid_worker")

        def sent(words="清走了。", colour=(9, 9, 9)):
            pictures = {"before": picture(), "after": picture("b.jpg", colour)}
            return make(worker, case, "self_handle", key=key, words=words, **pictures)

        made(sent())
        made(sent())
        late = {
            "words": lambda: sent(words="换一句话。"),
            "pictures": lambda: sent(colour=(200, 9, 9)),
            "less": lambda: make(worker, case, "self_handle", key=key, words="清走了。", before=picture()),
        }[other]()
        assert late.status_code in (409, 422)
        assert "这张表已经交过一次" in text_of(late)
        assert History.objects.filter(object_id=case.pk, verb="self_handle").count() == 1

    def test_a_refusal_of_the_flow_keeps_what_was_typed(self, world, door, start):
        case = submitted(world, start)
        a.review_result(case.pk, actor=world.reviewer, now=timezone.now())
        late = make(door("head"), case, "review", decision="back", reason="请补内窥检查的日期。")
        assert late.status_code == 422
        assert "请补内窥检查的日期。" in text_of(late)
        assert "这件事现在的状态不能走这一步" in text_of(late)

    def test_passing_asks_for_every_tick_and_sending_back_for_words(self, world, door, start):
        case = submitted(world, start)
        assert "请逐条看过" in text_of(make(door("reviewer"), case, "review", decision="pass", seen=["done"]))
        assert "请写明要改什么" in text_of(make(door("reviewer"), case, "review", decision="back"))
        case.refresh_from_db()
        assert case.state == State.REVIEWING

    def test_units_are_found_without_sending_and_nothing_typed_is_lost(self, world, door, start):
        case = world.call(now=start).case
        found = make(
            door("dispatcher"),
            case,
            "take_in",
            type_code=TYPE,
            grade="hard",
            title="我的标题",
            unit_words="水务",
            find="1",
        )
        text = text_of(found)
        assert found.status_code == 200
        assert "区水务局" in text
        assert "我的标题" in text
        assert "summary-error" not in text
        case.refresh_from_db()
        assert case.state == State.RECEIVED

    def test_a_recused_unit_is_shown_barred_and_refused(self, world, door, start):
        case = world.call(now=start).case
        a.recuse_unit(case.pk, unit_id=world.units["enforcement"].pk, actor=world.head, now=timezone.now())
        opened = text_of(door("head").get(page(case) + "?move=take_in"))
        assert "回避，不可选" in opened
        sent = make(
            door("head"), case, "take_in", type_code=TYPE, grade="ordinary", grid_code=GRID,
            lead=str(world.units["enforcement"].pk),
        )  # fmt: skip
        assert sent.status_code == 422

    def test_one_without_the_duty_is_refused_by_every_move(self, world, door, start):
        case = world.call(now=start).case
        for move in MOVES:
            answer = make(door("grid_worker"), case, move, reason="x", words="x", granted="yes")
            assert answer.status_code == 422, move
        case.refresh_from_db()
        assert (case.state, case.version) == (State.RECEIVED, 1)

    @pytest.mark.parametrize("state", ["received", "calling_back"])
    def test_bad_input_is_never_more_than_a_form_to_mend(self, world, door, start, state):
        make_case = {
            "received": lambda *_a: world.call(now=start).case,
            "in_hand": taken_in,
            "calling_back": to_call_back,
        }
        case = make_case[state](world, start)
        bad = ["\x00", "\ud83d", "x" * 20_000, "\u202e", "<script>", "-1", "1e999", "\u00fc" * 70]
        for place, (move, one) in enumerate(MOVES.items()):
            fields = {field: bad[(place + number) % len(bad)] for number, field in enumerate(one.form.base_fields)}
            for sent in [fields, *([fields | {"find": "1"}] if "lead" in fields else [])]:
                body = urlencode(sent, errors="surrogatepass")
                answer = door("head").post(reverse("cases:move", args=[case.pk, move]), body, content_type=FORM)
                assert answer.status_code in (200, 302, 400, 413, 422), (move, answer.status_code)

    def test_an_unknown_move_and_a_read_of_a_move_are_refused(self, world, door, start):
        case = world.call(now=start).case
        assert make(door("head"), case, "explode").status_code == 404
        assert door("head").get(reverse("cases:move", args=[case.pk, "nudge"])).status_code == 405
