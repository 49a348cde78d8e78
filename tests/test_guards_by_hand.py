"""Guards of the lower apps that no table holds, each knocked at by the one whom it is there for."""

from datetime import date, timedelta
from types import SimpleNamespace
from uuid import UUID

import pytest

from huying.approvals.models import Approval
from huying.cases import actions as cases
from huying.cases.models import Case, Report, WorkOrder
from huying.cases.queries import lists, outside
from huying.cases.rules import Channel
from huying.files.actions import prepare_image
from huying.kernel.actor import Actor, ActorKind, Granted, resident, rule, system
from huying.kernel.ids import uuid7
from huying.kernel.paging import Page
from huying.kernel.refusals import IllegalMove, NotAllowed, NotFound
from huying.matters import actions as matters
from huying.matters import api as matters_api
from huying.matters import queries as matter_queries
from huying.matters.models import MatterType
from huying.matters.rules import versions
from huying.notices import actions as notices
from huying.notices.actions import habits, public
from huying.notices.rules import PUBLIC_FLOW
from huying.opendata import queries as exports
from huying.opendata import tables
from huying.opendata.models import Export
from huying.people.actions import hand_over, keep_contact
from huying.people.models import Account, Appointment, Role, RoleGrant
from huying.people.rules import Duty
from huying.people.rules.registers import HelpState, KeepKind
from huying.places.actions import drafts, grids
from huying.places.plans import LEAD
from huying.places.queries import grids as seen_grids
from huying.registers import actions as registers
from huying.registers import declared, writing
from huying.registers import drafts as sheets
from huying.registers import queries as rows
from huying.registers.models import BulkChange
from tests.files.pictures import photo as jpeg
from tests.world import BANYAN, DISTRICT, GRID, NEXT_DOOR, NOW, STREET, build_world, middle

pytestmark = pytest.mark.django_db
ME = UUID(int=1)


@pytest.fixture
def world():
    return build_world()


def person(*duties, area=STREET):
    return Actor(kind=ActorKind.PERSON, id=ME, grants=(Granted(frozenset(duties), area),))


class TestAreas:
    def test_grids_are_looked_at_by_all_and_kept_by_the_administrator(self, world):
        reads, keeps = person("read"), person("admin_places")
        for act in (
            lambda actor: grids.keep_old_net(kind="city", name="网", area_code=BANYAN, grid_codes=[GRID], actor=actor, now=NOW),
            lambda actor: grids.merge_nets(net_ids=[uuid7()], area_code=BANYAN, actor=actor, now=NOW),
            lambda actor: grids.set_duties(grid_code=GRID, words={("city", "peace"): "看路"}, actor=actor, now=NOW),
            lambda actor: grids.set_standard(
                area_code=STREET, households=300, least=200, most=400, full_time=1, actor=actor, now=NOW
            ),
        ):  # fmt: skip
            with pytest.raises(NotAllowed):
                act(reads)
            with pytest.raises(NotFound):
                act(person("admin_places", area=NEXT_DOOR))
        with pytest.raises(NotFound):
            grids.merge_nets(net_ids=[uuid7()], area_code=BANYAN, actor=keeps, now=NOW)
        with pytest.raises(NotFound):
            grids.set_duties(grid_code=BANYAN, words={("city", "peace"): "看路"}, actor=keeps, now=NOW)
        for act in (grids.begin_emergency, lambda *, reason, **given: grids.end_emergency(**given)):
            with pytest.raises(NotAllowed):
                act(area_code=BANYAN, reason="台风", actor=reads, now=NOW)
        assert grids.begin_emergency(area_code=BANYAN, reason="台风", actor=person("read", LEAD), now=NOW)

    def test_grids_and_nets_of_the_neighbours_are_not_listed(self, world):
        grids.keep_old_net(
            kind="city", name="网", area_code=BANYAN, grid_codes=[GRID], actor=person("admin_places"), now=NOW
        )
        for viewer, many in ((person("read"), True), (person("read", area=NEXT_DOOR), False), (resident(), False)):
            assert bool(seen_grids.grids(viewer, STREET)) == many
            assert bool(seen_grids.nets(viewer, STREET)) == many

    def test_sheets_of_areas_are_checked_by_the_administrator_alone(self, world):
        with pytest.raises(NotAllowed):
            drafts.keep_draft(kind="areas", filename="a.csv", data=b"", actor=person("read"), now=NOW)


