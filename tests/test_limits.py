"""What huying must never become: a test for each limit that this version touches.

The numbers are those of the list of limits that the design names; lines about parts that are not built yet
(visits, care lists, points, votes, maps of opinion) come with those parts.
"""

import inspect
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models
from django.utils.timezone import localdate

from huying.audit.models import History
from huying.cases import actions, careful
from huying.cases.actions.heating import find_hot_issues
from huying.cases.api.hot import HotOut
from huying.cases.forms.base import MoveForm
from huying.cases.models import Case, Exclusion, HotApart, HotIssue, HotIssueCase, Report
from huying.cases.queries import exclusions, lists
from huying.cases.queries.lists import Wanted
from huying.cases.rules import OPEN
from huying.cases.rules import exclusions as rules
from huying.cases.rules.care import Process
from huying.desk.calls import lines_of
from huying.desk.forms import ListForm
from huying.kernel.actor import system
from huying.matters import queries as matters
from huying.notices.models import Notice
from huying.people import actions as people
from huying.people.models import Contact, ContactOpening
from tests.cases.test_calling import called_back
from tests.cases.test_hot import LIFT, OTHERS
from tests.cases.test_incidents import call
from tests.journeys.conftest import Clock
from tests.journeys.person import Person, photo
from tests.journeys.steps import case_of, case_page, handle, look_up, move, review, send_report, triage
from tests.notices.conftest import spread
from tests.world import GRID, NOW, STREET, build_world

ROOT = Path(__file__).parents[1]
SRC = ROOT / "src" / "huying"
NAME, PHONE, TAIL = "欧阳甲乙", "13912345678", "5678"
WORDS = "三号楼下的垃圾桶满了，没有人来收。"


@pytest.fixture
def clock(monkeypatch):
    one = Clock(NOW)
    monkeypatch.setattr("django.utils.timezone.now", lambda: one.now)
    return one


@pytest.fixture
def world(db, clock, settings, tmp_path):
    settings.DATA = tmp_path
    return build_world(clock.now)


def without_ids(told: str) -> str:
    """Ids and hashes left out: any four digits stand in one of them by chance."""
    return re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{64}", "", told)


def ours():
    return [one for one in apps.get_models(include_auto_created=True) if one.__module__.startswith("huying.")]


def columns():
    return {(model.__name__, field.name): field for model in ours() for field in model._meta.concrete_fields}


def tagged(source: str) -> str:
    """Words of a page without what a browser does not show."""
    return re.sub(r"<[^>]+>", " ", source)


class TestNoPersonIsFollowed:
    """1, 11, 19: no recognition, watch list, entry logs, positions, registers of people, files on opinion."""

    FORBIDDEN = re.compile(
        r"plate|vehicle|licen[cs]e|face(?!t)|finger|iris|gait|voiceprint|watch_?list|black_?list|key_?person|entry_?log"
        r"|entrance|track_?point|trajectory|last_seen|online|presence|heart_?beat|imei|imsi|mac_address|device_id"
        r"|id_?card|identity|passport|ethnic|religio|belief|opinion|petition|political|tenan|household_?member"
        r"|birth|gender|health|disab|credit|relig",
    )
    # Where a point on the map may stand: places, matters, and what was said about them; never a person.
    POINTS = {
        "Building", "Case", "Facility", "Report", "Waterway", "Estate", "ServicePlace", "TradePlace", "RescueResource",
        "RentedHome", "Device", "Component", "OtherName", "CampaignSpot",
    }  # fmt: skip
    # Firms of a commercial place, counted by trade: the word alone is forbidden, and no column names one.
    COUNTED = {"TenantCount": {"id", "place", "trade", "firms", "staff", "counted_on"}}
    # Whose name or phone is kept in the clear: places, bodies, lists; of persons the staff's own names alone.
    CLEAR_NAMES = {"Account"}

    def test_no_table_or_column_is_made_for_it(self):
        found = {
            (table, name)
            for table, name in columns()
            if self.FORBIDDEN.search(f"{table}.{name}".lower()) and name not in self.COUNTED.get(table, ())
        }
        assert found == set()

    @pytest.mark.parametrize("name", ["plate_number", "face_id", "WatchList", "last_seen_at", "id_card", "online_at"])
    def test_such_a_column_would_be_found(self, name):
        assert self.FORBIDDEN.search(name.lower())

    def test_points_belong_to_places_and_matters(self):
        holders = {table for table, name in columns() if name in ("lng", "lat", "longitude", "latitude", "point")}
        assert holders
        assert holders <= self.POINTS

    def test_nobody_outside_the_staff_is_kept_in_the_clear(self):
        for (table, name), field in columns().items():
            if re.search(r"(^|_)(phone|address|id_number)(_|$)", name) and table == "Contact":
                assert isinstance(field, models.BinaryField) or name == "phone_tail", name
        assert {name for table, name in columns() if table == "Contact"} == {
            "id", "name_sealed", "phone_sealed", "address_sealed", "key", "name_mask", "phone_tail", "kept_at",
            "erased_at",
        }  # fmt: skip

    def test_no_library_that_recognises_people_is_installed(self):
        pinned = "\n".join(path.read_text() for path in (ROOT / "requirements").glob("*.txt")).lower()
        for name in (
            "opencv",
            "face-recognition",
            "insightface",
            "dlib",
            "easyocr",
            "paddleocr",
            "deepface",
            "hyperlpr",
        ):
            assert not re.search(rf"^{name}", pinned, re.M)

    def test_who_is_looking_now_is_not_stored(self):
        kept = {model.__name__ for model in apps.get_app_config("channels").get_models()}
        assert kept == {"Webhook", "Delivery"}  # addresses of programs, never who is connected

    def test_photos_lose_where_and_with_what_they_were_taken(self):
        """The bytes are looked at in tests/files; here: there is no column that could keep it."""
        kept = {name for table, name in columns() if table == "Attachment"}
        assert not kept & {"lng", "lat", "taken_at", "device", "camera", "exif"}


