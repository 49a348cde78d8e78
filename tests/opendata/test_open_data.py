"""Everything a street owns as open files and back again: the same bytes, and nothing of persons."""

import csv
import io
import zipfile
from datetime import timedelta

import orjson
import pytest

from huying.audit.models import History
from huying.cases.actions import register_file_dispatch
from huying.cases.models import Case, Report
from huying.kernel.actor import system
from huying.kernel.refusals import Conflict, Invalid, NotAllowed, NotFound
from huying.opendata import actions, rules
from huying.opendata.models import Export
from huying.people.models import Account, Contact
from huying.places import queries
from huying.places.models import Area
from tests.world import BANYAN, NEXT_DOOR, NOW, STREET, build_world, middle

WORDS = "榕树路口的垃圾桶满了，请打 13800138000 或 020-81234567 找我。"


def opened(path):
    with zipfile.ZipFile(path) as packed:
        return {one.filename: packed.read(one) for one in packed.infolist()}


def manifest(path):
    return orjson.loads(opened(path)["manifest.json"])


def rows(path, name):
    return list(csv.DictReader(io.StringIO(opened(path)[f"{name}.csv"].decode(), newline="")))


def filled(**options):
    """A street with calls in several states, one of them confidential, and one next door."""
    world = build_world()
    world.call(words=WORDS)
    first = world.call(words="=2+3 是谁把路灯弄坏的", key=None)
    world.call(words="'引号开头")
    secret = world.call(words="举报工作人员", about_staff=True)
    lng, lat = middle(NEXT_DOOR + "001001")
    world.call(words="隔壁街道的事", area_code=NEXT_DOOR, lng=lng, lat=lat)
    return world, first, secret


@pytest.fixture
def out(tmp_path, settings):
    settings.DATA = tmp_path
    return tmp_path / "street.zip"


@pytest.mark.django_db
class TestExport:
    def test_it_holds_what_lies_in_the_street_and_nothing_of_the_next(self, out):
        filled()
        made = actions.export_area(out, code=STREET, actor=system(), now=NOW)
        assert made.rows["cases"] == 3
        assert {one["code"] for one in rows(out, "areas")} >= {"99", "990101", STREET, BANYAN}
        assert not any(one["code"].startswith(NEXT_DOOR) for one in rows(out, "areas"))
        whole = b"".join(opened(out).values()).decode()
        assert "隔壁街道的事" not in whole
        assert "褚邻居" not in whole

    def test_nothing_of_it_reaches_a_person(self, out):
        _world, _first, secret = filled()
        actions.export_area(out, code=STREET, actor=system(), now=NOW)
        whole = b"".join(opened(out).values()).decode()
        assert "13800138000" not in whole
        assert "81234567" not in whole
        assert rules.NUMBER_LEFT_OUT in whole
        assert str(secret.case.pk) not in whole
        assert "举报工作人员" not in whole
        columns = {column["name"] for one in manifest(out)["files"] for column in one.get("columns", ())}
        assert not columns & {"password", "contact", "code_hash", "name_sealed", "phone_sealed", "phone_tail"}
        assert [one["what"] for one in manifest(out)["left_out"]] == [str(one.what) for one in rules.LEFT_OUT]

    def test_the_manifest_tells_each_file_its_hash_and_every_column(self, out):
        import hashlib

        filled()
        actions.export_area(out, code=STREET, actor=system(), now=NOW)
        files = opened(out)
        told = manifest(out)
        assert {one["name"] for one in told["files"]} == set(files) - {"manifest.json"}
        for one in told["files"]:
            assert hashlib.sha256(files[one["name"]]).hexdigest() == one["sha256"]
            if one["name"].endswith(".csv"):
                heading = files[one["name"]].decode().split("\r\n")[0].split(",")
                assert [column["name"] for column in one["columns"]] == heading
                assert all(column["means"] and column["type"] for column in one["columns"])
        shapes = orjson.loads(files["areas.geojson"])
        assert {one["properties"]["code"] for one in shapes["features"]} >= {BANYAN}

    def test_no_sheet_reads_a_cell_as_a_formula(self, out):
        filled()
        actions.export_area(out, code=STREET, actor=system(), now=NOW)
        words = {one["words"] for one in rows(out, "reports")}
        assert "'=2+3 是谁把路灯弄坏的" in words
        assert "''引号开头" in words

    def test_strangers_and_those_without_the_duty_are_refused(self, out):
        world, _first, _secret = filled()
        with pytest.raises(NotFound):
            actions.export_area(out, code=STREET, actor=world.next_dispatcher, now=NOW)
        with pytest.raises(NotAllowed):
            actions.export_area(out, code=STREET, actor=world.clerk, now=NOW)
        with pytest.raises(NotFound):
            actions.export_area(out, code="990101099", actor=system(), now=NOW)
        assert not out.exists()
        actions.export_area(out, code=STREET, actor=world.head, now=NOW)
        assert History.objects.get(kind="open_data").verb == "export"


