"""Importing areas and outlines: every problem by row, then all or nothing."""

import io
import zipfile
from datetime import date, timedelta

import orjson
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from huying.audit.models import History
from huying.kernel.actor import system
from huying.kernel.refusals import Invalid, NotAllowed, NotFound, TooLarge
from huying.places import actions, queries
from huying.places.actions import reading
from huying.places.models import Area, ImportDraft
from huying.places.rules import CoordinateSystem, from_wgs84
from tests.places.factories import (
    BANYAN,
    BOXES,
    KAPOK,
    NEXT_DOOR,
    NOW,
    STREET,
    box,
    collection,
    feature,
    keeper,
    middle,
    reader,
    street,
    table,
)

pytestmark = pytest.mark.django_db

TREE = (
    f"{STREET},示范街道,",
    f"{BANYAN},榕树社区,500",
    f"{BANYAN}001,石榴网格,236",
    f"{BANYAN}002,古井网格,241",
)


def areas(data, actor=None, apply=False, now=NOW):
    return actions.import_areas(data=data, actor=actor or keeper(), now=now, apply=apply)


def shapes(data, actor=None, apply=False, now=NOW, **options):
    return actions.import_polygons(data=data, actor=actor or keeper(), now=now, apply=apply, **options)


def found(outcome):
    return [(one.row, one.field, one.code) for one in outcome.problems]


def book(*rows):
    kept = io.BytesIO()
    with xlsxwriter.Workbook(kept) as written:
        sheet = written.add_worksheet()
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                sheet.write(number, column, cell)
    return kept.getvalue()