class TestNothingIsSoughtByCaller:
    """2 and 23: earlier calls by matter and place alone; no count, list, sort, search or statistic by caller."""

    def test_the_list_has_no_filter_for_a_caller(self):
        for form in (ListForm.base_fields, Wanted.__dataclass_fields__):
            assert not [name for name in form if re.search("contact|caller|phone|name|reporter|person", name)]

    def test_no_query_compares_a_callers_values(self):
        compared = re.compile(
            r"(?:filter|exclude|get|order_by|annotate|values|aggregate|Q|group_by)\([^()]*"
            r"(?:contact__|name_mask|phone_tail|_sealed(?!=None)|reports__contact|taken_by__name)"
        )
        found = [
            f"{path.relative_to(SRC)}: {one[0][:80]}"
            for path in SRC.rglob("*.py")
            if "migrations" not in path.parts and path.name != "models.py"  # a constraint seeks nothing
            for one in compared.finditer(path.read_text(encoding="utf-8"))
        ]
        assert found == []
        assert compared.search('Report.objects.filter(contact__phone_tail="5678")')

    def test_no_index_leads_from_a_caller_to_calls(self):
        for model in (Case, Report, Contact):
            for index in [*model._meta.indexes, *model._meta.constraints]:
                assert "contact" not in list(getattr(index, "fields", ()))
                assert not {"name_mask", "phone_tail"} & set(getattr(index, "fields", ()))

    def test_triage_reads_words_and_nothing_else(self):
        assert list(inspect.signature(matters.suggest).parameters) == ["words", "limit", "near"]
        assert list(inspect.signature(matters.danger_in).parameters) == ["words"]
        assert list(inspect.signature(lists.near).parameters)[:2] == ["case", "viewer"]
        assert list(inspect.signature(matters.limit_row).parameters) == ["type_code", "step", "grade", "version"]

    def test_the_same_caller_leaves_two_contacts_that_nothing_ties_together(self, world):
        for words in (WORDS, "又满了，和上次一样。"):
            send_report(Person(), words, kind="0103", phone=PHONE)
        one, two = Contact.objects.order_by("kept_at", "pk")
        for name in ("phone_sealed", "name_sealed"):
            assert bytes(getattr(one, name)) != bytes(getattr(two, name))
        assert not hasattr(one, "phone_hash")

    def test_a_name_or_a_phone_finds_no_case_and_no_page_lists_by_them(self, world):
        dispatcher = Person.signed_in("dispatcher").open("/desk/new/")
        left = {"name": NAME, "phone": PHONE, "address": "榕树路88号", "agreed": True, "reply_by": "phone"}
        dispatcher.press("登记", channel="hotline", words=WORDS, grid_code=GRID, **left)
        case = case_of(WORDS)
        assert case.title in dispatcher.open("/desk/list/?q=垃圾桶").words
        for sought in (NAME, NAME[:2], PHONE, PHONE[:7], TAIL, "88号", "欧阳*"):
            page = dispatcher.client.get("/desk/list/", {"q": sought, "state": "all"}).content.decode()
            assert case.title not in tagged(page), sought
        whole = {"state": "all"}
        plain = dispatcher.client.get("/desk/list/", whole).content.decode()
        assert case.title in plain
        for name in ("phone", "name", "contact", "caller", "contact_id", "reporter"):
            more = dispatcher.client.get("/desk/list/", {**whole, name: PHONE})
            assert more.status_code == 400 or case.title in more.content.decode(), f"{name} narrows the list"
        for row in dispatcher.client.get("/desk/list/points.json", whole).json()["features"]:
            assert NAME not in str(row)
            assert TAIL not in without_ids(str(row))

    def test_lists_of_the_like_carry_no_caller(self, world):
        clerk = Person.signed_in("clerk")
        for words in (WORDS, "垃圾桶又满了，臭味大。"):
            clerk.open("/desk/new/")
            left = {"name": NAME, "phone": PHONE, "agreed": True, "reply_by": "phone"}
            clerk.press("登记", channel="hotline", words=words, grid_code=GRID, **left)
        case, other = case_of(WORDS), case_of("垃圾桶又满了，臭味大。")
        dispatcher = Person.signed_in("dispatcher")
        triage(dispatcher, other, unit=world.units["sanitation"], kind="0103")
        page = dispatcher.open(f"/desk/triage/{case.pk}/").html
        near = page[page.index("可能是同一件事") :]
        near = near[: near.index("</section>")]
        assert other.title in near
        assert "欧" not in near
        assert TAIL not in without_ids(near)
        assert set(inspect.get_annotations(lists.Near)) == {"case", "metres"}

    def test_no_form_of_the_desk_asks_who_called_before(self):
        asked = [
            f"{form.__name__}.{name}"
            for form in every_subclass(MoveForm)
            for name in form.base_fields
            if re.search("earlier|history_of|profile|blacklist|habit", name)
        ]
        assert asked == []


