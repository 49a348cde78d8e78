"""Reports from tables: streaming, once each, with a file of what was refused."""

import csv
import os
from pathlib import Path

import pytest

from huying.cases.actions.importing import PRESETS, import_reports, preset_with
from huying.cases.models import Case, ImportRun, Report
from huying.kernel.actor import importer
from huying.kernel.refusals import Invalid
from huying.kernel.sheets import encoding_of, gb18030_2022, lines
from tests.settings import GIVEN
from tests.world import NEXT_DOOR, NOW, STREET, ground

HEAD = "id,title,body,time\n"
REAL = GIVEN.get("HUYING_REAL_DATA") or os.environ.get("HUYING_REAL_DATA", "")


def run(path, rejects=None, preset="citizen-messages"):
    return import_reports(
        path,
        area_code=STREET,
        preset=PRESETS[preset],
        rejects=rejects or path.with_suffix(".rejects.csv"),
        actor=importer("test"),
        now=NOW,
    )


def table(tmp_path, body, encoding="utf-8", name="calls.csv"):
    path = tmp_path / name
    path.write_bytes((HEAD + body).encode(encoding))
    return path


def rejected(path):
    with path.with_suffix(".rejects.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def street(db):
    ground(NOW)


@pytest.mark.usefixtures("street")
class TestImportReports:
    def test_a_row_becomes_a_case_with_the_time_of_its_source(self, tmp_path):
        path = table(tmp_path, "1,路灯不亮,三盏路灯都不亮,2019-01-02T08:00:00\n")
        done = run(path)
        assert (done.read, done.created, done.repeated, done.rejected) == (1, 1, 0, 0)
        report = Report.objects.get()
        assert report.received_at.isoformat() == "2019-01-02T00:00:00+00:00"
        assert (report.case.imported, report.case.unplaced, report.words) == (True, True, "路灯不亮\n三盏路灯都不亮")
        assert report.case.number.startswith("20190102-001-0001")

    def test_a_second_run_creates_nothing(self, tmp_path):
        path = table(tmp_path, "1,甲,乙乙乙,2019-01-02T08:00:00\n2,丙,丁丁丁,2019-01-02T08:00:00\n")
        assert run(path).created == 2
        again = run(path)
        assert (again.created, again.repeated) == (0, 2)
        assert Case.objects.count() == 2

    def test_other_words_under_the_same_number_are_refused_with_the_reason(self, tmp_path):
        path = table(tmp_path, "1,甲,路灯不亮,2019-01-02T08:00:00\n1,甲,路灯又不亮,2019-01-02T08:00:00\n")
        done = run(path)
        assert (done.created, done.rejected) == (1, 1)
        assert [(one["row"], one["external_id"], one["code"]) for one in rejected(path)] == [("3", "1", "key-reused")]

    def test_a_bad_row_stops_nobody_and_says_why(self, tmp_path):
        rows = "1,甲,好的,2019-01-02T08:00:00\n,乙,没有编号,2019-01-02T08:00:00\n3,丙,时间不对,昨天\n4,,,2019-01-02T08:00:00\n"
        rows += f"5,丁,{'长' * 10001},2019-01-02T08:00:00\n"
        done = run(table(tmp_path, rows))
        assert (done.read, done.created, done.rejected) == (5, 1, 4)
        reasons = rejected(tmp_path / "calls.csv")
        assert [one["row"] for one in reasons] == ["3", "4", "5", "6"]
        assert all(one["reason"] for one in reasons)

    def test_ten_thousand_characters_are_kept_whole(self, tmp_path):
        words = "水" * 9998
        run(table(tmp_path, f"1,甲,{words},2019-01-02T08:00:00\n"))
        assert Report.objects.get().words == f"甲\n{words}"

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
    def test_each_encoding_gives_the_same_words(self, tmp_path, encoding):
        run(table(tmp_path, "1,示例,路灯不亮，请看看𠮷,2019-01-02T08:00:00\n", encoding))
        assert Report.objects.get().words == "示例\n路灯不亮，请看看𠮷"

    def test_a_stopped_run_goes_on_where_it_was(self, tmp_path):
        rows = "".join(f"{n},甲,第 {n} 件,2019-01-02T08:00:00\n" for n in range(250))
        path = table(tmp_path, rows)

        class Stopped(Exception):
            pass

        def stop(_count, seen=[]):  # noqa: B006
            seen.append(1)
            if len(seen) == 2:
                raise Stopped

        with pytest.raises(Stopped):
            import_reports(path, area_code=STREET, preset=PRESETS["citizen-messages"],
                           rejects=path.with_suffix(".rejects.csv"), actor=importer("test"), now=NOW, told=stop)  # fmt: skip
        assert ImportRun.objects.get().rows_done == 200
        done = run(path)
        assert (done.resumed_at, done.read, done.created) == (200, 250, 250)
        assert Case.objects.count() == 250

    def test_a_row_that_comes_again_with_another_time_is_the_same_row(self, tmp_path):
        run(table(tmp_path, "1,甲,乙乙乙,2019-01-02T08:00:00\n2,丙,丁丁丁,2019-01-02T08:00:00\n"))
        rows = "1,甲,乙乙乙,2019-01-02T09:00:00\n2,丙,别的话,2019-01-02T09:00:00\n3,戊,己己己,2019-01-02T09:00:00\n"
        again = run(table(tmp_path, rows, name="corrected.csv"))
        assert (again.created, again.repeated, again.rejected) == (1, 1, 1)
        assert [one["code"] for one in rejected(tmp_path / "corrected.csv")] == ["key-reused"]

    def test_an_unknown_street_is_refused_row_by_row(self, tmp_path):
        path = table(tmp_path, "1,甲,乙乙乙,2019-01-02T08:00:00\n")
        done = import_reports(path, area_code="990101009", preset=PRESETS["citizen-messages"],
                              rejects=path.with_suffix(".rejects.csv"), actor=importer("test"), now=NOW)  # fmt: skip
        assert (done.created, done.rejected) == (0, 1)
        assert NEXT_DOOR != STREET

    def test_a_file_without_the_column_is_refused_whole(self, tmp_path):
        path = tmp_path / "calls.csv"
        path.write_text("nummer,text\n1,甲\n", encoding="utf-8")
        with pytest.raises(Invalid, match="id"):
            run(path)
        assert not Case.objects.exists()


def test_the_edition_of_2022_moves_eighteen_characters():
    old = bytes.fromhex("FE59 A6D9".replace(" ", "")).decode("gb18030")
    assert gb18030_2022(old) == "\u9fb4\ufe10"
    moved = "".join(
        chr(one) for one in [*range(0xE78D, 0xE797), 0xE81E, 0xE826, 0xE82B, 0xE82C, 0xE832, 0xE843, 0xE854, 0xE864]
    )
    assert len(set(gb18030_2022(moved)) - set(moved)) == 18
    assert gb18030_2022(gb18030_2022(moved)) == moved
    assert gb18030_2022("街道") == "街道"


def test_binary_files_are_refused_in_words(tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(bytes(range(256)) * 4)
    with pytest.raises(Invalid):
        encoding_of(path)
    with pytest.raises(Invalid):
        list(lines(tmp_path / "nothing.csv"))


def test_a_map_file_names_columns_and_zone():
    made = preset_with("generic", {"zone": "UTC", "columns": {"words": "内容"}})
    assert (made.zone, made.columns["words"]) == ("UTC", "内容")
    with pytest.raises(Invalid):
        preset_with("generic", {"zone": "Mars/Base"})
    with pytest.raises(Invalid):
        preset_with("generic", {"columns": {"nonsense": "x"}})


@pytest.mark.slow
@pytest.mark.real_data
@pytest.mark.usefixtures("street")
@pytest.mark.skipif(not REAL, reason="HUYING_REAL_DATA is not set: no folder of real data here")
def test_the_real_messages_come_in_whole_and_once(tmp_path):
    folder = Path(REAL) / "citizen-messages"
    total = [0, 0, 0]
    for name in ("train.csv", "unlabelled.csv"):
        done = run(folder / name, rejects=tmp_path / f"{name}.rejects.csv")
        total = [total[0] + done.read, total[1] + done.created, total[2] + done.rejected]
    assert total == [3631, 3629, 2]
    assert Case.objects.count() == 3629
    again = run(folder / "train.csv", rejects=tmp_path / "again.csv")
    assert again.created == 0
