"""The registers of people through the engine: sheets, many rows at once, scope, and what no door may do."""

from datetime import timedelta

import pytest

from huying.audit.queries import history_of
from huying.kernel.actor import system
from huying.kernel.refusals import Invalid, NotAllowed, NotFound
from huying.people import actions
from huying.people.models import Account, Appointment, HubHousehold, Organisation, Responsibility
from huying.people.rules import Duty, UnitKind
from huying.places.models import Area
from huying.places.rules import parent_of, tier_of
from huying.registers import actions as registers
from huying.registers import declared, queries
from tests.people.factories import COMMUNITY, GRID, NEXT_DOOR, NOW, STREET, make_account, make_unit, person

pytestmark = pytest.mark.django_db
TODAY = (NOW + timedelta(hours=8)).date()


@pytest.fixture(autouse=True)
def ground(db):
    from huying.places.actions import changed

    for code in (STREET, COMMUNITY, GRID, NEXT_DOOR):
        Area.objects.create(
            code=code, name=f"示例{code[-3:]}", tier=tier_of(code), parent_code=parent_of(code), households=250,
            valid_from=TODAY - timedelta(days=400),
        )  # fmt: skip
    changed()


@pytest.fixture
def keeper():
    return person(Duty.READ, Duty.KEEP_PEOPLE, Duty.ADMIN_PEOPLE)


@pytest.fixture
def secretary():
    return person(Duty.READ, Duty.KEEP_PEOPLE, area=COMMUNITY)


def put(key, actor, **values):
    return registers.put(register=declared.get(key), row_id=None, values=values, actor=actor, now=NOW)


def change(key, row, actor, **values):
    return registers.put(register=declared.get(key), row_id=row.pk, values=values, actor=actor, now=NOW)


class TestSheets:
    def test_heads_come_in_by_a_sheet_and_twice_is_once(self, keeper, tmp_path):
        unit = make_unit(COMMUNITY, UnitKind.COMMUNITY_COMMITTEE)
        for number in (1, 2):
            make_account(COMMUNITY, username=f"biao{number}", name="同名示例")
        head = "人员,岗位,单位,负责区域,负责范围,职责,开始"
        rows = [
            f"biao1,楼栋长,{unit.name},{GRID},1 栋,环境卫生、交通协管,2026-10-01",
            f"biao2,街长,{unit.name},{GRID},榕荫路,环境卫生、政策宣传、治安巡逻（只看场所）、交通协管,2026-10-01",
            f"biao9,街长,{unit.name},{GRID},榕荫路,,2026-10-01",
            f"biao2,人民调解员,{unit.name},{GRID},,治安巡逻（只看场所）,2026-10-01",
        ]
        path = tmp_path / "岗位.csv"
        path.write_text("\r\n".join([head, *rows]), encoding="utf-8-sig")
        register = declared.get("appointment")

        dry = registers.import_rows(register=register, path=path, actor=keeper, now=NOW, dry_run=True)

        assert (dry.created, {one.row for one in dry.rejected}) == (2, {4, 5})
        assert not Appointment.objects.exists()
        done = registers.import_rows(register=register, path=path, actor=keeper, now=NOW, dry_run=False)
        assert done.created == 2
        again = registers.import_rows(register=register, path=path, actor=keeper, now=NOW, dry_run=False)
        assert (again.created, again.same) == (0, 2)
        assert set(Appointment.objects.get(post="street_head").duties) == {
            "sanitation", "publicity", "patrol", "traffic",
        }  # fmt: skip


class TestManyAtOnce:
    def test_duties_of_many_heads_are_set_and_given_back(self, keeper):
        unit = make_unit(COMMUNITY, UnitKind.COMMUNITY_COMMITTEE)
        posts = [
            put(
                "appointment", keeper, account=make_account(COMMUNITY).pk, post="lane_head", organisation=unit.pk,
                area_code=GRID, scope=f"{number} 巷", duties=["sanitation"], since="2026-10-01",
            )
            for number in range(3)
        ]  # fmt: skip
        register = declared.get("appointment")
        four = ["sanitation", "publicity", "patrol", "traffic"]

        bulk = registers.bulk_change(
            register=register, row_ids=[one.pk for one in posts], column="duties", value=four, actor=keeper, now=NOW
        )

        assert all(set(one.duties) == set(four) for one in Appointment.objects.all())
        registers.undo_bulk(change_id=bulk.pk, actor=keeper, now=NOW)
        assert all(one.duties == ["sanitation"] for one in Appointment.objects.all())