def _auditor(clock):
    return people.create_account(
        username="demo-auditor", name="顾审计", area_code=STREET, password="green-kite-lantern-7", actor=system(),
        now=clock.now,
    )  # fmt: skip


def every_subclass(kind):
    for one in kind.__subclasses__():
        yield one
        yield from every_subclass(one)


class TestReasonsToTakeCare:
    """4: reasons to take care are facts of our own process; they decide nothing, and tell nothing of the caller."""

    def test_they_are_worked_out_from_nothing_else(self):
        assert set(Process.__dataclass_fields__) == {
            "late_steps", "contacted", "handed_on", "reworked", "nudges", "round", "voices"
        }  # fmt: skip
        read = inspect.getsource(careful)
        for one in ("contact_id", "name_mask", "phone", "words =", ".words", "taken_by", "reporter"):
            assert one not in read.replace("careful_words", ""), one

    def test_two_callers_of_like_cases_have_like_reasons_and_the_order_of_calls_is_that_of_due_times(
        self, world, clock
    ):
        one, _reports = called_back(world, PHONE)
        other, _reports = called_back(world, "13800000000")
        clock.pass_by(hours=2)
        told = lambda: lines_of(lists.work_of(world.caller), now=clock.now)  # noqa: E731
        before = told()
        assert len({tuple(map(str, line.careful)) for line in before}) == 1
        actions.nudge_case(before[-1].case.pk, actor=world.head, now=clock.now)
        assert [line.key for line in told()] == [line.key for line in before]
        assert {one.pk, other.pk} == {line.case.pk for line in before}