class TestAreas:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
    def test_a_table_in_any_usual_encoding_is_read(self, encoding):
        outcome = areas(table(*TREE, encoding=encoding))
        assert (outcome.ok, outcome.rows, outcome.created, found(outcome)) == (True, 4, 4, [])

    def test_a_workbook_with_codes_as_numbers_is_read(self):
        rows = [["代码", "名称", "户数"], [int(BANYAN), "榕树社区", 500], [int(BANYAN + "001"), "石榴网格", "236"]]
        outcome = areas(book([*rows[0]], [int(STREET), "示范街道", ""], *rows[1:]), apply=True)
        assert outcome.created == 3
        assert queries.area(BANYAN + "001").households == 236

    def test_a_dry_run_changes_nothing(self):
        areas(table(*TREE))
        assert (Area.objects.count(), History.objects.count()) == (0, 0)

    def test_applied_the_tree_stands_with_a_line_of_history_each(self):
        who = keeper()
        outcome = areas(table(*TREE), actor=who, apply=True)
        assert outcome.applied
        grid = queries.area(BANYAN + "001")
        assert (grid.name, grid.tier, grid.parent_code, grid.households) == ("石榴网格", "grid", BANYAN, 236)
        assert grid.valid_from == date(2026, 10, 20)
        line = History.objects.get(object_id=grid.uid)
        assert (line.kind, line.verb, line.actor_id, line.area_code) == ("area", "create", who.id, grid.code)
        assert queries.name_of(grid.code) == "榕树社区 · 石榴网格"

    def test_the_same_table_again_changes_nothing(self):
        areas(table(*TREE), apply=True)
        again = areas(table(*TREE), apply=True)
        assert (again.created, again.changed, again.same) == (0, 0, 4)
        assert History.objects.count() == 4

    def test_a_new_count_is_corrected_in_place_and_a_new_name_begins_a_new_row(self):
        areas(table(*TREE), apply=True)
        later = NOW + timedelta(days=30)
        rows = (f"{BANYAN}001,石榴网格,240", f"{BANYAN}002,新井网格,")
        outcome = areas(table(*rows), apply=True, now=later)
        assert outcome.changed == 2
        assert Area.objects.filter(code=BANYAN + "001").count() == 1
        old, new = Area.objects.filter(code=BANYAN + "002").order_by("valid_from")
        assert (old.name, old.valid_to, new.name, new.households) == ("古井网格", date(2026, 11, 19), "新井网格", 241)
        assert [line.verb for line in queries.lines_of(BANYAN + "002")] == ["correct", "create"]
        assert queries.lines_of(BANYAN + "001")[0].facts["households_to"] == 240

    def test_two_grids_may_swap_their_names_in_one_table(self):
        areas(table(*TREE), apply=True)
        rows = (f"{BANYAN}001,古井网格,", f"{BANYAN}002,石榴网格,")
        assert areas(table(*rows), apply=True, now=NOW + timedelta(days=1)).changed == 2
        assert queries.own_name_of(BANYAN + "002") == "石榴网格"

    def test_every_problem_is_listed_by_its_row(self):
        street()
        rows = [
            f"{BANYAN}003,一号网格,12",
            f"{BANYAN}003,二号网格,",  # duplicate
            ",没有代码,",
            f"{BANYAN}004,,",  # no name
            "99010100100,短码,",
            "abc,字母,",
            "9.90101E+11,科学,",
            f"{STREET}009001,没有上级,",
            f"{NEXT_DOOR}001002,别人的,",
            f"{BANYAN}005,石榴网格,",  # the name is taken
            f"{BANYAN}006,坏户数,-3",
            f"{BANYAN}007,坏\u202e名,",
            f"{KAPOK}003,茶园网格,",  # the name is taken by what stands already
        ]
        outcome = areas(table(*rows))
        assert found(outcome) == [
            (3, "code", "duplicate"),
            (4, "code", "no_code"),
            (5, "name", "no_name"),
            (6, "code", "wrong_length"),
            (7, "code", "not_digits"),
            (8, "code", "scientific"),
            (9, "parent", "unknown_parent"),
            (10, "code", "outside_scope"),
            (11, "name", "name_twice"),
            (12, "households", "bad_number"),
            (13, "name", "bad_text"),
            (14, "name", "name_twice"),
        ]
        assert all(one.says and "%" not in one.says for one in outcome.problems)

    def test_given_parent_tier_and_date_must_agree(self):
        street()
        head = "code,name,parent,tier,valid_from"
        rows = [
            f"{BANYAN}003,甲网格,{KAPOK},网格,2026-01-01",
            f"{BANYAN}004,乙网格,{BANYAN},社区,",
            f"{BANYAN}005,丙网格,,grid,2026-13-01",
            f"{BANYAN}006,丁网格,,,2030-01-01",
        ]
        assert found(areas(table(*rows, head=head))) == [
            (2, "parent", "other_parent"),
            (3, "tier", "other_tier"),
            (4, "valid_from", "bad_date"),
            (5, "valid_from", "future_date"),
        ]

    def test_a_table_with_a_problem_is_not_applied_at_all(self):
        with pytest.raises(Invalid) as told:
            areas(table(*TREE, f"{BANYAN}001,重复,"), apply=True)
        assert told.value.facts["rows"] == "6"
        assert Area.objects.count() == 0

    @pytest.mark.parametrize(
        ("data", "code"),
        [
            (b"", "empty"),
            ("代码,名称\r\n".encode(), "empty"),
            ("编号,叫法\r\n1,2".encode(), "no_column"),
            ("代码,名称,名称\r\n1,2,3".encode(), "column_twice"),
            ('代码,名称\r\n"99,x'.encode(), "bad_csv"),
            (b"\xff\xff\xff\x00", "bad_encoding"),
            ("代码,名称\r\n99,\x00".encode(), "bad_encoding"),
            (b"PK\x03\x04 no book", "bad_sheet"),
        ],
    )
    def test_a_file_that_cannot_be_read_says_so(self, data, code):
        assert code in [one.code for one in areas(data).problems]

    def test_bounds_come_before_reading(self, monkeypatch):
        monkeypatch.setattr(reading, "MOST_ROWS", 3)
        assert found(areas(table(*TREE))) == [(0, "file", "too_many_rows")]
        monkeypatch.setattr(reading, "MOST_TABLE_BYTES", 10)
        assert found(areas(table(*TREE))) == [(0, "file", "file_too_large")]
        with pytest.raises(TooLarge):
            areas(table(*TREE), apply=True)

    def test_a_workbook_that_inflates_is_not_opened(self):
        kept = io.BytesIO()
        with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr("xl/worksheets/sheet1.xml", b" " * (reading.MOST_INFLATED_BYTES + 1))
        assert found(areas(kept.getvalue())) == [(0, "file", "file_too_large")]

    def test_who_does_not_keep_places_is_refused(self):
        with pytest.raises(NotAllowed):
            areas(table(*TREE), actor=reader())

    def test_a_keeper_of_the_next_street_brings_nothing_in_here(self):
        outcome = areas(table(*TREE), actor=keeper(NEXT_DOOR))
        assert {one.code for one in outcome.problems} == {"outside_scope"}
        assert len(outcome.problems) == 4

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
    @given(
        st.binary(max_size=200)
        | st.text(max_size=200).map(lambda text: ("代码,名称\n" + text).encode("utf-8", "replace"))
    )
    def test_no_file_breaks_it(self, data):
        areas(data)
        shapes(data)

    @pytest.mark.real_data
    def test_the_real_streets_of_nine_districts_are_taken_in(self, real_data):
        folder = real_data / "cn-divisions"
        boss = system()
        districts = areas((folder / "areas.csv").read_bytes(), actor=boss, apply=True)
        streets = areas((folder / "streets.csv").read_bytes(), actor=boss, apply=True)
        assert (districts.created, streets.created) == (9, 132)
        assert queries.name_of("350603002") == "碧湖街道"


