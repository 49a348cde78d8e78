"""The pages: what each role sees and may press, and what bad input gets back."""

import re
from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from huying.kernel.actor import system
from huying.matters import actions, queries
from huying.matters.models import CatalogueVersion
from huying.matters.rules import VersionState
from huying.matters.sheets import default_book, write_book
from tests.matters.conftest import NEXT_DOOR, STREET
from tests.people.factories import make_account, make_grant

pytestmark = pytest.mark.django_db
LONG_AGO = datetime(2024, 1, 2, tzinfo=UTC)
HOME = "/desk/matters/"


def signed_in(role, area=STREET):
    account = make_account(area=area, now=LONG_AGO, must_change_password=False)
    make_grant(account, role, area=area, now=LONG_AGO)
    client = Client()
    client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def default(db):
    return actions.load_default(area_code=STREET, actor=system(), now=LONG_AGO)


@pytest.fixture
def clerk(default):
    return signed_in("centre_head")


@pytest.fixture
def leader(default):
    return signed_in("leader_in_charge")


@pytest.fixture
def stranger(default):
    return signed_in("centre_head", NEXT_DOOR)


def page(client, address, **data):
    response = client.get(address, data)
    assert response.status_code == 200, response
    return response.content.decode()


def draft():
    return CatalogueVersion.objects.get(state__in=["draft", "submitted"])


def drafted(clerk):
    clerk.post(reverse("matters:make_draft"), {"reason": "路灯改为紧急"})
    return draft()


def type_values(version, code="0205", **changes):
    """What the browser would send back from the type's form."""
    row = queries.read_version(version).book.type(code)
    from huying.matters.forms import TypeForm

    limits = [(one.step, one.grade, one.limit) for one in queries.read_version(version).limits_of(code)]
    values = {**TypeForm.initial_of(row, limits, version), **changes}
    return {
        name: "on" if value is True else value
        for name, value in values.items()
        if value is not False and value is not None
    }


class TestReading:
    def test_a_visitor_is_sent_to_sign_in(self, default, client):
        assert client.get(HOME)["Location"].startswith("/sign-in/")

    def test_before_there_is_a_catalogue_the_page_says_so(self, db):
        assert "还没有清单" in page(signed_in("grid_worker"), HOME)
        assert "还没有清单" in page(signed_in("grid_worker"), reverse("matters:duties"))

    def test_everybody_of_the_staff_reads_the_version_in_force(self, default):
        words = page(signed_in("grid_worker"), HOME, type="0604")
        assert "污水外溢与化粪池满" in words
        assert "执行中 2024-1" in words
        assert "起草下一版" not in words
        assert "22 类" in words

    def test_a_type_shows_its_rules_and_where_each_limit_is_written(self, clerk):
        words = page(clerk, reverse("matters:type", args=["0101"]))
        assert "清单 2024-1 版 第 2 行" in words
        assert "系统默认时限" in words
        assert "存进草稿" not in words

    def test_the_duty_list_shows_which_types_rest_on_each_entry(self, clerk):
        words = page(clerk, reverse("matters:duties"), kind="taken_back")
        assert "查处污水偷排和工业废气" in words
        assert "污水偷排直排" in words
        assert "垃圾暴露成堆" not in words

    @pytest.mark.parametrize("query", [{"class": "99"}, {"type": "\x00"}, {"class": "<b>"}])
    def test_odd_addresses_show_a_page_and_no_markup(self, clerk, query):
        assert "<b>" not in page(clerk, HOME, **query)

    def test_unknown_types_and_versions_are_not_found(self, clerk):
        for address in (reverse("matters:type", args=["9999"]), f"{HOME}?version=1999-1", f"{HOME}versions/x/"):
            assert clerk.get(address).status_code == 404

    def test_the_number_of_statements_stays_small(self, clerk, django_assert_max_num_queries):
        drafted(clerk)
        page(clerk, HOME)
        with django_assert_max_num_queries(25):
            page(clerk, HOME, type="0604")