class TestComplaintsAboutStaff:
    """15: a complaint about staff, a community or a property firm never reaches them."""

    SECRET = "社区的网格员收了钱不办事。"

    @pytest.fixture
    def case(self, world):
        resident = Person("resident")
        self.code = send_report(resident, self.SECRET, phone=PHONE, staff=True)
        return case_of(self.SECRET)

    @pytest.mark.parametrize("key", ["secretary", "grid_worker", "grid_worker2", "firm_handler", "building_head"])
    def test_the_community_and_the_firm_find_it_on_no_page(self, case, key):
        one = Person.signed_in(key)
        case_page(one, case, 404)
        for address in (
            f"/desk/cases/{case.pk}/moves/nudge/",
            f"/desk/triage/{case.pk}/",
            f"/desk/triage/{case.pk}/choices/",
            f"/desk/cases/{case.pk}/outlines.json",
        ):
            assert one.client.get(address).status_code in (403, 404, 405), address
        for address in (
            "/desk/", "/desk/list/?state=all", "/desk/list/?q=网格员", f"/desk/list/?q={case.number}",
            "/desk/list/points.json?state=all", "/desk/triage/", "/desk/taken/", "/desk/review/", "/desk/call-back/",
            "/desk/list/?flag=restricted", "/desk/list/?state=received",
        ):  # fmt: skip
            response = one.client.get(address, follow=True)
            assert response.status_code in (200, 403), address
            page = response.content.decode()
            assert "收了钱" not in page, address
            assert case.number in address or case.number not in page, address
            assert str(case.pk) not in page, address

    def test_counts_do_not_tell_of_it_either(self, case, world, clock):
        secretary = Person.signed_in("secretary")
        before = numbers(secretary.open("/desk/").html), numbers(secretary.open("/desk/list/").html)
        send_report(Person(), "居委会的人态度恶劣。", staff=True)
        assert (numbers(secretary.open("/desk/").html), numbers(secretary.open("/desk/list/").html)) == before

    def test_not_even_a_clerk_of_the_street_without_the_duty_sees_it(self, case):
        for key in ("clerk", "dispatcher", "reviewer"):
            case_page(Person.signed_in(key), case, 404)

    def test_the_heads_of_the_street_see_it_and_the_next_street_does_not(self, case):
        assert "收了钱" in case_page(Person.signed_in("head"), case).words
        case_page(Person.signed_in("next_dispatcher"), case, 404)

    def test_no_bell_and_no_text_message_tells_of_it_and_opening_its_reporter_alarms_the_auditor(
        self, case, world, clock
    ):
        people.grant_role(
            account_id=_auditor(clock).pk, role_code="auditor", area_code=STREET, actor=system(), now=clock.now,
        )  # fmt: skip
        spread()
        assert not Notice.objects.exists()
        actions.open_reporter(
            case.pk, report_id=Report.objects.get(case=case).pk, purpose="verify_facts", actor=world.head,
            now=clock.now,
        )  # fmt: skip
        spread()
        alarm = Notice.objects.get()
        assert alarm.kind == "identity_opened"
        assert case.number not in alarm.body
        assert NAME not in alarm.body

    def test_it_lies_at_the_streets_desk_and_is_shown_to_nobody_outside(self, case, clock):
        assert case.restricted
        assert case.desk_code == STREET
        clock.pass_by(days=2)
        for address in ("/", "/nearby/"):
            assert "网格员" not in Person().open(address).words

    def test_its_reporter_still_follows_it_by_code(self, case):
        assert "待受理" in look_up(Person(), self.code).words

    def test_a_unit_that_keeps_away_is_never_offered_it(self, case, world):
        head = Person.signed_in("head")
        # The community keeps away by itself; the station is told to.
        move(head, case, "recuse", unit_id=str(world.units["enforcement"].pk))
        head.open(f"/desk/triage/{case.pk}/").press("更新单位", other_type="0103")
        form, _button = head.form_of("派给")
        offered = form.controls["lead"].offered if "lead" in form.controls else []
        assert str(world.units["sanitation"].pk) in offered
        kept_away = {str(world.units[name].pk) for name in ("banyan", "enforcement")}
        assert not kept_away & set(offered)
        answer = head.client.post(
            f"/desk/triage/{case.pk}/",
            {
                **{name: value for name, value in form.values().items() if value},
                "other_type": "0103",
                "lead": str(world.units["banyan"].pk),
            },
        )
        assert answer.status_code in (409, 422)
        case.refresh_from_db()
        assert not case.orders.exists()


def numbers(html: str) -> list[str]:
    return re.findall(r">\s*(\d+)\s*<", html)


