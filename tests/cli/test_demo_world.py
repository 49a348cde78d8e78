"""The demo world: its ground tiles, its words are made up, and the same seed and end make the same rows."""

import hashlib
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
import shapely
from django.apps import apps
from django.db import models, transaction

from huying.approvals.models import Approval
from huying.audit import actions as audit
from huying.audit import queries as histories
from huying.cases.models import (
    CampaignSpot,
    Case,
    Emergency,
    Errand,
    HotIssue,
    Incident,
    JointDecision,
    Precedent,
    Report,
    Ticket,
    TicketAsk,
    Whistle,
    WorkOrder,
)
from huying.cases.queries.incidents import known_for
from huying.cases.queries.lists import work_of
from huying.cases.queries.replay import contracts, mismatches
from huying.cases.queries.said import place_of
from huying.cases.rules import ENDS, OPEN, State
from huying.cases.rules.tasks import Task
from huying.cli.play import world
from huying.cli.play.world import cases, geography, pictures, sentences
from huying.clocks.models import Clock
from huying.clocks.rules import light_of
from huying.desk.models import HandOver, SavedFilter
from huying.files.models import Attachment
from huying.files.storage import path_of
from huying.matters import queries as matters
from huying.matters.models import Knowledge, LimitSet
from huying.matters.sheets import default_book
from huying.people import queries as people
from huying.people.models import Account, Contact, Organisation, Responsibility, RoleGrant
from huying.people.roles import BY_CODE, DEMO_LINES
from huying.people.rules import Duty, UnitKind
from huying.places.models import Area, Building, Component, Estate, Facility, Waterway
from huying.places.rules import Tier

UNTIL = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)  # a Friday, 16:30 in China
SMALL = 0.03
# What hangs on an installation's own keys, on chance that guards passwords, or on a database's own counters.
OF_THE_HOUSE = {
    "password", "code_hash", "body_hash", "name_sealed", "phone_sealed", "address_sealed", "wrapped", "master",
    "written_in", "sheet",
}  # fmt: skip


class TestGround:
    @pytest.mark.parametrize("seed", [1, 2, 7, 40, 99])
    def test_the_grids_tile_their_communities_and_the_street(self, seed):
        ground = geography.draw(Random(seed))
        grids = [one.polygon for one in ground.grids]

        assert (len(grids), len(ground.communities)) == (79, 12)
        assert all(one.is_valid and one.geom_type == "Polygon" for one in grids)
        assert shapely.coverage_is_valid(grids)
        assert shapely.union_all(grids).symmetric_difference(ground.street).area == 0
        assert sum(one.area for one in grids) == pytest.approx(ground.street.area, rel=1e-9)
        for code, community in ground.communities.items():
            own = [one.polygon for one in ground.grids if one.community == code]
            assert shapely.union_all(own).symmetric_difference(community).area == 0
            assert not community.interiors

    def test_the_same_seed_draws_the_same_ground(self):
        first, second = (geography.draw(Random(5)) for _turn in range(2))
        assert first.street.wkt == second.street.wkt
        assert [one.polygon.wkt for one in first.grids] == [one.polygon.wkt for one in second.grids]
        assert first.street.wkt != geography.draw(Random(6)).street.wkt

    def test_a_grid_has_about_two_hundred_and_fifty_households(self):
        households = [one.households for one in geography.draw(Random(1)).grids]
        assert 235 < sum(households) / len(households) < 265
        assert min(households) >= 160
        assert max(households) <= 350

    def test_a_river_winds_through(self):
        ground = geography.draw(Random(1))
        crossed = [one for one in ground.grids if one.polygon.intersects(ground.river)]
        assert len(crossed) >= 15
        assert ground.names[f"{geography.STREET}010"] == "江岸社区"
        assert ground.communities[f"{geography.STREET}010"].intersects(ground.river)