class TestRegisters:
    def test_what_does_not_end_is_not_ended(self, world, monkeypatch):
        boss = system()
        for register in declared.REGISTERS.values():
            if register.ends:
                continue
            monkeypatch.setattr(writing, "locked", lambda *_given: SimpleNamespace(pk=ME))
            monkeypatch.setattr(writing, "require", lambda *_given: None)
            with pytest.raises(IllegalMove, match="不停用"):
                registers.end_row(register=register, row_id=ME, on=date(2026, 10, 20), actor=boss, now=NOW)

    def test_a_sheet_is_kept_for_who_writes_the_register(self, world):
        with pytest.raises(NotAllowed):
            sheets.keep_draft(
                register=declared.get("estate"), filename="a.csv", data=b"", actor=person("read"), now=NOW
            )

    def test_a_bulk_change_is_shown_to_the_one_who_made_it(self, world):
        register = declared.get("estate")
        change = BulkChange.objects.create(register="estate", column="name", made_by=ME, made_at=NOW)
        assert rows.bulk_seen(person("keep_places"), register, change.pk) == change
        other = Actor(kind=ActorKind.PERSON, id=UUID(int=2), grants=person("keep_places").grants)
        for viewer in (other, resident(), system()):
            with pytest.raises(NotFound):
                rows.bulk_seen(viewer, register, change.pk)

    def test_a_row_is_written_only_where_the_duty_is_held(self):
        register = declared.get("estate")
        writing._require_area(register, person("keep_places"), BANYAN)
        for actor in (person("keep_places", area=NEXT_DOOR), person("read"), person("keep_places", area=GRID)):
            with pytest.raises(NotAllowed):
                writing._require_area(register, actor, BANYAN)


class TestPeople:
    def refused(self, key, values, row, actor, kind=NotAllowed):
        with pytest.raises(kind):
            declared.get(key).check(values, row, actor=actor, now=NOW)

    def test_nobody_keeps_what_is_about_themselves(self, world):
        me = world.keeper
        self.refused("staff", {}, SimpleNamespace(pk=me.id), me)
        declared.get("staff").check({}, SimpleNamespace(pk=world.clerk.id), actor=me, now=NOW)
        self.refused("reserve", {"agreed": True, "account": me.id}, None, me)
        declared.get("reserve").check({"agreed": True, "account": world.clerk.id}, None, actor=me, now=NOW)
        own = Appointment.objects.get(account_id=me.id)
        self.refused("recognition", {"appointment": own.pk, "kind": KeepKind.CEREMONY}, None, me)

    def test_an_accepted_project_stays_as_it_is(self, world):
        row = SimpleNamespace(state=HelpState.ACCEPTED)
        self.refused("help_project", {}, row, world.keeper, IllegalMove)

    def test_a_unit_with_people_in_it_does_not_end(self, world):
        unit = world.units["sanitation"]
        with pytest.raises(IllegalMove, match="任职"):
            declared.get("organisation").end(unit, on=date(2026, 10, 20), actor=system(), now=NOW)

    def test_a_post_is_not_handed_to_somebody_whose_account_is_closed(self, world):
        Account.objects.filter(pk=world.clerk.id).update(is_active=False)
        post = Appointment.objects.get(account_id=world.dispatcher.id)
        with pytest.raises(NotFound):
            hand_over(appointment_id=post.pk, successor_id=world.clerk.id, grant_ids=[], actor=world.keeper, now=NOW)