class TestWhatEverybodySees:
    """14 and 16: matters that ended well, a day later, coarsely, without callers' words or workers' names."""

    @pytest.fixture
    def ended(self, world, clock):
        resident = Person()
        code = send_report(resident, WORDS, kind="0103", phone=PHONE, photos=[photo(color=(200, 0, 0))])
        case = case_of(WORDS)
        secretary = Person.signed_in("secretary")
        triage(secretary, case, unit=world.units["banyan"])
        handle(secretary, case, "桶已清空并冲洗。")
        review(Person.signed_in("reviewer"), case)
        look_up(resident, code).follow("评价这次办理").press("提交评价", solved="yes", words="谢谢吴书记。")
        case.refresh_from_db()
        assert case.state == "closed"
        return case, resident, code

    def test_for_a_day_nobody_sees_it_then_what_is_allowed_and_no_more(self, ended, clock):
        case, _resident, _code = ended
        visitor = chosen(Person())
        clock.pass_by(hours=23)
        assert "垃圾桶满溢" not in visitor.open("/nearby/").words
        clock.pass_by(hours=2)
        for address in ("/", "/nearby/"):
            page = visitor.open(address)
            assert "垃圾桶满溢或破损" in page.words, address
            for hidden in (
                WORDS, WORDS[:6], "三号楼", "路口东侧", "李示例", PHONE, TAIL, "谢谢吴书记", "吴假名", case.number,
                str(case.pk), "榕树第一网格",
            ):  # fmt: skip
                assert hidden not in page.html, (address, hidden)

    def test_a_callers_photo_is_never_public(self, ended, clock):
        case, _resident, _code = ended
        clock.pass_by(days=2)
        from huying.files.models import Attachment

        visitor = chosen(Person()).open("/nearby/")
        by_purpose = {one.purpose: one for one in Attachment.objects.all()}
        assert visitor.client.get(f"/nearby/photos/{by_purpose['report'].pk}/").status_code == 404
        assert visitor.client.get(f"/nearby/photos/{by_purpose['after'].pk}/").status_code == 200
        assert str(by_purpose["report"].pk) not in visitor.html

    def test_the_reporter_may_keep_it_to_themselves(self, ended, clock):
        _case, resident, code = ended
        look_up(resident, code)
        button = next(words for words in resident.buttons() if "公开" in words)
        resident.press(button)
        clock.pass_by(days=2)
        assert "垃圾桶满溢" not in chosen(Person()).open("/nearby/").words

    def test_types_of_homes_and_disputes_are_never_listed(self, world):
        from huying.cases.queries.public import listed_types

        for kind in listed_types().values():
            assert not kind.confidential
            assert not re.search("噪|纠纷|邻里|家庭|欠薪|举报|工作人员|户内|室内|信访|投诉", kind.name), kind.name

    def test_workers_are_not_named_to_callers(self, ended):
        _case, resident, code = ended
        page = look_up(resident, code).html
        for name in ("吴假名", "陈样本", "demo-secretary"):
            assert name not in page


def chosen(one: Person) -> Person:
    return one.open("/area/").press("示范街道")


class TestContactsAndHistory:
    def test_opening_a_contact_takes_a_purpose_is_logged_and_seen_by_its_owner(self, world):
        resident = Person()
        code = send_report(resident, WORDS, kind="0103", phone=PHONE)
        case = case_of(WORDS)
        secretary = Person.signed_in("secretary")
        page = case_page(secretary, case)
        assert PHONE not in page.html
        report = Report.objects.get(words=WORDS)
        secretary.open(f"/desk/cases/{case.pk}/?move=open_contact&report={report.pk}")
        where = next(form for form in secretary.read.forms if "purpose" in form.controls)
        offered = [one for one in where.controls["purpose"].offered if one]
        secretary.press(where.buttons[-1].words.split("Ctrl")[0].strip(), where=where.action, purpose=offered[0])
        assert PHONE in re.sub(r"\s", "", secretary.html)
        assert ContactOpening.objects.get().opened_by == world.accounts["secretary"].pk
        assert "榕树社区居委会" in look_up(resident, code).follow("我的联系方式").words
        case_page(secretary, case)
        assert PHONE not in secretary.html

    def test_history_holds_ids_and_codes_never_a_persons_values_or_words(self, world, clock):
        resident = Person()
        code = send_report(resident, WORDS, kind="0103", phone=PHONE)
        case = case_of(WORDS)
        secretary = Person.signed_in("secretary")
        triage(secretary, case, unit=world.units["banyan"], instruction="请今天去看。")
        handle(secretary, case, "桶已清空并冲洗。")
        review(Person.signed_in("reviewer"), case)
        look_up(resident, code).follow("评价这次办理").press("提交评价", solved="yes", words="谢谢吴书记。")
        clock.pass_by(days=1)
        look_up(resident, code).follow("又出现了").press("接着办", reason="又满了。")
        look_up(resident, code).follow("我的联系方式").press("删掉我的联系方式")
        told = " ".join(
            f"{one.kind} {one.verb} {one.actor_label} {one.facts}" for one in History.objects.order_by("pk")
        )
        assert without_ids(told) != told
        told = without_ids(told)
        for value in (PHONE, TAIL, "李示例", "吴假名", "垃圾桶", "请今天去看", "清空", "谢谢", "又满了", code, "路口"):
            assert value not in told, value
        assert History.objects.filter(kind="contact", verb="erased").exists()

    def test_exclusion_rates_and_rankings_by_person_do_not_exist(self):
        """3, 4, 16: nothing here scores a person; parts that rate come with their own limits."""
        found = [
            f"{table}.{name}" for table, name in columns() if re.search(r"score|rank|(^|_)stars?(_|$)|rating", name)
        ]
        # In a whistle a unit rates a unit, and no figure is made of it.
        assert sorted(found) == ["MatterType.scored", "WhistlePart.caller_score", "WhistlePart.unit_score"]