class TestTheWayOfADraft:
    def test_the_clerk_drafts_changes_and_submits_and_the_leader_approves(self, clerk, leader):
        version = drafted(clerk)
        address = reverse("matters:type", args=["0205"]) + f"?version={version.number}"
        assert "存进草稿" in page(clerk, address)
        values = type_values(version, grade="urgent", limits="办理=12h\n签收 紧急=15m")
        response = clerk.post(address, values)
        assert response.status_code == 302, response.context["form"].errors
        assert "改 2、新 1、停 0" in page(clerk, HOME)
        clerk.post(reverse("matters:submit", args=[version.number]), {"revision": 1})
        words = page(leader, HOME)
        assert "待审定" in words
        assert "审定</button>" in words
        assert "审定</button>" not in page(clerk, HOME)
        leader.post(reverse("matters:approve", args=[version.number]), {"revision": 1, "valid_from": "2024-02-01"})
        assert queries.version_number() == version.number
        assert queries.type_of("0205").grade == "urgent"
        assert str(queries.limit_row("0205", "sign_in", "urgent").limit) == "15m"
        assert "现在没有正在起草的版本" in page(leader, HOME)

    def test_bad_values_keep_what_was_typed_and_say_what_to_mend(self, clerk):
        version = drafted(clerk)
        address = reverse("matters:type", args=["0205"]) + f"?version={version.number}"
        for changes, says in (
            ({"name": ""}, "还有 1 处要改"),
            ({"limits": "办理=快点"}, "看不懂这个时限"),
            ({"limits": "=3wd"}, "看不懂"),
            ({"confidential": True}, "保密的事项不派人到场核查"),
            ({"duty_number": "888"}, "履职清单里没有这一项"),
            ({"words": "灯"}, "一个说法至少两个字"),
            ({"revision": "99"}, "刚刚被别人改过"),
            ({"revision": ""}, "处要改"),
        ):
            typed = type_values(version, filing_condition="写到一半的条件", **changes)
            response = clerk.post(address, typed)
            assert response.status_code == 422
            assert says in response.content.decode()
            assert "写到一半的条件" in response.content.decode()
        assert queries.changes_of(version) == []

    def test_the_leader_sends_it_back_with_words(self, clerk, leader):
        version = drafted(clerk)
        actions.change_type(
            version_id=version.pk, code="0205", changes={"grade": "urgent"}, actor=system(), now=LONG_AGO
        )
        clerk.post(reverse("matters:submit", args=[version.number]), {"revision": 1})
        leader.post(reverse("matters:send_back", args=[version.number]), {"words": "时限再想想"})
        assert "时限再想想" in page(clerk, HOME)
        assert draft().state == VersionState.DRAFT

    def test_a_stranger_from_next_door_sees_no_draft_and_moves_nothing(self, clerk, stranger):
        version = drafted(clerk)
        assert f"起草中 {version.number}" not in page(stranger, HOME)
        for name in ("version", "export", "import"):
            assert stranger.get(reverse(f"matters:{name}", args=[version.number])).status_code == 404
        for name in ("submit", "drop"):
            address = reverse(f"matters:{name}", args=[version.number])
            assert stranger.post(address, {"revision": 0}).status_code == 404
        assert draft().state == VersionState.DRAFT

    def test_without_the_duty_the_doors_are_closed(self, default, clerk):
        version = drafted(clerk)
        worker = signed_in("grid_worker")
        for name in ("submit", "approve", "send_back", "drop", "import"):
            assert worker.post(reverse(f"matters:{name}", args=[version.number]), {}).status_code == 403
        assert worker.post(reverse("matters:make_draft"), {}).status_code == 403
        address = reverse("matters:type", args=["0205"]) + f"?version={version.number}"
        assert worker.post(address, type_values(version, grade="hard")).status_code in (403, 422)
        assert queries.changes_of(version) == []

    def test_bad_posts_are_told_and_nothing_happens(self, clerk, leader):
        version = drafted(clerk)
        for client, name, data in (
            (clerk, "submit", {"revision": "x"}),
            (clerk, "submit", {"revision": 0}),
            (leader, "approve", {"revision": 0, "valid_from": "yesterday"}),
            (leader, "approve", {"revision": 0, "valid_from": "2026-10-20"}),
            (leader, "send_back", {"words": "\x00"}),
        ):
            response = client.post(reverse(f"matters:{name}", args=[version.number]), data, follow=True)
            assert response.status_code == 200
            assert draft().state == VersionState.DRAFT


class TestSheets:
    def test_export_then_import_changes_nothing(self, clerk):
        version = drafted(clerk)
        response = clerk.get(reverse("matters:export", args=[version.number]))
        assert response["Content-Type"].endswith("spreadsheetml.sheet")
        assert "attachment" in response["Content-Disposition"]
        assert "和草稿一样" in self.upload(clerk, version, response.content).content.decode()

    def test_a_dry_run_shows_the_changes_and_the_second_step_writes_them(self, clerk):
        version = drafted(clerk)
        data = self.changed(grade="urgent")
        words = self.upload(clerk, version, data).content.decode()
        assert "会改这些" in words
        assert queries.changes_of(version) == []
        kept = re.search(r'name="kept" value="([^"]+)"', words)[1]
        address = reverse("matters:import", args=[version.number])
        response = clerk.post(address, {"revision": 0, "write": "1", "kept": kept})
        assert response["Location"] == reverse("matters:version", args=[version.number])
        assert [one.key for one in queries.changes_of(version)] == ["0205"]
        assert "路灯不亮" in page(clerk, response["Location"])

    def test_problems_are_listed_by_row(self, clerk):
        version = drafted(clerk)
        response = self.upload(clerk, version, self.changed(name="井盖缺失或松动"))
        assert response.status_code == 422
        assert "事项名重复了" in response.content.decode()

    @pytest.mark.parametrize("data", [b"not a sheet", b"PK\x03\x04", b""])
    def test_what_is_no_sheet_is_refused_in_the_form(self, clerk, data):
        response = self.upload(clerk, drafted(clerk), data)
        assert response.status_code == 422

    def test_kept_bytes_that_were_damaged_are_refused(self, clerk):
        version = drafted(clerk)
        address = reverse("matters:import", args=[version.number])
        for kept in ("%%%", "QUJD", ""):
            assert clerk.post(address, {"revision": 0, "write": "1", "kept": kept}).status_code == 422

    @staticmethod
    def upload(client, version, data):
        file = SimpleUploadedFile("清单.xlsx", data)
        return client.post(reverse("matters:import", args=[version.number]), {"revision": 0, "file": file})

    @staticmethod
    def changed(**changes):
        book = default_book()
        types = tuple(type(one)(**{**one.__dict__, **changes}) if one.code == "0205" else one for one in book.types)
        return write_book(type(book)(book.classes, book.duties, types, book.limits))


def test_the_sweep_runs_as_a_job(default):
    from huying.matters.jobs import bring_due_into_force

    bring_due_into_force(timestamp=int(LONG_AGO.timestamp()))
    assert queries.version_number() == default.number