class TestOthers:
    def test_exports_and_their_choices_are_those_of_the_own_areas(self, world):
        assert {one.code for one in exports.choices(person("export"))} == {STREET}
        assert {one.code for one in exports.choices(person("export", area=BANYAN))} == {BANYAN}
        assert {one.code for one in exports.choices(person("export", area=DISTRICT))} == {DISTRICT, STREET, NEXT_DOOR}
        assert exports.choices(person("export", area=NEXT_DOOR))[0].code == NEXT_DOOR
        assert exports.choices(person("read")) == []
        made = Export.objects.create(area_code=STREET, asked_at=NOW)
        assert exports.exports(person("export")) == [made]
        for viewer in (person("read"), person("export", area=NEXT_DOOR)):
            assert exports.exports(viewer) == []

    def test_only_the_sweep_brings_a_version_into_force(self, world):
        for actor in (person("admin_matters", "approve_matters"), resident()):
            with pytest.raises(NotAllowed):
                matters.bring_due_into_force(actor=actor, now=NOW)
        for actor in (system(), rule("x")):
            assert matters.bring_due_into_force(actor=actor, now=NOW) == []

    def test_a_type_that_is_not_public_is_read_with_a_token_only(self, world):
        hidden = MatterType.objects.filter(public=False).first()
        shown = MatterType.objects.filter(public=True).first()
        assert matters_api.read_type(SimpleNamespace(), shown.code).type.code == shown.code
        assert matters_api.read_type(SimpleNamespace(client=object()), hidden.code).type.code == hidden.code
        with pytest.raises(NotFound):
            matters_api.read_type(SimpleNamespace(), hidden.code)
        assert matter_queries.type_of(hidden.code) is not None

    def test_addresses_and_habits_are_a_persons_own(self, world):
        for actor in (resident(), system(), Actor(kind=ActorKind.CHANNEL, id=world.clerk.id)):
            with pytest.raises(NotAllowed):
                habits.keep_address(channel="sms", value="13900000001", actor=actor, now=NOW)
        with pytest.raises(NotFound):
            habits.keep_address(channel="inbox", value="x", actor=world.clerk, now=NOW)

    def test_a_code_for_an_address_ends(self, world):
        habits.keep_address(channel="sms", value="13900000001", actor=world.clerk, now=NOW)
        with pytest.raises(IllegalMove):
            habits.confirm_address(
                channel="sms", code="000000", actor=world.clerk, now=NOW + habits.CODE_LASTS + timedelta(seconds=1)
            )

    def test_what_somebody_took_down_is_theirs_alone(self, world):
        receipt = world.call(channel=Channel.ON_BEHALF, actor=world.clerk)
        kinds = (Actor(kind=ActorKind.CHANNEL, id=world.clerk.id), world.dispatcher, resident())
        assert lists.report_taken_by(receipt.report.pk, world.clerk) is not None
        for viewer in kinds:
            assert lists.report_taken_by(receipt.report.pk, viewer) is None
            assert lists.taken_by(viewer, page=Page()) == []

    def test_a_report_is_seen_with_its_case_only(self, world):
        receipt = world.call()
        assert outside.report_seen(receipt.report.pk, world.clerk) is not None
        for viewer in (world.next_dispatcher, world.kapok_worker, world.handler, resident()):
            assert outside.report_seen(receipt.report.pk, viewer) is None
            assert outside.seen_among({receipt.case.pk}, viewer) == set()


class TestFlowsOfPapers:
    """Whoever sees a paper and holds every duty but the verb's own is told so, before anything of the paper."""

    def test_versions_public_notices_and_wordings(self, world):
        version = matters.make_draft(actor=world.keeper, now=NOW, reason="改一改", area_code=STREET)
        paper = notices.draft_public(
            paper=public.Paper("plan", "方案", "正文。", BANYAN, "榕树社区居委会", 15), actor=world.secretary, now=NOW
        )
        acts = [
            (versions.FLOW, lambda verb, actor: matters._moved(version.pk, verb, actor=actor)),
            (PUBLIC_FLOW, lambda verb, actor: public._moved(paper.pk, verb, actor=actor, now=NOW)),
        ]
        for flow, act in acts:
            for verb, (row, *_more) in flow.by_verb.items():
                duty = row.duty
                if duty is None:
                    continue
                without = person(*(set(Duty.values) - {str(duty)}))
                with pytest.raises(NotAllowed):
                    act(verb, without)
                with pytest.raises(NotFound):
                    act(verb, person(*Duty.values, area=NEXT_DOOR))