@pytest.mark.django_db(transaction=True)
class TestBackAgain:
    def test_an_empty_system_gives_the_same_bytes_apart_from_the_time(self, out, tmp_path, bench):
        from django.db import connection

        world, first, _secret = filled()
        register_file_dispatch(
            first.case.pk, lead_id=world.units["water"].pk, type_code="0901", grade="ordinary",
            actor=world.dispatcher, now=NOW + timedelta(minutes=5),
        )  # fmt: skip
        made = actions.export_area(out, code=STREET, actor=system(), now=NOW)
        connection.close()
        with bench.connect() as boot:
            bench.clone(boot)
        queries.forget()
        assert not Area.objects.exists()

        done = actions.import_open(out, actor=system(), now=NOW + timedelta(days=1))
        assert done.rows == made.rows
        assert done.rows["orders"] == 1
        again = tmp_path / "again.zip"
        actions.export_area(again, code=STREET, actor=system(), now=NOW + timedelta(days=2))

        one, two = opened(out), opened(again)
        told = [orjson.loads(files.pop("manifest.json")) for files in (one, two)]
        assert one == two
        assert told[0].pop("made_at") != told[1].pop("made_at")
        assert told[0] == told[1]
        # What was read back works: found by words, placed by point, and nobody signs in with an old password.
        assert queries.locate(*middle(BANYAN + "001")).area_code == BANYAN + "001"
        assert Case.objects.filter(search__isnull=False).count() == 3
        assert not Contact.objects.exists()
        assert not any(account.has_usable_password() for account in Account.objects.all())
        assert Report.objects.filter(code_hash__startswith="open:").count() == 3
        with pytest.raises(Conflict):
            actions.import_open(out, actor=system(), now=NOW)


@pytest.mark.django_db
class TestBadFiles:
    def test_a_file_that_was_changed_is_not_read(self, out, tmp_path):
        filled()
        actions.export_area(out, code=STREET, actor=system(), now=NOW)
        files = opened(out)
        Area.objects.all().delete()
        broken = {
            "不是压缩包": b"nothing",
            "少一个文件": {name: data for name, data in files.items() if name != "areas.csv"},
            "改过": {**files, "areas.csv": files["areas.csv"].replace("榕树".encode(), "木棉".encode())},
            "没有清单": {name: data for name, data in files.items() if name != "manifest.json"},
            "别的版本": {**files, "manifest.json": files["manifest.json"].replace(b'"version": 1', b'"version": 9')},
        }
        from huying.opendata.reading import _checked

        for name, given in broken.items():
            path = tmp_path / f"{len(name)}.zip"
            if isinstance(given, bytes):
                path.write_bytes(given)
            else:
                with zipfile.ZipFile(path, "w") as packed:
                    for file, data in given.items():
                        packed.writestr(file, data)
            with pytest.raises((Invalid, zipfile.BadZipFile)), zipfile.ZipFile(path) as packed:
                _checked(packed)

    def test_a_person_cannot_read_a_file_in(self, out):
        world, _first, _secret = filled()
        actions.export_area(out, code=STREET, actor=system(), now=NOW)
        with pytest.raises(NotAllowed):
            actions.import_open(out, actor=world.keeper, now=NOW)
        with pytest.raises(Conflict):
            actions.import_open(out, actor=system(), now=NOW)


@pytest.mark.django_db
class TestAsked:
    def test_one_asks_a_job_makes_it_and_the_file_goes_after_a_week(self, out):
        world, _first, _secret = filled()
        export = actions.ask_export(code=STREET, actor=world.head, now=NOW)
        with pytest.raises(NotFound):
            actions.fetch(export_id=export.pk, actor=world.head, now=NOW)
        made = actions.make_export(export_id=export.pk, actor=system(), now=NOW)
        assert actions.make_export(export_id=export.pk, actor=system(), now=NOW).sha256 == made.sha256
        assert actions.fetch(export_id=export.pk, actor=world.leader, now=NOW).rows == made.rows
        for stranger in (world.next_dispatcher, world.clerk):
            with pytest.raises(NotFound):
                actions.fetch(export_id=export.pk, actor=stranger, now=NOW)
        assert actions.remove_old(now=NOW + timedelta(days=6)) == 0
        assert actions.remove_old(now=NOW + timedelta(days=8)) == 1
        assert not actions.file_of(Export.objects.get()).exists()
        verbs = History.objects.filter(kind="open_data").order_by("pk").values_list("verb", flat=True)
        assert list(verbs) == ["ask", "export", "fetch"]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("打13800138000找我", "打（号码已略去）找我"),
        ("+86 138-0013-8000", "（号码已略去）"),
        ("020-81234567", "（号码已略去）"),
        ("11010519491231002X", "（号码已略去）"),
        ("订单 2026102000300427", "订单 2026102000300427"),
        ("3 栋 502", "3 栋 502"),
    ],
)
def test_numbers_of_persons_are_taken_out_of_words_once(text, left):
    assert rules.without_numbers(text) == left
    assert rules.without_numbers(left) == left


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "'a", "''", "a", ""])
def test_a_guarded_cell_reads_the_same(text):
    assert rules.unguarded(rules.guarded(text)) == text