class TestWhatNoDoorMayDo:
    def test_nobody_gives_oneself_a_post(self, keeper):
        unit = make_unit(STREET)
        me = make_account(STREET)
        myself = person(Duty.READ, Duty.KEEP_PEOPLE, Duty.ADMIN_PEOPLE, id=me.pk)
        with pytest.raises(NotAllowed):
            put("appointment", myself, account=me.pk, post="handler", organisation=unit.pk, area_code=STREET,
                since="2026-10-01")  # fmt: skip

    def test_a_community_fills_no_post_that_opens_the_streets_orders(self, secretary):
        unit = make_unit(COMMUNITY, UnitKind.COMMUNITY_COMMITTEE)
        account = make_account(COMMUNITY)
        with pytest.raises(NotAllowed):
            put("appointment", secretary, account=account.pk, post="handler", organisation=unit.pk,
                area_code=COMMUNITY, since="2026-10-01")  # fmt: skip

    def test_a_community_sets_up_no_body_that_is_given_work(self, secretary):
        with pytest.raises(NotAllowed):
            put("organisation", secretary, kind="contractor", name="示例保洁", area_code=COMMUNITY)

    def test_bodies_above_are_seen_and_not_touched(self, secretary):
        above = make_unit("990101", UnitKind.DISTRICT_DEPARTMENT)
        register = declared.get("organisation")
        assert queries.one(register, secretary, above.pk) == above
        with pytest.raises(NotAllowed):
            change("organisation", above, secretary, name="改名")

    def test_the_next_street_is_not_there(self, keeper):
        with pytest.raises(NotFound):
            queries.one(declared.get("organisation"), keeper, make_unit(NEXT_DOOR).pk)
        with pytest.raises(NotFound):
            queries.one(declared.get("staff"), keeper, make_account(NEXT_DOOR).pk)

    def test_a_unit_is_never_below_itself(self, keeper):
        upper = make_unit(STREET)
        lower = make_unit(STREET, parent_id=upper.pk)
        with pytest.raises(Invalid):
            change("organisation", upper, keeper, parent=lower.pk)

    def test_who_only_reads_calls_reads_no_filing_reserve_or_skill(self):
        reader = person(Duty.READ)
        shown = {one.key for one in declared.all_for(reader)}
        assert not shown & {"filing", "reserve", "recognition", "talent", "nomination", "help_project", "staff"}
        assert {"organisation", "appointment", "hub"} <= shown

    def test_the_administrator_reads_no_list_of_skills(self, keeper):
        assert not declared.get("talent").may_read(keeper)

    def test_sign_ins_do_not_stand_on_a_persons_page(self, keeper):
        account = make_account(STREET)
        actions.note_sign_in(account_id=account.pk, method="password", actor=system(), now=NOW)
        assert queries.history(declared.get("staff"), account.pk) == []
        assert [one.verb for one in history_of("account", [account.pk])] == ["created", "signed_in"]

    def test_a_hub_household_is_not_linked_to_more_homes_than_there_are(self, keeper):
        with pytest.raises(Invalid):
            put("hub", keeper, kind="hub", name="1 号", area_code=GRID, linked_codes=[GRID], linked_households=251,
                since="2026-10-01")  # fmt: skip
        assert not HubHousehold.objects.exists()

    def test_a_closed_account_leaves_the_list_by_an_administrators_hand_only(self, secretary, keeper):
        account = make_account(COMMUNITY)
        register = declared.get("staff")
        with pytest.raises(NotAllowed):
            registers.end_row(register=register, row_id=account.pk, on=TODAY, actor=secretary, now=NOW)
        registers.end_row(register=register, row_id=account.pk, on=TODAY, actor=keeper, now=NOW)
        assert not Account.objects.get(pk=account.pk).is_active

    def test_a_duty_of_a_unit_ends_by_its_own_step_with_history(self, keeper):
        row = put("responsibility", keeper, unit=make_unit(STREET).pk, area_code=STREET, matter_code="0101", order=2)
        actions.end_responsibility(responsibility_id=row.pk, actor=keeper, now=NOW)
        assert not Responsibility.objects.exists()
        assert [one.verb for one in history_of("responsibility", [row.pk])] == ["create", "ended"]

    def test_histories_name_columns_and_never_values(self, keeper):
        unit = put("organisation", keeper, kind="partner", name="某某示例公司", area_code=STREET)
        line = history_of("organisation", [unit.pk])[-1]
        assert "name" in line.facts["fields"]
        assert "示例" not in str(line.facts)
        assert Organisation.objects.get(pk=unit.pk).short_name == "某某示例公司"