class TestWords:
    def test_at_least_four_ways_to_say_each_of_a_hundred_types(self):
        known = {one.code for one in default_book().types}
        kinds = sentences.kinds()
        assert len(kinds) >= 100
        for kind in kinds:
            assert kind.code in known, kind.code
            assert len(set(kind.lines)) >= 4, kind.code
            assert kind.weight > 0

    def test_every_line_can_be_told_anywhere(self):
        spot = geography.Spot(113.3, 23.0, "榕荫路 12 号对面", "榕荫路", "榕景苑")
        for kind in (*sentences.kinds(), *sentences.THEMES):
            for line in kind.lines:
                words = sentences.told(line, spot, Random(1))
                assert "{" not in words
                assert 8 <= len(words) <= 200, words
        for (number, sort), lines in sentences.answers().items():
            for line in lines:
                assert "{" not in sentences.told(line, spot, Random(1)), (number, sort)

    def test_every_class_has_answers_of_every_sort_and_types_are_known(self):
        book = default_book()
        known = {one.code for one in (*book.types, *book.classes)}
        assert {code for code, _sort in sentences.answers()} <= known
        for one in book.classes:
            for sort in ("solved", "explained", "direct"):
                assert sentences.answers()[one.code, sort], (one.code, sort)

    def test_nothing_looks_like_a_number_or_an_address_of_a_person(self):
        files = [one for kind in (*sentences.kinds(), *sentences.THEMES) for one in kind.lines]
        files += [one for lines in sentences.answers().values() for one in lines]
        for line in files:
            assert not re.search(r"\d{5,}", line), line
            assert "@" not in line
            assert not re.search("[先女]生|女士", line.replace("生育", "")), line

    def test_callers_are_plainly_made_up(self):
        names, phones = zip(*(sentences.caller(number) for number in range(3000)), strict=True)
        assert all(re.fullmatch("居民[甲乙丙丁戊己庚辛壬癸]", one) for one in names)
        assert all(re.fullmatch(r"1390000\d{4}", one) for one in phones)


class TestPictures:
    def test_each_scene_differs_before_and_after_and_is_small(self):
        shelf = pictures.Shelf.empty()
        for code in ("0101", "0201", "0205"):
            before, after = shelf.pair(code)
            assert before.sha256 != after.sha256
            assert max(before.size, after.size) < 120_000
            assert (before.width, before.height) == (960, 720)

    def test_every_type_has_a_scene(self):
        for kind in default_book().types:
            assert pictures.scene_of(kind.code) in pictures.SCENES
        assert set(pictures.OF_TYPE.values()) | {"site"} == set(pictures.SCENES)
        assert len(pictures.SCENES) >= 12


def fingerprint():
    """One hash for each of our tables, over all that the seed decides."""
    found = {}
    for model in apps.get_models():
        if not model.__module__.startswith("huying."):
            continue
        # A database's counters go on after a rollback; on a new database these too are the same.
        names = [
            one.attname
            for one in model._meta.concrete_fields
            if one.name not in OF_THE_HOUSE and not isinstance(getattr(one, "target_field", one), models.AutoField)
        ]
        digest = hashlib.sha256()
        for row in model._default_manager.order_by("pk").values_list(*names):
            digest.update(repr(row).encode())
        found[model._meta.label] = digest.hexdigest()
    return found


@pytest.mark.slow
@pytest.mark.django_db
def test_the_same_seed_and_end_make_the_same_rows():
    def built(seed):
        with transaction.atomic():
            point = transaction.savepoint()
            world.build(seed=seed, until=UNTIL, scale=SMALL)
            found = fingerprint()
            transaction.savepoint_rollback(point)
        return found

    first, second, other = built(3), built(3), built(4)

    assert [name for name in first if first[name] != second[name]] == []
    assert first["cases.Case"] != other["cases.Case"]
    assert first["places.Area"] != other["places.Area"]


@pytest.mark.django_db(transaction=True)
def test_a_small_world_has_a_whole_history_its_ground_its_people_and_its_open_work(tmp_path):
    world.build(seed=1, until=UNTIL, scale=SMALL)

    audit.seal(now=UNTIL, heads_file=tmp_path / "heads")
    found = histories.verify(tmp_path / "heads")
    assert (found.ok, found.unsealed, found.broken) == (True, 0, [])
    assert found.sealed > 1000
    assert world.stamp() == world.Built(1, UNTIL.isoformat())
    _places()
    _staff()
    _every_type_has_a_lead_everywhere()
    _open_work()
    _pictures()
    _under_way()
    _hot()
    every = list(Case.objects.values_list("pk", flat=True))
    assert mismatches(every) == []
    assert contracts(every) == []


def _hot():
    """What seven people called about for weeks is an issue, for everybody who reads there."""
    shown = HotIssue.objects.filter(gone_at=None, callers__gte=5, type_code__in=[one.code for one in sentences.THEMES])
    assert shown.count() == len(sentences.THEMES) == 2
    for one in shown:
        assert one.members.count() >= 6
        assert (one.last_on - one.first_on).days > 28