class TestOpenFiles:
    def test_no_row_of_the_neighbours_and_nothing_restricted_is_in_the_files_of_a_street(self, world):
        lng, lat = middle(NEXT_DOOR + "001001")
        mine, secret = world.call().case, world.call(about_staff=True).case
        theirs = world.call(area_code=NEXT_DOOR, lng=lng, lat=lat).case
        assert theirs.area_code.startswith(NEXT_DOOR)
        cases.place_case(mine.pk, grid_code=GRID, actor=world.clerk, now=NOW)
        scope, seen = tables.Scope(STREET), set()
        assert set(scope.cases.values_list("pk", flat=True)) == {mine.pk}
        for table in tables.tables():
            found = list(table.rows(scope))
            scope.taken[table.model] = {one.pk for one in found}
            seen |= {table.name} if found else set()
            for row in found:
                code = str(getattr(row, "area_code", "") or getattr(row, "code", ""))
                assert not code.startswith(NEXT_DOOR), (table.name, row)
                assert row.pk not in (secret.pk, theirs.pk), (table.name, row)
                assert getattr(row, "object_id", None) not in (secret.pk, theirs.pk), (table.name, row)
        accounts = scope.taken[Account]
        assert world.clerk.id in accounts
        assert not accounts & {world.next_dispatcher.id, world.next_keeper.id, world.next_handler.id}
        assert len(seen) > 12

    def test_what_is_merged_into_something_that_stays_here_stays_too(self, world):
        lng, lat = middle(NEXT_DOOR + "001001")
        secret = world.call(about_staff=True).case
        theirs = world.call(area_code=NEXT_DOOR, lng=lng, lat=lat).case
        mine, *merged = (world.call().case.pk for _number in range(5))
        for one, into in zip(merged, (secret.pk, merged[0], theirs.pk, mine), strict=True):
            Case.objects.filter(pk=one).update(state="merged", merged_into=into, ended_at=NOW)
        assert set(tables.Scope(STREET).cases.values_list("pk", flat=True)) == {mine, merged[3]}

    def test_people_are_in_the_files_by_any_tie_and_roles_by_a_grant(self, world):
        poster, granted, taker = world.next_keeper.id, world.next_dispatcher.id, world.next_handler.id
        scope = tables.Scope(STREET)
        by_name = {table.name: table for table in tables.tables()}

        def people():
            return set(by_name["accounts"].rows(scope).values_list("pk", flat=True))

        assert world.clerk.id in people()
        assert not people() & {poster, granted, taker}
        Appointment.objects.filter(account_id=poster).update(area_code=BANYAN)
        RoleGrant.objects.filter(account_id=granted).update(area_code=BANYAN)
        Report.objects.filter(pk=world.call().report.pk).update(taken_by_id=taker)
        scope = tables.Scope(STREET)
        assert people() >= {world.clerk.id, poster, granted, taker}
        Role.objects.create(code="of-nobody", name="没人的", duties=["read"])
        Role.objects.create(code="next-door", name="隔壁的", duties=["read"])
        RoleGrant.objects.filter(account_id=taker).update(role_id="next-door")
        roles = set(by_name["roles"].rows(scope).values_list("pk", flat=True))
        assert roles >= {"intake_clerk", "system_admin"}
        assert not roles & {"of-nobody", "next-door"}

    def test_no_line_of_the_history_tells_of_what_is_not_in_the_files(self, world):
        contact = keep_contact(
            name="居民甲", phone="13900000001", address="", consent_text_version=1, area_code=STREET, actor=resident(),
            now=NOW,
        )  # fmt: skip
        taken = {"contact_id": contact.pk, "reply_by": "phone", "images": [prepare_image(jpeg(60, 60))]}
        here, moved, secret = world.call(), world.call(), world.call(about_staff=True, **taken)
        cases.register_file_dispatch(
            moved.case.pk, lead_id=world.units["sanitation"].pk, type_code="0901", actor=world.dispatcher, now=NOW
        )
        cases.ask_void(moved.case.pk, reason="试一下", actor=world.dispatcher, now=NOW)
        order, asked = WorkOrder.objects.get(case=moved.case), Approval.objects.get(object_id=moved.case.pk)
        Case.objects.filter(pk=moved.case.pk).update(area_code=NEXT_DOOR + "001001")
        (table,) = (one for one in tables.tables() if one.name == "history")
        lines = list(table.rows(tables.Scope(STREET)))
        told = "".join(f"{line.object_id} {line.facts}" for line in lines)
        assert str(here.case.pk) in told
        for hidden in (moved.case, moved.report, order, asked, secret.case, secret.report):
            assert str(hidden.pk) not in told
        assert not {"contact", "file", "notice"} & {line.kind for line in lines}