class TestOutlines:
    def test_shapes_are_taken_in_and_points_are_found(self):
        street(drawn=False)
        outcome = shapes(collection(*(feature(code, geometry) for code, geometry in BOXES.items())), apply=True)
        assert (outcome.created, outcome.problems) == (7, [])
        assert queries.locate(*middle(1, 1)).area_code == KAPOK + "002"
        assert queries.area(KAPOK + "002").polygon == BOXES[KAPOK + "002"]

    @pytest.mark.parametrize("system", list(CoordinateSystem))
    def test_every_door_says_what_it_speaks(self, system):
        street(drawn=False)

        def spoken(geometry):
            rings = [[list(from_wgs84(*point, system)) for point in ring] for ring in geometry["coordinates"]]
            return {"type": "Polygon", "coordinates": rings}

        features = [feature(code, spoken(geometry)) for code, geometry in BOXES.items()]
        assert shapes(collection(*features), apply=True, system=system).problems == []
        assert queries.area(BANYAN).polygon == BOXES[BANYAN]

    def test_a_shape_that_replaces_another_begins_a_new_row(self):
        street()
        moved = [feature(BANYAN + "001", box(0, 0, 0.9)), feature(BANYAN + "002", box(0.9, 0, 1.1))]
        assert shapes(collection(*moved), apply=True).changed == 2
        old, new = Area.objects.filter(code=BANYAN + "001").order_by("valid_from")
        assert (old.valid_to, old.polygon) == (date(2026, 10, 20), BOXES[BANYAN + "001"])
        assert History.objects.get(object_id=new.uid).facts["before"] == str(old.uid)
        assert queries.locate(*middle(0.45, 0)).area_code == BANYAN + "002"
        assert shapes(collection(*moved), apply=True).same == 2

    def test_every_problem_of_a_feature_is_named(self):
        street(drawn=False)
        bow = {
            "type": "Polygon",
            "coordinates": [[[113.3, 23.1], [113.31, 23.11], [113.31, 23.1], [113.3, 23.11], [113.3, 23.1]]],
        }
        swapped = {"type": "Polygon", "coordinates": [[[y, x] for x, y in BOXES[BANYAN]["coordinates"][0]]]}
        metres = {
            "type": "Polygon",
            "coordinates": [[[38430000, 2550000], [38431000, 2550000], [38431000, 2551000], [38430000, 2550000]]],
        }
        open_ring = {"type": "Polygon", "coordinates": [BOXES[BANYAN]["coordinates"][0][:-1]]}
        flat = {"type": "Polygon", "coordinates": [[[113.3, 23.1], [113.31, 23.1], [113.32, 23.1], [113.3, 23.1]]]}
        features = [
            feature(BANYAN, bow),
            feature(KAPOK, swapped),
            feature(BANYAN + "001", metres),
            feature(BANYAN + "002", open_ring),
            feature(KAPOK + "001", {"type": "Point", "coordinates": [113.3, 23.1]}),
            feature(KAPOK + "002", {"type": "Polygon", "coordinates": [[["a", 1]] * 4]}),
            feature(KAPOK + "002", box(1, 1)),
            feature("990101001009", box(1, 1)),
            feature(NEXT_DOOR, box(1, 1)),
            feature("", box(1, 1)),
            "nothing",
            feature(STREET, flat),
        ]
        codes = {(row, code) for row, _field, code in found(shapes(collection(*features)))}
        assert codes >= {
            (1, "invalid_geometry"),
            (2, "swapped"),
            (3, "not_degrees"),
            (4, "bad_coordinates"),
            (5, "not_a_polygon"),
            (6, "bad_coordinates"),
            (7, "duplicate"),
            (8, "unknown_area"),
            (9, "outside_scope"),
            (10, "no_code"),
            (11, "not_a_feature"),
        }
        assert {code for row, code in codes if row == 12} <= {"invalid_geometry", "no_area"}

    def test_overlaps_and_what_lies_outside_the_parent_are_refused(self):
        street()
        outcome = shapes(collection(feature(BANYAN + "001", box(0, 0, 1.2)), feature(KAPOK + "002", box(1, 1, 1.3))))
        assert found(outcome) == [(1, "geometry", "overlap"), (2, "geometry", "outside_parent")]
        assert "古井网格" in outcome.problems[0].says

    def test_a_gap_is_a_remark_and_does_not_stand_in_the_way(self):
        street()
        outcome = shapes(collection(feature(BANYAN + "001", box(0, 0, 0.8))), apply=True)
        assert [(one.code, one.blocks) for one in outcome.problems] == [("gap", False)]

    def test_a_sliver_within_tolerance_passes(self):
        street()
        assert shapes(collection(feature(BANYAN + "001", box(0, 0, 1.001)))).problems == []

    def test_a_file_in_another_projection_is_refused_by_its_own_word(self):
        street()
        data = collection(feature(STREET, BOXES[STREET]), crs={"properties": {"name": "urn:ogc:def:crs:EPSG::4547"}})
        assert found(shapes(data)) == [(0, "crs", "other_crs")]
        data = collection(feature(STREET, BOXES[STREET]), crs={"properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}})
        assert shapes(data).ok

    @pytest.mark.parametrize(
        "data", [b"", b"{", b"[]", b'{"type": "FeatureCollection", "features": []}', b'{"features": {}}']
    )
    def test_what_is_no_geojson_says_so(self, data):
        assert shapes(data).blocking

    def test_heights_are_dropped_and_parts_kept(self):
        street(drawn=False)
        parts = [[[[*point, 12.5] for point in ring] for ring in box(n, 0, 0.4)["coordinates"]] for n in (0, 1)]
        shapes(collection(feature(STREET, {"type": "MultiPolygon", "coordinates": parts})), apply=True)
        polygon = queries.area(STREET).polygon
        assert polygon["type"] == "MultiPolygon"
        assert len(polygon["coordinates"][0][0][0]) == 2

    @pytest.mark.real_data
    def test_nine_real_districts_are_taken_in_from_gcj02_and_found_by_wgs84(self, real_data):
        boss = system()
        areas((real_data / "cn-divisions" / "areas.csv").read_bytes(), actor=boss, apply=True)
        data = (real_data / "cn-boundaries" / "districts_gcj02.geojson").read_bytes()
        outcome = shapes(data, actor=boss, apply=True, system=CoordinateSystem.GCJ02)
        assert (outcome.created, outcome.blocking) == (len(orjson.loads(data)["features"]), [])
        assert queries.locate(113.3213, 23.0846).name == "海珠区"


class TestDrafts:
    def test_a_checked_file_waits_for_its_bringer_and_is_applied_once(self):
        who = keeper()
        draft, outcome = actions.keep_draft(kind="areas", filename="名录.csv", data=table(*TREE), actor=who, now=NOW)
        assert outcome.created == 4
        assert Area.objects.count() == 0
        actions.apply_draft(draft_id=draft.pk, actor=who, now=NOW)
        assert Area.objects.count() == 4
        with pytest.raises(NotFound):
            actions.apply_draft(draft_id=draft.pk, actor=who, now=NOW)

    def test_nobody_else_applies_or_drops_it_and_a_day_later_it_is_gone(self):
        who = keeper()
        draft, _outcome = actions.keep_draft(kind="areas", filename="a.csv", data=table(*TREE), actor=who, now=NOW)
        for stranger in (keeper(), keeper(NEXT_DOOR)):
            with pytest.raises(NotFound):
                actions.apply_draft(draft_id=draft.pk, actor=stranger, now=NOW)
            with pytest.raises(NotFound):
                actions.drop_draft(draft_id=draft.pk, actor=stranger)
        with pytest.raises(NotFound):
            actions.apply_draft(draft_id=draft.pk, actor=who, now=NOW + timedelta(days=2))
        actions.keep_draft(kind="areas", filename="b.csv", data=table(*TREE), actor=who, now=NOW + timedelta(days=2))
        assert not ImportDraft.objects.filter(pk=draft.pk).exists()

    def test_what_changed_meanwhile_is_checked_again(self):
        who = keeper()
        rows = table(f"{BANYAN}003,茶树网格,")
        street()
        draft, _outcome = actions.keep_draft(kind="areas", filename="a.csv", data=rows, actor=who, now=NOW)
        Area.objects.filter(code=BANYAN).update(valid_to=date(2026, 10, 19))
        with pytest.raises(Invalid):
            actions.apply_draft(draft_id=draft.pk, actor=who, now=NOW)
        assert not Area.objects.filter(code=BANYAN + "003").exists()

    def test_a_file_with_problems_is_not_kept(self):
        draft, outcome = actions.keep_draft(kind="areas", filename="a.csv", data=b"", actor=keeper(), now=NOW)
        assert (draft, outcome.ok, ImportDraft.objects.count()) == (None, False, 0)