def _places():
    tiers = Counter(Area.objects.values_list("tier", flat=True))
    assert tiers[Tier.STREET] == 1
    assert (tiers[Tier.COMMUNITY], tiers[Tier.GRID]) == (12, 79)
    assert Area.objects.filter(tier__in=[Tier.STREET, Tier.COMMUNITY, Tier.GRID], polygon=None).count() == 0
    assert (Estate.objects.count(), Building.objects.count(), Facility.objects.count()) == (60, 400, 166)
    assert Waterway.objects.count() == 14
    for one in Waterway.objects.all():
        assert one.grid_codes, one.name
        assert all(code.startswith(one.area_code) for code in one.grid_codes)
        assert shapely.geometry.shape(one.geometry).is_valid
    for one in Building.objects.all():
        assert one.code.startswith(one.area_code)
        assert shapely.contains_xy(_shape(one.area_code), one.lng, one.lat)


_shapes = {}


def _shape(code):
    if code not in _shapes:
        _shapes[code] = shapely.geometry.shape(Area.objects.get(code=code, valid_to=None).polygon)
    return _shapes[code]


def _staff():
    names = list(Account.objects.values_list("name", flat=True))
    assert 90 <= len(names) <= 130
    assert len(set(names)) == len(names)
    made_up = ["示例", "样本", "范例", "试行", "虚构", "假名", "拟名", "例文", "化名", "演示", "模拟", "代称"]
    assert all(name[1:] in made_up for name in names), names
    assert not any(one.has_usable_password() for one in Account.objects.all())

    shown = people.demo_accounts()
    roles = [one.demo_role for one in shown]
    assert len(roles) >= 8
    assert set(roles) <= set(BY_CODE)
    assert [one.name for one in shown[:6]] == ["李示例", "周试行", "何模拟", "林例文", "陈样本", "赵演示"]
    for one in shown:
        assert RoleGrant.objects.filter(account=one, role_id=one.demo_role).exists(), one.name
        assert one.demo_role in DEMO_LINES or one.demo_role == "building_head"
    kinds = set(Organisation.objects.values_list("kind", flat=True))
    assert {
        UnitKind.DISTRICT_DEPARTMENT, UnitKind.STREET_SECTION, UnitKind.STREET_CENTRE, UnitKind.ENFORCEMENT_TEAM,
        UnitKind.STATION, UnitKind.COMMUNITY_COMMITTEE, UnitKind.COMMUNITY_PARTY, UnitKind.PROPERTY_FIRM,
        UnitKind.PUBLIC_UTILITY, UnitKind.CONTRACTOR,
    } <= kinds  # fmt: skip


def _every_type_has_a_lead_everywhere():
    book = people.DutyBook()
    communities = sorted(Area.objects.filter(tier=Tier.COMMUNITY).values_list("code", flat=True))
    staffed = {
        one.pk: bool(people.members_of(one.pk, Duty.HANDLE, now=UNTIL))
        for one in Organisation.objects.filter(pk__in=Responsibility.objects.values("unit_id"))
    }
    for kind in matters.active_types():
        for code in communities:
            units = book.responsible_units(kind.code, code + "001")
            assert units, (kind.code, code)
            assert staffed[units[0].pk], (kind.code, code, units[0].name)
    for code, kind in ((communities[0], "0101"), (communities[3], "0406"), (communities[7], "1201")):
        assert book.responsible_units(kind, code) == people.responsible_units(kind, code)


def _open_work():
    cases_ = list(Case.objects.all())
    assert all(UNTIL - timedelta(days=61) <= one.received_at <= one.moved_at <= UNTIL for one in cases_)
    open_states = {one.state for one in cases_ if one.state in OPEN}
    assert open_states == {str(one) for one in OPEN}
    lights = {
        str(light_of(one.due_from, one.due_at, UNTIL, one.yellow_at))
        for one in cases_
        if one.state in OPEN and one.due_at and one.due_from
    }
    assert lights == {"green", "yellow", "red"}
    handler = Account.objects.get(name="周试行")
    unit = handler.appointments.get().organisation_id
    states = Counter(WorkOrder.objects.filter(unit_id=unit).values_list("state", flat=True))
    assert states["offered"] >= 3
    assert states["accepted"] >= 3


def _pictures():
    rows = list(Attachment.objects.order_by("pk"))
    assert {one.purpose for one in rows} >= {"report", "before", "after"}
    for one in rows[:20]:
        stored = path_of(one.pk, one.kind, preview=False)
        assert stored.stat().st_size == one.size
    assert any(path_of(one.pk, one.kind, preview=True).stat().st_nlink > 1 for one in rows)