class TestHotIssues:
    """12: place and affected group, never a caller; no graph of callers; from five callers on."""

    @pytest.fixture
    def lifts(self, world):
        for number, words in enumerate(OTHERS):
            world.call(words=words, now=NOW - timedelta(days=number % 20))
        return [
            call(world, phone=f"1391234567{number}", words=words, now=NOW - timedelta(days=4 * number)).case
            for number, words in enumerate(LIFT[:5])
        ]

    def seen(self, who):
        return Person.signed_in(who).open("/desk/cases/hot/").html

    def test_its_rows_hold_a_number_of_callers_and_lead_to_none(self):
        tables = (HotIssue, HotIssueCase, HotApart)
        names = {one.name for table in tables for one in table._meta.concrete_fields}
        assert names == {
            "id", "street_code", "number", "area_code", "type_code", "typical", "heat", "callers", "first_on",
            "last_on", "trend", "concerned", "found_at", "gone_at", "case", "issue",
            "own_words", "joined_into", "came_from", "others", "at",
        }  # fmt: skip
        assert isinstance(HotIssue._meta.get_field("callers"), models.PositiveIntegerField)
        tied = {one.related_model.__name__ for one in HotIssue._meta.concrete_fields if one.is_relation}
        assert tied == {"Case", "HotIssue"}

    def test_pages_and_programs_show_place_and_group_and_no_caller(self, world, lifts):
        find_hot_issues(STREET, now=NOW)
        clerk, row = Person.signed_in("clerk"), HotIssueCase.objects.get(case=lifts[0]).issue
        for address in ("/desk/cases/hot/", f"/desk/cases/hot/{row.pk}/"):
            page = clerk.open(address).html
            assert "榕树第一网格" in page
            assert "李示例" not in page.split("<main")[1]
            assert "13912345" not in page
            assert str(row.callers) + " 人" not in page
        assert not {"callers", "contacts", "support"} & set(HotOut.model_fields)

    def test_with_four_callers_nobody_but_the_clerk_is_told(self, world, lifts):
        find_hot_issues(STREET, now=NOW)
        row = HotIssueCase.objects.get(case=lifts[0]).issue
        assert row.callers == 5
        assert str(row.pk) in self.seen("leader")
        Case.objects.filter(pk=lifts[0].pk).update(confidential=True, restricted=True)
        find_hot_issues(STREET, now=NOW)
        row.refresh_from_db()
        assert row.callers == 4
        assert str(row.pk) in self.seen("clerk")
        for who in ("leader", "handler", "grid_worker", "next_dispatcher"):
            assert str(row.pk) not in Person.signed_in(who).open("/desk/cases/hot/", None).html


class TestExclusion:
    """3: it decides on a case that was answered first; the caller is told and objects; it ends; it is published."""

    def test_its_row_leads_to_a_case_and_to_nobody(self):
        tied = {one.related_model.__name__ for one in Exclusion._meta.concrete_fields if one.is_relation}
        assert tied == {"Case", "ExclusionKind", "Exclusion"}
        assert not {"contact", "report", "caller", "phone"} & {one.name for one in Exclusion._meta.fields}

    def test_every_kind_has_evidence_and_words_for_the_caller(self, db):
        kinds = exclusions.kinds(localdate(NOW), STREET)
        assert kinds
        assert all(one.needs and one.told for one in kinds)

    def test_what_is_open_cannot_be_asked_for_and_days_are_ninety(self):
        assert not rules.ANSWERED & OPEN
        assert timedelta(days=90) == rules.HOLDS_FOR
        assert len({duties for duties, _verb in rules.DECIDES.values()}) == 2
