"""Pages of registers at their doors: what is shown, what is refused, what a page costs."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from huying.audit.models import History
from huying.kernel.actor import system
from huying.kernel.ids import uuid7
from huying.people import actions as people
from huying.places.models import Facility
from huying.registers import declared, queries
from tests.places.factories import BANYAN, NEXT_DOOR, NOW, STREET

GRID = BANYAN + "001"
BASE = "/desk/registers/"


def signed_in(client, role, area=STREET):
    people.load_shipped_roles(actor=system(), now=NOW)
    account = people.create_account(
        username=f"{role}-{area}", name="李示例", area_code=area, must_change_password=False, actor=system(), now=NOW
    )
    people.grant_role(account_id=account.pk, role_code=role, area_code=area, actor=system(), now=NOW)
    client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def head(client, street):
    return signed_in(client, "centre_head")


@pytest.fixture
def lamp(street):
    return Facility.objects.create(area_code=GRID, name="榕荫路 8 号路灯", kind="lamp", lng=113.305, lat=23.105)


def test_the_overview_shows_each_register_with_its_count(head, lamp):
    page = head.get(BASE).content.decode()
    assert "基础台账" in page
    assert f'href="{BASE}facility/"' in page
    assert f'href="{BASE}device/"' in page


@pytest.mark.parametrize("key", sorted(declared.REGISTERS))
def test_every_register_has_its_pages(head, key):
    register = declared.get(key)
    may_read = head.get(f"{BASE}{key}/").status_code
    assert may_read in (200, 404)
    if may_read == 200:
        assert head.get(f"{BASE}{key}/?q=榕树&ended=1").status_code == 200
        assert head.get(f"{BASE}{key}/points.json").status_code == 200
        assert head.get(f"{BASE}{key}/print/").status_code in (200, 403)
        for page in ("new/", "import/", "template.xlsx"):
            expected = {200} if register.write in ("keep_places", "dispatch") else {200, 403}
            assert head.get(f"{BASE}{key}/{page}").status_code in expected, page


def test_a_row_shows_its_cells_its_place_and_its_history(head, lamp):
    page = head.get(f"{BASE}facility/{lamp.pk}/").content.decode()
    for words in ("榕荫路 8 号路灯", "石榴网格", "路灯", "data-map"):
        assert words in page


@pytest.mark.parametrize(
    "address", ["", "edit/", "end/"], ids=["row", "edit", "end"],
)  # fmt: skip
def test_the_next_street_finds_no_row(client, lamp, address):
    stranger = signed_in(client, "centre_head", NEXT_DOOR)
    for row_id in (lamp.pk, uuid7()):
        assert stranger.get(f"{BASE}facility/{row_id}/{address}").status_code == 404
    assert "榕荫路" not in stranger.get(f"{BASE}facility/").content.decode()
    assert "榕荫路" not in "".join(
        part.decode() for part in stranger.get(f"{BASE}facility/export.csv").streaming_content
    )
    done = stranger.post(f"{BASE}facility/bulk/", {"row": str(lamp.pk), "column": "condition", "step": "choose"})
    assert done.status_code == 404


def test_who_only_reads_gets_no_forms(client, lamp):
    reader = signed_in(client, "reviewer")
    page = reader.get(f"{BASE}facility/").content.decode()
    assert "导入" not in page
    assert 'name="row"' not in page
    for address in ("new/", "import/", f"{lamp.pk}/edit/", f"{lamp.pk}/end/", "export.csv", "print/", "template.xlsx"):
        assert reader.get(f"{BASE}facility/{address}").status_code == 403, address
    assert reader.post(f"{BASE}facility/bulk/", {"row": str(lamp.pk), "column": "condition"}).status_code == 403


def test_a_visitor_comes_to_the_sign_in(client, street):
    assert client.get(BASE).status_code == 302
    assert client.get(f"{BASE}facility/").status_code == 302


@pytest.mark.parametrize(
    "query",
    ["?after=x", "?kind=rocket", "?area_code=abc", "?estate=1", "?q=%00", "?q=%ED%A0%80", "?condition=" + "x" * 500],
)
def test_bad_addresses_are_no_server_errors(head, lamp, query):
    assert head.get(f"{BASE}facility/{query}").status_code in (200, 404, 422)


@pytest.mark.parametrize(
    ("data", "status"),
    [({}, 302), ({"row": "x", "column": "condition"}, 404), ({"row": str(uuid7()), "column": "condition"}, 404)],
)
def test_bad_bulk_forms_are_no_server_errors(head, lamp, data, status):
    given = {"column": "condition", **data}
    assert head.post(f"{BASE}facility/bulk/", given).status_code == status
    assert head.post(f"{BASE}facility/bulk/", {**given, "column": "ghost"}).status_code == 404


@pytest.mark.parametrize("data", [b"", b"\x00\x01", b"PK\x03\x04broken", "名称\n".encode(), b"\xff\xfe\xff"])
def test_bad_files_are_told_and_no_server_errors(head, data):
    file = SimpleUploadedFile("x.csv", data, "text/csv")
    response = head.post(f"{BASE}facility/import/", {"file": file})
    assert response.status_code == 422


def test_what_was_typed_stays_when_it_is_refused(head):
    response = head.post(f"{BASE}facility/new/", {"name": "榕荫路 9 号路灯", "square_metres": "很大"})
    page = response.content.decode()
    assert response.status_code == 422
    assert "榕荫路 9 号路灯" in page
    assert "这里要写整数" in page


def test_an_export_is_noted(head, lamp):
    list(head.get(f"{BASE}facility/export.csv").streaming_content)
    assert History.objects.filter(kind="register", verb="export", facts={"register": "facility"}).count() == 1


def test_a_full_list_costs_a_bounded_number_of_statements(head):
    Facility.objects.bulk_create(Facility(area_code=GRID, name=f"灯{n}", kind="lamp") for n in range(60))
    head.get(f"{BASE}facility/")
    with CaptureQueriesContext(
        connection,
    ) as few:
        head.get(f"{BASE}facility/")
    assert len(few) <= 32, [one["sql"][:90] for one in few]


def test_the_search_walks_the_index(street):
    Facility.objects.bulk_create(Facility(area_code=GRID, name=f"榕荫路 {n} 号灯", kind="lamp") for n in range(200))
    rows = Facility.objects.filter(queries.found_by(declared.get("facility"), "路灯"))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off")
    assert "places_facility_words" in rows.order_by().explain()