def _under_way():
    """Each larger thing is there, in a state in which somebody who signs in has something to do with it."""
    assert sorted(Whistle.objects.values_list("state", flat=True)) == ["asked", "blown", "joint", "rated"]
    incident = Incident.objects.get(ended_at=None)
    assert incident.expected_at > UNTIL
    assert Report.objects.filter(case=incident.case).count() == 6
    assert [one.id for one in known_for(incident.area_codes[0])] == [incident.pk]
    spots = Counter(CampaignSpot.objects.filter(campaign__state="running").values_list("state", flat=True))
    assert set(spots) == {"todo", "in_hand", "done", "checked", "came_back"}
    assert CampaignSpot.objects.filter(case__isnull=False).count() == 1
    photos = Attachment.objects.filter(owner_kind="campaign_spot")
    assert photos.filter(purpose="before").count() > photos.filter(purpose="after").count() >= 6
    asked = Counter(Approval.objects.filter(state="asked").values_list("kind", flat=True))
    assert asked["extend"] == asked["hold"] == asked["whistle"] == 1
    assert Case.objects.exclude(held_since=None).count() == 1
    assert sorted(Case.objects.exclude(supervision="").values_list("supervision", flat=True)) == ["reported", "set"]
    assert Case.objects.exclude(asked_report_id=None).count() == 1
    tickets = {one.number: one for one in Ticket.objects.select_related("source")}
    assert Counter(one.source.kind for one in tickets.values()) == {"ticket": 3, "instruction": 1}
    assert all(one.inner_due_at < one.upper_due_at for one in tickets.values() if one.source.kind == "ticket")
    assert TicketAsk.objects.get().state == "asked"
    assert JointDecision.objects.get().unit == Precedent.objects.get().unit
    assert Errand.objects.get().state == "done"
    assert Counter(Knowledge.objects.values_list("kind", "state")) == {
        ("article", "published"): 2, ("article", "submitted"): 1, ("reply", "published"): 1,
    }  # fmt: skip
    assert Component.objects.count() == 9
    dormitory = Estate.objects.get(name="棉纺宿舍")  # across grids: the community holds them all
    assert place_of("棉纺厂家属院的路灯不亮", geography.STREET).code[:12] == dormitory.area_code[:12]
    assert SavedFilter.objects.count() == 3
    assert HandOver.objects.get().taken_by is None
    assert LimitSet.objects.get(area_code=geography.STREET).switches.count() == 0
    drill = Emergency.objects.get()
    assert drill.drill
    assert drill.ended_at < UNTIL
    assert Case.objects.filter(drill=True).count() == 3
    assert Case.objects.filter(part_of__isnull=False).count() == 1
    waits = {role: {todo.task for todo in work_of(_actor(role))} for role in ("handler", "leader_in_charge")}
    assert {Task.WHISTLE, Task.REPORT_BACK} <= waits["handler"]
    assert Task.APPROVE in waits["leader_in_charge"]
    assert Task.APPROVE in {todo.task for todo in work_of(_actor("unit_head"))}
    assert Task.WHISTLE in {todo.task for todo in work_of(_actor("community_secretary"))}


def _actor(role):
    return people.actor_for(Account.objects.get(demo_role=role), UNTIL)


@pytest.mark.slow
@pytest.mark.django_db
def test_the_whole_world_shows_every_state():
    world.build(seed=1, until=UNTIL)

    states = Counter(Case.objects.values_list("state", flat=True))
    assert set(states) == {str(one) for one in State}
    assert 2900 <= sum(states.values()) <= 3100
    assert sum(states[one] for one in ENDS) > 2500
    assert Contact.objects.count() / Report.objects.count() == pytest.approx(0.6, abs=0.06)
    for flag in ("unplaced", "outside", "confidential", "recused"):
        assert Case.objects.filter(**{flag: True}).exists(), flag
    assert Case.objects.filter(grade="urgent").count() > 100
    assert Case.objects.filter(flow="self").count() > 30
    assert Case.objects.filter(channel="on_behalf").exists()
    assert Case.objects.filter(channel="patrol").count() > 200
    overdue = Case.objects.filter(state__in=[str(one) for one in OPEN], due_at__lt=UNTIL).count()
    assert 5 <= overdue <= 60
    late = Clock.objects.filter(stopped_at__gt=models.F("due_at")).count()
    assert late / Clock.objects.filter(stopped_at__isnull=False).count() < 0.12
    types = Counter(Case.objects.exclude(type_code="").values_list("type_code", flat=True))
    assert len(types) >= 100
    assert mismatches(list(Case.objects.values_list("pk", flat=True))) == []


def test_calls_come_by_day_more_than_by_night():
    moments = cases.arrivals(2000, UNTIL, Random(1))
    assert moments == sorted(moments)
    assert moments[-1] <= UNTIL
    by_hour = Counter((one.hour + 8) % 24 for one in moments)
    assert by_hour[9] + by_hour[10] > 8 * (by_hour[2] + by_hour[3])
