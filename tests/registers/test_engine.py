"""The engine, shown on the registers of places: put, end, import and export, search, bulk change and its undo."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from huying.audit.models import History
from huying.kernel.ids import uuid7
from huying.kernel.paging import Page
from huying.kernel.refusals import Conflict, IllegalMove, Invalid, KeyReused, NotAllowed, NotFound
from huying.places.models import (
    Building,
    BuildingUnit,
    CallOut,
    Component,
    Device,
    Estate,
    Facility,
    GridCount,
    Inspection,
    OtherName,
    RentedHome,
    RescueResource,
    Room,
    SafetyCheck,
    ServicePlace,
    TenantCount,
    TradePlace,
    Waterway,
    WorkContract,
)
from huying.places.registers import ALL
from huying.registers import actions, declared, drafts, queries, sheets, writing
from huying.registers.models import BulkChange, ImportDraft
from huying.registers.queries import Wanted
from tests.places.factories import BANYAN, KAPOK, NEXT_DOOR, NOW
from tests.registers.sheets import csv_of, sheet

GRID, OTHER, FAR = BANYAN + "001", BANYAN + "002", KAPOK + "001"
TODAY = date(2026, 10, 20)


def facilities():
    return declared.get("facility")


def put(keeper, row_id=None, *, register=None, now=NOW, key=None, seen="", **values):
    return actions.put(
        register=register or facilities(), row_id=row_id, values=values, actor=keeper, now=now, key=key, seen=seen
    )


def lamp(keeper, name="榕荫路 8 号路灯", area=GRID, **values):
    return put(keeper, name=name, area_code=area, kind="lamp", **values)


def listed(viewer, words="", register=None, **filters):
    found = queries.page(register or facilities(), viewer, Wanted(filters, words), Page(limit=200), now=NOW)
    return [row.name for row in found]


def rows_of(key):
    """Two rows of a register, with what they hang on."""
    at = {"area_code": GRID}
    estate = lambda n: Estate.objects.create(name=f"小区{n}", **at)  # noqa: E731
    building = lambda n: Building.objects.create(name=f"楼{n}", **at)  # noqa: E731
    service = lambda n: ServicePlace.objects.create(name=f"站{n}", level="grid", **at)  # noqa: E731
    trade = lambda n: TradePlace.objects.create(name=f"楼宇{n}", kind="tower", **at)  # noqa: E731
    rescue = lambda n: RescueResource.objects.create(name=f"队{n}", kind="team", unit="办", duty_phone="020", **at)  # noqa: E731
    home = lambda n: RentedHome.objects.create(  # noqa: E731
        name=f"房{n}", holder_kind="person", holder_ref="CZ-0001", filed_on=TODAY, **at
    )
    contract = lambda n: WorkContract.objects.create(  # noqa: E731
        name=f"合同{n}", kind="green", unit_name="单位", since=TODAY, **at
    )
    make = {
        "estate": estate,
        "building": building,
        "building_unit": lambda n: BuildingUnit.objects.create(building=building(n), name="1"),
        "facility": lambda n: Facility.objects.create(name=f"灯{n}", kind="lamp", **at),
        "component": lambda n: Component.objects.create(name=f"井盖{n}", number=f"JG-{n}", kind="manhole", **at),
        "waterway": lambda n: Waterway.objects.create(name=f"涌{n}", **at),
        "other_name": lambda n: OtherName.objects.create(name=f"老街{n}", **at),
        "device": lambda n: Device.objects.create(name=f"门{n}", kind="gate", **at),
        "service_place": service,
        "room": lambda n: Room.objects.create(place=service(n), name="室"),
        "trade_place": trade,
        "tenants": lambda n: TenantCount.objects.create(place=trade(n), trade="office", counted_on=TODAY),
        "rescue": rescue,
        "call_out": lambda n: CallOut.objects.create(resource=rescue(n), emergency="flood", called_at=NOW, **at),
        "rented_home": home,
        "home_check": lambda n: SafetyCheck.objects.create(home=home(n), on=TODAY),
        "work_contract": contract,
        "inspection": lambda n: Inspection.objects.create(contract=contract(n), on=TODAY, points=90),
        "grid_count": lambda n: GridCount.objects.create(area_code=(GRID, OTHER)[n], counted_on=TODAY),
    }[key]
    return [make(0), make(1)]


def lines_of(row):
    return list(
        History.objects.filter(object_id=row.pk).order_by("id").values_list("kind", "verb", "area_code", "facts")
    )


@pytest.mark.usefixtures("street")
class TestPut:
    def test_a_new_row_leaves_a_history_line_with_names_of_columns_alone(self, keeper):
        row = lamp(keeper, works="示范工程")

        assert (row.area_code, row.kind, row.works) == (GRID, "lamp", "示范工程")
        assert lines_of(row) == [("facility", "create", GRID, {"fields": ["area_code", "kind", "name", "works"]})]

    def test_only_what_differs_is_changed_and_told(self, keeper):
        row = lamp(keeper)

        put(keeper, row.pk, name=row.name, condition="repair")
        put(keeper, row.pk, condition="repair")

        assert [facts for _kind, verb, _area, facts in lines_of(row) if verb == "change"] == [{"fields": ["condition"]}]

    def test_labels_mean_the_same_as_stored_words(self, keeper):
        assert lamp(keeper, condition="待修").condition == "repair"

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("name", ""), ("name", "坏\x00"), ("name", "长" * 61), ("kind", "火箭"), ("area_code", NEXT_DOOR + "001001"),
            ("area_code", "12"), ("square_metres", "-1"), ("square_metres", "1.5"), ("square_metres", "9" * 40),
            ("added_on", "2026-13-01"), ("point", "一百, 二十"), ("point", "23.1, 113.3"), ("estate", "没有的小区"),
            ("ghost", "x"), ("until", "2026-01-01"),
        ],
    )  # fmt: skip
    def test_bad_cells_are_refused_and_named(self, keeper, name, value):
        row = lamp(keeper)
        with pytest.raises(Invalid) as why:
            put(keeper, row.pk, **{name: value})
        assert list(why.value.errors) == [name]

    def test_what_is_needed_must_be_there(self, keeper):
        with pytest.raises(Invalid) as why:
            put(keeper, name="路灯")
        assert set(why.value.errors) == {"area_code", "kind"}

    def test_a_repeated_key_gives_the_same_row_and_another_body_is_refused(self, keeper):
        key = uuid7()

        first, again = lamp(keeper, key=key), lamp(keeper, key=key)

        assert first.pk == again.pk
        with pytest.raises(KeyReused):
            lamp(keeper, "另一盏灯", key=key)

    def test_nobody_writes_over_anothers_change(self, keeper):
        row = lamp(keeper)
        seen = writing.fingerprint(facilities(), row)
        put(keeper, row.pk, condition="repair")
        with pytest.raises(Conflict):
            put(keeper, row.pk, seen=seen, condition="closed")

    def test_a_stranger_does_not_learn_that_a_row_exists(self, keeper, stranger):
        row = lamp(keeper)
        for row_id in (row.pk, uuid4()):
            with pytest.raises(NotFound):
                put(stranger, row_id, condition="repair")
            with pytest.raises(NotFound):
                queries.one(facilities(), stranger, row_id)

    def test_a_reader_sees_and_may_not_change(self, keeper, reader):
        row = lamp(keeper)
        assert queries.one(facilities(), reader, row.pk) == row
        with pytest.raises(NotAllowed):
            put(reader, row.pk, condition="repair")

    def test_a_row_may_not_be_pushed_into_an_area_beyond_the_duty(self, keeper, banyan_keeper):
        row = lamp(keeper)
        with pytest.raises((Invalid, NotAllowed)):
            put(banyan_keeper, row.pk, area_code=FAR)
        with pytest.raises((Invalid, NotAllowed)):
            lamp(banyan_keeper, area=FAR)

    def test_links_reach_only_what_the_actor_reads(self, keeper, banyan_keeper):
        far = Estate.objects.create(area_code=FAR, name="木棉雅苑")
        assert lamp(keeper, estate="木棉雅苑").estate == far
        for word in ("木棉雅苑", str(far.pk)):
            with pytest.raises(Invalid):
                lamp(banyan_keeper, estate=word)

    def test_two_of_one_name_need_an_id(self, keeper):
        first = Estate.objects.create(area_code=GRID, name="同名里")
        Estate.objects.create(area_code=FAR, name="同名里")
        with pytest.raises(Invalid):
            lamp(keeper, estate="同名里")
        assert lamp(keeper, estate=str(first.pk)).estate == first


@pytest.mark.usefixtures("street")
class TestEnd:
    def test_an_ended_row_leaves_the_list_and_stays_to_be_read(self, keeper):
        row = lamp(keeper)

        actions.end_row(register=facilities(), row_id=row.pk, on=TODAY, actor=keeper, now=NOW)

        assert listed(keeper) == []
        everything = queries.page(facilities(), keeper, Wanted(ended=True), Page(), now=NOW)
        assert [one.pk for one in everything] == [row.pk]
        assert lines_of(row)[-1][1] == "end"
        with pytest.raises(IllegalMove):
            actions.end_row(register=facilities(), row_id=row.pk, on=TODAY, actor=keeper, now=NOW)

    def test_a_stranger_ends_nothing(self, keeper, stranger, reader):
        row = lamp(keeper)
        for who, refusal in ((stranger, NotFound), (reader, NotAllowed)):
            with pytest.raises(refusal):
                actions.end_row(register=facilities(), row_id=row.pk, on=TODAY, actor=who, now=NOW)


@pytest.mark.usefixtures("street")
class TestSearch:
    @pytest.mark.parametrize(
        ("words", "found"),
        [
            ("路灯", ["榕荫路 8 号路灯"]), ("灯", ["榕荫路 8 号路灯"]), ("榕荫 路灯", ["榕荫路 8 号路灯"]),
            ("ＡＢ12", ["充电棚ab12"]), ("b1", ["充电棚ab12"]), ("8", ["榕荫路 8 号路灯"]), ("灯路", []), ("%", []),
            ("'", []), ("\\", []), ("路灯 充电", []), ("2", ["充电棚ab12"]),
        ],
    )  # fmt: skip
    def test_any_two_neighbouring_characters_find_the_row(self, keeper, words, found):
        lamp(keeper)
        put(keeper, name="充电棚ab12", area_code=OTHER, kind="charging")
        assert listed(keeper, words) == found

    def test_a_stranger_finds_nothing(self, keeper, stranger):
        lamp(keeper)
        assert listed(stranger, "路灯") == []

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
    @given(name=st.text(min_size=1, max_size=30), start=st.integers(0, 30), length=st.integers(1, 5))
    def test_every_piece_of_a_name_finds_it(self, keeper, name, start, length):
        try:
            row = lamp(keeper, name)
        except Invalid:
            return
        piece = row.name[start : start + length].strip()
        if piece and len(piece.split()) == 1:
            assert row.name in listed(keeper, piece)

    def test_filters_cut_by_area_kind_and_link(self, keeper):
        estate = Estate.objects.create(area_code=GRID, name="榕荫花园")
        lamp(keeper, "甲灯", estate=str(estate.pk))
        lamp(keeper, "乙灯", area=FAR, condition="repair")
        assert listed(keeper, area_code=BANYAN) == ["甲灯"]
        assert listed(keeper, condition="repair") == ["乙灯"]
        assert listed(keeper, estate=str(estate.pk)) == ["甲灯"]

    def test_pages_follow_each_other_without_loss(self, keeper):
        for number in range(7):
            lamp(keeper, f"灯{number}", area=(GRID, OTHER, FAR)[number % 3])
        page, seen = Page(limit=3), []
        while True:
            seen += [row.name for row in queries.page(facilities(), keeper, Wanted(), page, now=NOW)]
            if not page.next:
                break
            page = Page(limit=3, after=page.next)
        assert sorted(seen) == [f"灯{number}" for number in range(7)]


@pytest.mark.usefixtures("street")
@pytest.mark.parametrize("key", sorted(one.key for one in ALL))
def test_every_register_of_places_is_paged_to_its_end(keeper, key):
    """Each in its own order, which may be by day, by time or by area."""
    register, rows = declared.get(key), rows_of(key)
    page, seen = Page(limit=1), []
    for _turn in range(5):
        seen += [row.pk for row in queries.page(register, keeper, Wanted(ended=True), page, now=NOW)]
        if not page.next:
            break
        page = Page(limit=1, after=page.next)
    assert sorted(seen) == sorted(row.pk for row in rows)


@pytest.mark.usefixtures("street")
class TestSheets:
    HEAD = ("名称", "网格", "类别", "平方米")
    ROWS = (("甲灯", GRID, "路灯", ""), ("乙园", OTHER, "公园广场", "800"))

    def bring(self, keeper, *rows, head=HEAD, dry_run=False, kind="csv", register=None):
        with sheet(head, rows, kind) as path:
            return actions.import_rows(
                register=register or facilities(), path=path, actor=keeper, now=NOW, dry_run=dry_run
            )

    @pytest.mark.parametrize("kind", ["csv", "xlsx"])
    def test_a_file_is_taken_in_and_a_second_time_changes_nothing(self, keeper, kind):
        dry = self.bring(keeper, *self.ROWS, kind=kind, dry_run=True)
        assert (dry.created, dry.applied, Facility.objects.count()) == (2, False, 0)

        first, again = self.bring(keeper, *self.ROWS, kind=kind), self.bring(keeper, *self.ROWS, kind=kind)

        assert (first.created, first.applied, Facility.objects.get(name="乙园").square_metres) == (2, True, 800)
        assert (again.created, again.changed, again.same) == (0, 0, 2)
        assert History.objects.filter(kind="facility").count() == 2

    def test_a_dry_run_leaves_nothing_behind(self, keeper):
        self.bring(keeper, *self.ROWS, dry_run=True)
        assert not History.objects.filter(kind="facility").exists()

    def test_known_rows_are_changed_and_columns_that_are_missing_stay(self, keeper):
        row = lamp(keeper, "甲灯", works="示范工程")
        done = self.bring(keeper, ("甲灯", GRID, "路灯", "12"))
        row.refresh_from_db()
        assert (done.changed, row.square_metres, row.works) == (1, 12, "示范工程")

    def test_each_problem_is_told_by_its_row_and_good_rows_are_taken(self, keeper):
        done = self.bring(
            keeper,
            ("甲灯", GRID, "路灯", ""),
            ("", GRID, "路灯", ""),
            ("丙灯", NEXT_DOOR + "001001", "路灯", ""),
            ("丁灯", GRID, "火箭", "很大"),
            ("甲灯", GRID, "路灯", ""),
        )
        assert done.created == 1
        assert [(one.row, one.column) for one in done.rejected] == [
            (3, "名称"), (4, "网格"), (5, "类别"), (5, "平方米"), (6, ""),
        ]  # fmt: skip
        assert done.rejected_rows == 4

    def test_an_unknown_heading_or_a_missing_one_stops_the_file(self, keeper):
        assert self.bring(keeper, ("x",), head=("颜色",)).blocked
        assert self.bring(keeper, ("甲灯", "路灯"), head=("名称", "类别")).blocked
        assert not Facility.objects.exists()

    def test_too_many_rows_are_not_taken(self, keeper, monkeypatch):
        monkeypatch.setattr(type(facilities()), "most_rows", 1)
        assert self.bring(keeper, *self.ROWS).blocked
        assert not Facility.objects.exists()

    def test_what_is_exported_comes_back_the_same(self, keeper):
        estate = Estate.objects.create(area_code=GRID, name="榕荫花园")
        lamp(keeper, "=cmd灯", estate=str(estate.pk), point="113.305, 23.105", added_on="2026-05-01", works="示范工程")
        lamp(keeper, "带,逗号“引号”灯", origin="added", added_on="2026-05-02", works="-1", chargers=3)
        rows = queries.export_rows(facilities(), keeper, Wanted(), now=NOW)
        with csv_of(sheets.csv_lines(facilities(), rows)) as path:
            done = actions.import_rows(register=facilities(), path=path, actor=keeper, now=NOW, dry_run=False)
        assert (done.same, done.changed, done.created, done.rejected) == (2, 0, 0, [])

    def test_ids_of_an_export_rename_rows_and_undo_any_change(self, keeper, tmp_path):
        estate = Estate.objects.create(area_code=GRID, name="榕荫花园")
        lamp(keeper, "=cmd灯", estate=str(estate.pk), point="113.305, 23.105")
        before = list(Facility.objects.order_by("pk").values())
        path = tmp_path / "sheet.xlsx"
        sheets.write_workbook(facilities(), queries.export_rows(facilities(), keeper, Wanted(), now=NOW), path)
        Facility.objects.update(name="改过", lng=None, lat=None, estate=None, chargers=9)

        done = actions.import_rows(register=facilities(), path=path, actor=keeper, now=NOW, dry_run=False)

        assert (done.changed, done.rejected) == (1, [])
        assert list(Facility.objects.order_by("pk").values()) == before

    def test_an_ended_row_comes_back_by_its_id_as_itself_and_by_its_name_as_a_new_one(self, keeper):
        row = lamp(keeper, "甲灯")
        actions.end_row(register=facilities(), row_id=row.pk, on=NOW.date(), actor=keeper, now=NOW)
        rows = list(queries.export_rows(facilities(), keeper, Wanted(ended=True), now=NOW))
        with csv_of(sheets.csv_lines(facilities(), rows)) as path:
            again = actions.import_rows(register=facilities(), path=path, actor=keeper, now=NOW, dry_run=False)
        assert (again.same, again.changed, again.created, again.rejected) == (1, 0, 0, [])
        assert self.bring(keeper, ("甲灯", GRID, "路灯", "")).created == 1
        assert Facility.objects.filter(name="甲灯").count() == 2

    def test_somebody_elses_ids_are_not_there(self, keeper, stranger):
        row = lamp(keeper)
        done = self.bring(
            stranger, (str(row.pk), "改名", NEXT_DOOR + "001001", "路灯"), head=("编号", "名称", "网格", "类别")
        )
        assert (done.changed, [one.column for one in done.rejected]) == (0, ["编号"])
        row.refresh_from_db()
        assert row.name != "改名"

    def test_a_reader_brings_nothing(self, reader):
        with pytest.raises(NotAllowed):
            self.bring(reader, *self.ROWS)

    def test_a_kept_file_is_sealed_belongs_to_its_bringer_and_goes_after_a_day(self, keeper, banyan_keeper):
        with sheet(self.HEAD, self.ROWS) as path:
            draft, _outcome = drafts.keep_draft(
                register=facilities(), filename="表.csv", data=path.read_bytes(), actor=keeper, now=NOW
            )
        assert "甲灯".encode() not in bytes(draft.content)
        with pytest.raises(NotFound):
            drafts.apply_draft(register=facilities(), draft_id=draft.pk, actor=banyan_keeper, now=NOW)
        with pytest.raises(NotFound):
            drafts.apply_draft(register=facilities(), draft_id=draft.pk, actor=keeper, now=NOW + timedelta(days=2))
        assert drafts.apply_draft(register=facilities(), draft_id=draft.pk, actor=keeper, now=NOW).created == 2
        assert not ImportDraft.objects.exists()


@pytest.mark.usefixtures("street")
class TestBulk:
    def change(self, keeper, rows, column="condition", value="repair"):
        return actions.bulk_change(
            register=facilities(), row_ids=[row.pk for row in rows], column=column, value=value, actor=keeper, now=NOW
        )

    def test_many_rows_are_changed_at_once_and_given_back(self, keeper):
        rows = [lamp(keeper, f"灯{number}") for number in range(3)]
        put(keeper, rows[0].pk, condition="closed")

        change = self.change(keeper, rows)
        assert set(Facility.objects.values_list("condition", flat=True)) == {"repair"}
        put(keeper, rows[2].pk, condition="closed")  # changed by hand since
        undone = actions.undo_bulk(change_id=change.pk, actor=keeper, now=NOW)

        conditions = dict(Facility.objects.values_list("name", "condition"))
        assert conditions == {"灯0": "closed", "灯1": "in_use", "灯2": "closed"}
        assert undone.undone == 2
        with pytest.raises(IllegalMove):
            actions.undo_bulk(change_id=change.pk, actor=keeper, now=NOW)

    def test_nothing_too_much_and_what_is_not_ones_own_is_refused(self, keeper, reader, monkeypatch):
        row = lamp(keeper)
        with pytest.raises(Invalid):
            self.change(keeper, [])
        with pytest.raises(NotAllowed):
            self.change(reader, [row])
        with pytest.raises(NotFound):
            actions.undo_bulk(change_id=row.pk, actor=keeper, now=NOW)
        monkeypatch.setattr("huying.registers.actions.MOST_BULK", 0)
        with pytest.raises(Invalid):
            self.change(keeper, [row])

    def test_rows_that_are_so_already_are_left_alone(self, keeper):
        row = lamp(keeper, condition="repair")
        change = self.change(keeper, [row])
        assert change.rows == []
        assert actions.undo_bulk(change_id=change.pk, actor=keeper, now=NOW).undone == 0

    def test_history_says_which_column_and_which_bulk_change(self, keeper):
        row = lamp(keeper)
        change = self.change(keeper, [row])
        assert lines_of(row)[-1][3] == {"fields": ["condition"], "bulk": str(change.pk)}

    def test_the_preview_tells_old_and_new_and_who_cannot(self, keeper):
        first, second = lamp(keeper, "甲灯"), lamp(keeper, "乙灯", condition="repair")
        lines = actions.preview_bulk(
            register=facilities(), row_ids=[first.pk, second.pk], column="condition", value="repair", actor=keeper,
            now=NOW,
        )  # fmt: skip
        assert [(one.title, one.before, one.after, bool(one.why_not)) for one in lines] == [
            ("甲灯", "在用", "待修", False), ("乙灯", "待修", "待修", True),
        ]  # fmt: skip

    def test_one_row_outside_the_scope_stops_all(self, keeper, banyan_keeper, stranger):
        rows = [lamp(keeper), lamp(keeper, "远灯", area=FAR)]
        for who in (banyan_keeper, stranger):
            with pytest.raises(NotFound):
                self.change(who, rows)
        assert not BulkChange.objects.exists()

    def test_columns_that_are_not_for_bulk_are_refused(self, keeper):
        with pytest.raises(Invalid):
            self.change(keeper, [lamp(keeper)], "name", "一样")

    def test_a_rule_that_one_row_breaks_stops_all(self, keeper):
        rows = [lamp(keeper, "甲灯"), lamp(keeper, "乙灯", added_on="2026-01-01", works="工程")]
        with pytest.raises(Invalid):
            self.change(keeper, rows, "origin", "added")
        assert set(Facility.objects.values_list("origin", flat=True)) == {"built"}

    def test_nobody_else_takes_it_back(self, keeper, banyan_keeper):
        change = self.change(keeper, [lamp(keeper)])
        with pytest.raises(NotFound):
            actions.undo_bulk(change_id=change.pk, actor=banyan_keeper, now=NOW)

    def test_old_values_are_forgotten_after_a_month(self, keeper):
        self.change(keeper, [lamp(keeper)])
        drafts.forget_old(now=NOW + timedelta(days=31))
        assert not BulkChange.objects.exists()


def test_every_register_declares_what_its_model_has():
    for register in declared.REGISTERS.values():
        names = {one.name for one in register.columns}
        assert set(register.identity) <= names, register.key
        assert len(register.key) <= 40, register.key
        assert register.write, register.key
        for column in register.columns:
            if column.kind in ("choice", "choices"):
                assert column.choices is not None, (register.key, column.name)
            if column.kind == "link":
                assert declared.get(column.links_to), (register.key, column.name)
        labels = [str(one.label) for one in register.columns]
        assert len(set(labels)) == len(labels), (register.key, labels)


def test_devices_have_no_place_for_people():
    names = {field.name for field in Device._meta.get_fields()}
    assert not names & {"person", "people", "account", "plate", "face", "entries", "log", "card_holder"}


@pytest.mark.usefixtures("street")
class TestWhichRegistersHoldTheWords:
    def test_one_statement_names_the_registers_where_something_may_be_found(self, keeper, django_assert_num_queries):
        lamp(keeper)
        with django_assert_num_queries(1):
            assert queries.holding(keeper, "路灯", now=NOW) == {"facility"}
        assert queries.holding(keeper, "榕荫 路灯", now=NOW) == {"facility"}
        assert queries.holding(keeper, "鹦鹉", now=NOW) == set()
        assert queries.holding(keeper, "榕荫 鹦鹉", now=NOW) == set()
        assert queries.holding(keeper, "%", now=NOW) == queries.holding(keeper, " ", now=NOW) == set()

    def test_a_stranger_from_the_next_sub_district_learns_nothing(self, keeper, stranger):
        lamp(keeper)
        assert "facility" not in queries.holding(stranger, "路灯", now=NOW)

    def test_what_comes_later_is_found_by_the_same_kept_statement(self, keeper):
        assert queries.holding(keeper, "路灯", now=NOW) == set()
        lamp(keeper)
        assert queries.holding(keeper, "路灯", now=NOW) == {"facility"}
