"""Organisations, posts, skills and help come into the registers by two hands, and stay the street's own."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from huying.audit.queries import history_of
from huying.cases.models import Case
from huying.people.models import (
    Account,
    Appointment,
    HelpProject,
    HubHousehold,
    MemberFiling,
    Nomination,
    Organisation,
    Recognition,
    Reserve,
    RoleGrant,
    Talent,
    UnitLink,
)
from huying.people.queries import actor_for
from huying.people.rules import Duty, Post
from tests.journeys.person import Person, photo
from tests.world import BANYAN, GRID, KAPOK, NEXT_DOOR, OTHER_GRID, STREET, _person

REGISTERS = "/desk/registers/"


def later(days):
    return (timezone.localdate() + timedelta(days=days)).isoformat()


def add(person, key, expect=200, /, **values):
    """Fill in a register's form and save; returns the new row's page."""
    person.open(f"{REGISTERS}{key}/new/")
    person.press("保存", expect, **values)
    return person.address


def row_of(model, **values):
    return model.objects.get(**values)


@pytest.fixture
def more(world, clock):
    """More people of the street: who secures grants, who organises, who works for partners."""
    for key, name, role, area, unit, post, for_unit in [
        ("officer", "蔡化名", "security_officer", STREET, "centre", Post.SECURITY_OFFICER, False),
        ("organiser", "田虚构", "organiser", STREET, "centre", Post.ORGANISER, False),
        ("mediator", "曾代称", "organiser", BANYAN, "banyan", Post.MEDIATOR, False),
        ("keeper2", "高例文", "system_admin", STREET, "centre", Post.SYSTEM_ADMIN, False),
        ("next_secretary", "尤样本", "community_secretary", NEXT_DOOR + "001", "next_centre", Post.LIAISON, False),
    ]:
        _person(world, key, name, role, area, unit, post, clock.now, for_unit=for_unit)
    return world


def party_of(staff):
    """The street's party organisation and the community's, set up by the keeper."""
    keeper = staff("keeper")
    add(keeper, "organisation", kind="street_party", name="示范街道党工委", area_code=STREET)
    street = Organisation.objects.get(kind="street_party")
    add(
        keeper, "organisation", kind="community_party", name="榕树社区党支部", area_code=BANYAN, parent=street.pk,
        party_form="branch",
    )  # fmt: skip
    return {"street": street, "banyan": Organisation.objects.get(kind="community_party")}


@pytest.mark.mechanism("REG-03")
def test_branches_stand_on_grids_and_a_branch_is_raised_to_a_committee(more, staff):
    party = party_of(staff)
    secretary, keeper, stranger = staff("secretary"), staff("keeper"), staff("next_keeper")

    # The community sets up a branch on its grid and one in an estate that lies across two grids.
    page = add(
        secretary, "organisation", kind="grid_branch", name="榕树第一网格党支部", area_code=GRID,
        parent=party["banyan"].pk, party_form="branch",
    )  # fmt: skip
    stranger.open(page, 404)
    add(
        secretary, "organisation", kind="estate_branch", name="榕荫花园党支部", area_code=BANYAN,
        parent=party["banyan"].pk, party_form="branch",
    )  # fmt: skip
    estate = row_of(Organisation, kind="estate_branch")
    for grid in (GRID, OTHER_GRID):
        add(secretary, "unit_link", unit=estate.pk, kind="covers", area_code=grid, since="2026-10-01")
    assert set(UnitLink.objects.values_list("area_code", flat=True)) == {GRID, OTHER_GRID}
    assert "榕树第二网格" in secretary.open(f"{REGISTERS}organisation/{estate.pk}/").words

    # A household group stands under a branch, never straight under the street.
    secretary.open(f"{REGISTERS}organisation/new/")
    secretary.press("保存", 422, kind="building_group", name="3 号楼党小组", area_code=GRID, parent=party["banyan"].pk)
    assert "不能建在所选的上级组织之下" in secretary.words

    # The street raises the community's branch by a decision with its number; the community cannot.
    secretary.open(f"/desk/people/organisation/{party['banyan'].pk}/raise/", 409)
    keeper.open(f"{REGISTERS}organisation/{party['banyan'].pk}/").follow("升格")
    stranger.open(f"/desk/people/organisation/{party['banyan'].pk}/raise/", 404)
    keeper.press("升格", party_form="committee", on=later(0), paper="示街党〔2026〕8号")
    assert "由党支部升格为党委" in keeper.words
    assert [one.verb for one in history_of("organisation", [party["banyan"].pk])] == ["create", "raised"]

    # Everybody of the street sees the chain; the next street sees none of it.
    staff("dispatcher").open("/desk/people/tree/")
    assert "榕荫花园党支部" in staff("dispatcher").words
    assert "榕荫花园党支部" not in staff("next_dispatcher").open("/desk/people/tree/").words


@pytest.mark.mechanism("REG-04")
def test_the_urban_and_the_rural_chain_stand_as_trees_with_their_partners(more, staff):
    party = party_of(staff)
    keeper, secretary, stranger = staff("keeper"), staff("secretary"), staff("next_secretary")
    banyan = party["banyan"]

    # Street, community with its business circle, a joint firm branch, a building alliance, units that build with it.
    add(keeper, "organisation", kind="circle_party", name="榕树商圈党委", area_code=BANYAN, parent=banyan.pk)
    circle = row_of(Organisation, kind="circle_party")
    add(
        secretary, "organisation", kind="firm_branch", name="榕晖大厦联合党支部", area_code=BANYAN, parent=circle.pk,
        party_form="branch", arrangement="joint", firms_covered="12",
    )  # fmt: skip
    firm = row_of(Organisation, kind="firm_branch")
    add(secretary, "organisation", kind="building_alliance", name="榕晖楼宇联盟", area_code=BANYAN, parent=firm.pk)
    alliance = row_of(Organisation, kind="building_alliance")
    page = add(
        secretary, "unit_link", unit=alliance.pk, kind="member", other=world_unit("榕树花园物业"), since="2026-10-01"
    )
    add(secretary, "unit_link", unit=banyan.pk, kind="co_builds", other=world_unit("街道环卫站"), since="2026-10-01")
    secretary.open(page)
    stranger.open(page, 404)
    words = secretary.open(f"{REGISTERS}organisation/{alliance.pk}/").words
    assert "示范街道党工委 › 榕树社区党支部 › 榕树商圈党委 › 榕晖大厦联合党支部" in words
    assert "榕树花园物业" in words

    # Village, lane groups, model households: the rural chain.
    add(
        keeper, "organisation", kind="village_party", name="木棉村党总支", area_code=KAPOK,
        parent=party["street"].pk, party_form="general",
    )  # fmt: skip
    village = row_of(Organisation, kind="village_party")
    add(keeper, "organisation", kind="lane_group", name="棉西巷党小组", area_code=KAPOK + "001", parent=village.pk)
    lane = row_of(Organisation, kind="lane_group")
    add(
        keeper, "hub", kind="model", name="棉西巷示范户 1 号", area_code=KAPOK + "001", unit=lane.pk,
        since="2026-10-01",
    )  # fmt: skip
    keeper.open("/desk/people/tree/")
    for name in ("木棉村党总支", "棉西巷党小组", "榕晖楼宇联盟"):
        assert name in keeper.open("/desk/people/tree/?all=1").words

    # Nothing with bodies below it, or with people in it, goes away unseen.
    keeper.open(f"{REGISTERS}organisation/{village.pk}/end/").press("停用", 422, on=later(0))
    assert "还有下级组织" in keeper.words


def world_unit(name):
    return Organisation.objects.get(name=name).pk


@pytest.mark.mechanism("REG-05")
def test_an_economic_union_is_a_body_with_a_head_and_duties(more, staff):
    keeper, secretary, stranger = staff("keeper"), staff("secretary"), staff("next_keeper")

    # It is given work, so the administrators set it up; the community fills its post.
    secretary.open(f"{REGISTERS}organisation/new/")
    secretary.press("保存", 422, kind="economic_union", name="榕树经济联合社", area_code=BANYAN)
    page = add(keeper, "organisation", kind="economic_union", name="榕树经济联合社", area_code=BANYAN)
    union = row_of(Organisation, kind="economic_union")
    stranger.open(page, 404)
    account = new_account(secretary, "lianshe", "朱样本")
    add(
        secretary, "appointment", account=account.pk, post="economic_union_head", organisation=union.pk,
        area_code=BANYAN, since="2026-10-01",
    )  # fmt: skip
    add(keeper, "responsibility", unit=union.pk, area_code=BANYAN, order="3")

    # It answers for its community's matters, and is found among all bodies of its kind.
    assert "经联社负责人" in secretary.open(page).words
    keeper.open(f"{REGISTERS}organisation/?kind=economic_union")
    assert "榕树经济联合社" in keeper.words
    assert "街道环卫站" not in keeper.words
    from huying.people.queries import responsible_units

    assert union in responsible_units("1", GRID)


def new_account(person, username, name, area=BANYAN):
    add(person, "staff", username=username, name=name, area_code=area)
    return Account.objects.get(username=username)


@pytest.mark.mechanism("REG-08")
def test_firm_branches_file_how_many_members_agreed_and_never_who_they_are(more, staff):
    party = party_of(staff)
    keeper, secretary, stranger = staff("keeper"), staff("secretary"), staff("next_keeper")
    banyan = party["banyan"]

    # One branch of a firm's own, one of several firms, one for people on the move; each says what it covers.
    secretary.open(f"{REGISTERS}organisation/new/")
    secretary.press(
        "保存", 422, kind="firm_branch", name="单建支部", area_code=BANYAN, parent=banyan.pk, arrangement="single",
        firms_covered="2",
    )  # fmt: skip
    secretary.press("保存", party_form="branch", firms_covered="1")
    add(
        secretary, "organisation", kind="firm_branch", name="联建支部", area_code=BANYAN, parent=banyan.pk,
        party_form="branch", arrangement="joint", firms_covered="14",
    )  # fmt: skip
    add(
        secretary,
        "organisation",
        kind="mobile_branch",
        name="流动党员党支部",
        area_code=BANYAN,
        parent=banyan.pk,
        party_form="branch",
    )
    add(secretary, "organisation", kind="newcomers_home", name="新街坊之家", area_code=BANYAN)
    joint = row_of(Organisation, name="联建支部")

    # A filing is a number with a reference; without everybody's yes there is none.
    secretary.open(f"{REGISTERS}organisation/{joint.pk}/").follow("登记备案")
    secretary.press("保存", 422, unit=joint.pk, reference="备2026-014", counted="23", since="2026-10-01")
    assert not MemberFiling.objects.exists()
    secretary.press("保存", consented=True)
    page = secretary.address
    stranger.open(page, 404)
    add(
        secretary, "filing", unit=row_of(Organisation, name="单建支部").pk, reference="备2026-015", counted="3",
        consented=True, since="2026-10-01",
    )  # fmt: skip

    # Others see a count, coarse where it is small, and no names; who only deals with calls sees no filing at all.
    words = staff("dispatcher").open(f"{REGISTERS}organisation/{joint.pk}/").words
    assert "23" in words
    listed = staff("dispatcher").open(f"{REGISTERS}organisation/?kind=firm_branch").words
    assert "少于 5 人" in listed
    staff("dispatcher").open(page, 404)
    assert {field.name for field in MemberFiling._meta.fields} == {
        "id", "unit", "area_code", "reference", "counted", "consented", "since", "until",
    }  # fmt: skip

    # The next filing takes the place of the former.
    add(keeper, "filing", unit=joint.pk, reference="备2026-031", counted="25", consented=True, since="2026-10-15")
    assert MemberFiling.objects.filter(unit=joint, until=None).get().counted == 25
    from huying.people.registers import Units

    totals = Organisation.objects.filter(kind="firm_branch").values_list("arrangement", "firms_covered")
    assert sorted(totals) == [("joint", 14), ("single", 1)]
    assert Units.key == "organisation"


@pytest.mark.mechanism("REG-09")
def test_two_heads_and_one_worker_are_appointed_let_in_and_push_what_residents_ask(more, staff, clock):
    keeper, secretary, stranger = staff("keeper"), staff("secretary"), staff("next_keeper")

    # The community fills the posts: each with its place in words and its duties.
    people = {
        "street_head": new_account(secretary, "jiezhang", "蒋试行"),
        "building_head": new_account(secretary, "louzhang", "沈例文"),
    }
    for post, scope in (("street_head", "榕荫路 1 到 25 号"), ("building_head", "榕荫花园 3 栋")):
        secretary.open(f"{REGISTERS}appointment/new/")
        values = {
            "account": people[post].pk, "post": post, "organisation": more.units["banyan"].pk, "area_code": BANYAN,
            "since": "2026-10-01", "drawn_from": "residents",
        }  # fmt: skip
        secretary.press("保存", 422, **values)
        assert "哪条街巷" in secretary.words
        secretary.press("保存", scope=scope, **values)
        page = secretary.address
    stranger.open(page, 404)
    assert row_of(Appointment, post="building_head", account=people["building_head"]).duties == [
        "sanitation", "publicity", "patrol", "traffic",
    ]  # fmt: skip
    # A grid worker is employed: the street's administrators appoint.
    worker = new_account(keeper, "wangge", "韩化名")
    secretary.open(f"{REGISTERS}appointment/new/")
    wanted = {
        "account": worker.pk, "post": "grid_worker", "organisation": more.units["banyan"].pk, "area_code": GRID,
        "since": "2026-10-01",
    }  # fmt: skip
    secretary.press("保存", 422, **wanted)
    add(keeper, "appointment", **wanted)
    keeper.open(f"{REGISTERS}appointment/")
    assert "街长 1" in keeper.words
    assert "专职网格员" in keeper.words

    # The head is given the role and a password for the first day, and says for a resident what is the matter.
    head_account = people["building_head"]
    keeper.open(f"{REGISTERS}staff/{head_account.pk}/").follow("授权")
    keeper.press("授权", role="building_head", area=GRID)
    keeper.open(f"{REGISTERS}staff/{head_account.pk}/").follow("开通登录").press("给一个新密码")
    password = next(one for one in keeper.words.split() if one.count("-") == 3)
    head = Person("head").open("/sign-in/")
    head.press("登录", username="louzhang", password=password)
    head.press("保存", old=password, password="lou-zhang-2026-ok", again="lou-zhang-2026-ok")
    head.open("/desk/people/my-post/")
    assert "榕荫花园 3 栋" in head.words
    head.open("/desk/new/")
    head.press("登记", words="三栋楼道灯不亮，老人家出门怕摔。", grid_code=GRID, images=[photo()])
    case = Case.objects.get()

    # The resident asks, the head pushes: the desk sees that somebody waits.
    clock.pass_by(minutes=10)
    head.open("/desk/taken/").press("催办", where="/nudge/")
    assert "催过了，共 1 次" in head.words
    assert "催办 1 次" in staff("secretary").open(f"/desk/cases/{case.pk}/").words
    staff("next_dispatcher").open(f"/desk/cases/{case.pk}/", 404)


@pytest.mark.mechanism("REG-10")
def test_heads_carry_the_four_duties_with_their_scope_and_are_changed_together(more, staff):
    secretary, keeper, stranger = staff("secretary"), staff("keeper"), staff("next_keeper")
    posts = []
    for number, (post, source, duties) in enumerate(
        [
            ("lane_head", "party", ["sanitation"]),
            ("building_head", "delegates", []),
            ("street_head", "unit", ["traffic"]),
        ]
    ):
        account = new_account(secretary, f"zhang{number}", ["杨示例", "朱范例", "秦拟名"][number])
        page = add(
            secretary, "appointment", account=account.pk, post=post, organisation=more.units["banyan"].pk,
            area_code=GRID, scope=f"榕东巷 {number + 1} 号起", duties=duties, since="2026-10-01", drawn_from=source,
        )  # fmt: skip
        posts.append(page.rstrip("/").rsplit("/", 1)[1])
    stranger.open(page, 404)

    # Duties belong to heads and grid workers alone.
    account = new_account(secretary, "tiaojie", "尤虚构")
    secretary.open(f"{REGISTERS}appointment/new/")
    secretary.press(
        "保存", 422, account=account.pk, post="mediator", organisation=more.units["banyan"].pk, area_code=BANYAN,
        duties=["patrol"], since="2026-10-01",
    )  # fmt: skip

    # The street gives every head all four duties at once, sees old and new first, and can take it back.
    from huying.people.registers import Posts
    from huying.registers import actions as registers

    register = Posts()
    me = actor_for(more.accounts["keeper"], timezone.now())
    assert register.may_write(me)
    found = keeper.open(f"{REGISTERS}appointment/?duties=traffic").words
    assert "秦拟名" in found
    assert "杨示例" not in found
    keeper.open(f"{REGISTERS}appointment/{posts[0]}/").follow("改动")
    keeper.press("保存", duties=["sanitation", "publicity", "patrol", "traffic"])
    assert set(row_of(Appointment, pk=posts[0]).duties) == {"sanitation", "publicity", "patrol", "traffic"}
    assert "治安巡逻（只看场所）" in keeper.words
    assert "担四项职责的街巷楼长" in keeper.open(f"{REGISTERS}appointment/").words
    assert registers.put is not None


@pytest.mark.mechanism("REG-11")
def test_heads_are_kept_by_rules_pay_ceremony_and_affection_and_say_what_arrived(more, staff):
    secretary, head, stranger = staff("secretary"), staff("building_head"), staff("next_keeper")
    post = Appointment.objects.get(account=more.accounts["building_head"])

    for kind, title, yuan in (
        ("system", "楼栋长考评定级办法", ""), ("pay", "第三季度津贴", "300"), ("ceremony", "优秀楼栋长表彰", ""),
        ("affection", "重阳节看望", ""),
    ):  # fmt: skip
        secretary.open(f"{REGISTERS}appointment/{post.pk}/").follow("登记激励")
        values = {"kind": kind, "title": title, "on": "2026-10-18"}
        if kind == "pay":
            secretary.press("保存", 422, **values)
        secretary.press("保存", **values, yuan=yuan)
        page = secretary.address
    stranger.open(page, 404)
    head.open(page, 404)  # others' records are not the head's to read either
    assert Recognition.objects.get(kind="pay").amount_fen == 30000

    # The head sees the own ones alone, and says that the allowance came.
    head.open("/desk/people/my-post/")
    assert "300.00 元" in head.words
    pay = Recognition.objects.get(kind="pay")
    head.press("确认收到", where=str(pay.pk))
    pay.refresh_from_db()
    assert pay.acknowledged_at is not None
    assert "已确认收到" in head.words
    staff("grid_worker").open("/desk/people/my-post/")
    assert "第三季度津贴" not in staff("grid_worker").words

    # What was confirmed stays as it was; all four ways can be listed, by head and place.
    secretary.open(f"{REGISTERS}recognition/{pay.pk}/").follow("改动")
    secretary.press("保存", 422, title="第四季度津贴")
    assert "重阳节看望" in secretary.open(f"{REGISTERS}recognition/?kind=affection").words


@pytest.mark.mechanism("REG-12")
def test_a_secretary_heads_a_grid_as_well_and_reserves_are_put_forward_and_listed_by_another(more, staff):
    keeper, secretary, stranger = staff("keeper"), staff("secretary"), staff("next_keeper")

    # The grid's head is the secretary as well: a second post, marked as held beside the first; with a step of the trade.
    add(
        keeper, "appointment", account=more.accounts["secretary"].pk, post="grid_head", career="senior",
        organisation=more.units["banyan"].pk, area_code=GRID, since="2026-10-01", concurrent=True,
    )  # fmt: skip
    assert "吴假名" in keeper.open(f"{REGISTERS}appointment/?concurrent=1").words

    # The community puts somebody forward who agrees; another person lists.
    account = new_account(secretary, "houbei", "许示例")
    secretary.open(f"{REGISTERS}reserve/new/")
    wanted = {"account": account.pk, "post": "community_secretary", "area_code": BANYAN, "since": "2026-10-01"}
    secretary.press("保存", 422, **wanted)
    secretary.press("保存", **wanted, agreed=True, lead_goose=True, trained_hours="40")
    page = secretary.address
    stranger.open(page, 404)
    secretary.open(f"/desk/people/reserve/{Reserve.objects.get().pk}/list/", 409)
    keeper.open(page).follow("审定入库").press("同意入库")
    assert Reserve.objects.get().state == "listed"
    assert "头雁工程" in keeper.open(f"{REGISTERS}reserve/?state=listed").words

    # Appointed, the person leaves the list and stands in the post.
    add(
        keeper, "appointment", account=account.pk, post="community_secretary", organisation=more.units["banyan"].pk,
        area_code=BANYAN, since="2026-10-01",
    )  # fmt: skip
    keeper.open(page).follow("已经任用").press("登记任用")
    assert Reserve.objects.get().state == "appointed"
    assert [one.verb for one in history_of("reserve", [Reserve.objects.get().pk])] == ["create", "listed", "appointed"]


@pytest.mark.mechanism("REG-13")
def test_heads_of_units_sit_in_the_greater_committee_for_a_term(more, staff, clock):
    party = party_of(staff)
    keeper, secretary, stranger = staff("keeper"), staff("secretary"), staff("next_keeper")
    add(
        secretary, "organisation", kind="greater_committee", name="榕树社区大党委", area_code=BANYAN,
        parent=party["banyan"].pk,
    )  # fmt: skip
    greater = row_of(Organisation, kind="greater_committee")
    manager = more.accounts["firm_handler"]

    # A part-time member is nominated by the community with a term; the street appoints.
    secretary.open(f"{REGISTERS}nomination/new/")
    wanted = {
        "account": manager.pk, "from_unit": more.units["firm"].pk, "organisation": greater.pk, "post": "part_time_member"
    }  # fmt: skip
    secretary.press("保存", 422, **wanted)
    assert "任期" in secretary.words
    secretary.press("保存", **wanted, until=later(1095))
    page = secretary.address
    nomination = Nomination.objects.get()
    stranger.open(page, 404)
    secretary.open(f"/desk/people/nomination/{nomination.pk}/appoint/", 409)
    keeper.open(page).follow("办理任职").press("任职")

    post = Appointment.objects.get(post="part_time_member")
    assert (post.from_unit_id, post.organisation_id, post.concurrent) == (more.units["firm"].pk, greater.pk, True)
    assert "兼职委员" in secretary.open(f"{REGISTERS}organisation/{greater.pk}/").words
    # The term ends by itself.
    clock.pass_by(days=1100)
    assert "杨戊例" not in staff("secretary").open(f"{REGISTERS}organisation/{greater.pk}/").words


@pytest.mark.mechanism("REG-14")
def test_a_deputy_secretary_becomes_chair_of_the_owners_by_nomination_election_and_appointment(more, staff):
    party = party_of(staff)
    keeper, secretary, stranger = staff("keeper"), staff("secretary"), staff("next_keeper")
    add(keeper, "organisation", kind="owners_committee", name="榕荫花园业主委员会", area_code=BANYAN)
    owners = row_of(Organisation, kind="owners_committee")
    deputy = new_account(secretary, "fushuji", "金示例")
    add(
        secretary, "appointment", account=deputy.pk, post="branch_deputy", organisation=party["banyan"].pk,
        area_code=BANYAN, since="2026-09-01",
    )  # fmt: skip

    page = add(
        secretary, "nomination", account=deputy.pk, from_unit=party["banyan"].pk, organisation=owners.pk,
        post="owners_chair", until=later(1800),
    )  # fmt: skip
    nomination = Nomination.objects.get()
    stranger.open(page, 404)

    # Nobody is appointed before the owners have voted, and their numbers must carry it: two thirds take part both
    # ways, more than half agree both ways.
    keeper.open(f"/desk/people/nomination/{nomination.pk}/appoint/", 409)
    secretary.open(page).follow("登记选举结果")
    minutes = {
        "form": "owners", "held_on": later(0), "paper": "业委会备〔2026〕3号", "due": "300", "present": "200",
        "ayes": "101", "area_due": "30000", "area_present": "20000", "area_ayes": "10001",
    }  # fmt: skip
    secretary.press("登记", 422, **minutes)  # eligibility is not looked at yet
    secretary.press("登记", **minutes, eligible=True)
    nomination.refresh_from_db()
    assert nomination.state == "elected"

    # Whoever nominated does not appoint; another does.
    secretary.open(page)
    assert "办理任职" not in secretary.words
    keeper.open(page).follow("办理任职").press("任职")
    post = Appointment.objects.get(post="owners_chair")
    assert (post.account_id, post.concurrent) == (deputy.pk, True)
    assert [one.verb for one in history_of("nomination", [nomination.pk])] == ["create", "elect", "appoint"]

    # The other way: from the firm into the party branch, voted down by its members.
    manager = more.accounts["firm_handler"]
    page = add(
        secretary, "nomination", account=manager.pk, from_unit=more.units["firm"].pk, organisation=party["banyan"].pk,
        post="branch_deputy", until=later(1000),
    )  # fmt: skip
    secretary.open(page).follow("登记选举结果")
    secretary.press(
        "登记", form="members", held_on=later(0), paper="党会2026-11", due="50", present="40", ayes="25", eligible=True
    )
    assert Nomination.objects.get(account=manager).state == "not_elected"
    keeper.open(f"/desk/people/nomination/{Nomination.objects.get(account=manager).pk}/appoint/", 409)


@pytest.mark.mechanism("REG-16")
def test_a_skilled_resident_agrees_is_asked_by_organisers_alone_and_takes_the_word_back(more, staff, clock):
    organiser, mediator = staff("organiser"), staff("mediator")

    organiser.open(f"{REGISTERS}talent/new/")
    wanted = {
        "name": "方样本", "phone": "13900000021", "skill": "lawyer", "offers": "周末可以参加物业纠纷调解",
        "area_code": BANYAN, "until": later(365),
    }  # fmt: skip
    organiser.press("保存", 422, **wanted)
    assert "本人看过同意书" in organiser.words
    assert not Talent.objects.exists()
    organiser.press("保存", 422, agreed=True, until=later(900))
    organiser.press("保存", agreed=True, until=later(365))
    page = organiser.address
    talent = Talent.objects.get()
    assert talent.contact.consents.get().text.version == 2
    assert "方样本" not in organiser.html
    assert "13900000021" not in organiser.html

    # The mediator of that community finds a lawyer and opens the phone number for this purpose; it is written down.
    mediator.open(f"{REGISTERS}talent/?skill=lawyer")
    assert "方**" in mediator.words
    mediator.open(page).follow("查看联系方式")
    opening = mediator.address
    mediator.press("查看")
    assert "13900000021" in mediator.words
    assert talent.contact.openings.count() == 1

    # The street's clerks, administrators and the next street do not know of it; no sheet leaves the house.
    for key in ("dispatcher", "keeper", "secretary", "next_keeper"):
        staff(key).open(page, 404)
    staff("next_keeper").open(opening, 404)
    organiser.open(f"{REGISTERS}talent/")
    assert "导出" not in organiser.words
    organiser.open(f"{REGISTERS}talent/export.csv", 403)

    # The person sees by the number who looked, on no other phone, and takes the word back: the data is gone at once.
    number = re.search(r"也能撤回：\s*(\d{4} \d{4} \d{4})", organiser.open(page).words).group(1)
    herself = Person().open("/track/").press("查进度", code=number)
    assert "榕树社区居委会" in herself.words
    assert "联系" in herself.words
    assert "13900000021" not in herself.html
    Person().open(herself.address, 404)
    herself.press("撤回同意，删掉登记")
    assert "已经撤回" in herself.words
    Person().open("/track/").press("查进度", 422, code=number)
    talent.refresh_from_db()
    assert talent.withdrawn_at is not None
    assert talent.contact.phone_sealed is None
    assert "方**" not in mediator.open(f"{REGISTERS}talent/").words
    mediator.open(opening, 409)


@pytest.mark.mechanism("REG-17")
def test_hub_households_are_linked_to_homes_as_places_and_counts(more, staff):
    party = party_of(staff)
    secretary, keeper, stranger = staff("secretary"), staff("keeper"), staff("next_keeper")

    secretary.open(f"{REGISTERS}hub/new/")
    wanted = {
        "kind": "hub", "name": "榕荫花园 3 栋中心户", "area_code": GRID, "unit": party["banyan"].pk, "since": "2026-10-01"
    }  # fmt: skip
    secretary.press("保存", 422, **wanted, linked_households="15")
    secretary.press("保存", 422, linked_codes=[GRID], linked_households="900")  # more than live there
    assert "一共只有 250 户" in secretary.words
    secretary.press("保存", 422, linked_codes=[GRID], linked_households="251")
    secretary.press("保存", linked_codes=[GRID], linked_households="15")
    page = secretary.address
    stranger.open(page, 404)
    keeper.open(page).follow("改动").press("保存", linked_households="18")
    assert HubHousehold.objects.get().linked_households == 18
    assert "联系户数合计 18" in keeper.open(f"{REGISTERS}hub/").words
    # A door and a count: there is no column for a person.
    assert not {"account", "contact", "person", "phone"} & {one.name for one in HubHousehold._meta.fields}


@pytest.mark.mechanism("REG-25")
def test_social_workers_their_station_and_a_bought_in_project_that_another_accepts(more, staff):
    keeper, keeper2, secretary = staff("keeper"), staff("keeper2"), staff("secretary")
    stranger = staff("next_keeper")
    add(keeper, "organisation", kind="social_work_station", name="榕树社工站", area_code=BANYAN)
    add(keeper, "organisation", kind="social_organisation", name="示例社工服务中心", area_code=STREET)
    station, provider = row_of(Organisation, name="榕树社工站"), row_of(Organisation, name="示例社工服务中心")
    worker = new_account(secretary, "shegong", "江试行")
    add(
        secretary, "appointment", account=worker.pk, post="social_worker", organisation=station.pk, area_code=BANYAN,
        since="2026-10-01",
    )  # fmt: skip

    page = add(
        secretary, "help_project", name="长者探访", kind="elders", area_code=BANYAN, provider=provider.pk,
        station=station.pk, lead=worker.pk, yuan="86000", sessions_due="24", since="2026-01-01", until="2026-12-31",
    )  # fmt: skip
    stranger.open(page, 404)
    project = HelpProject.objects.get()
    assert (project.amount_fen, project.state) == (8600000, "running")

    # Delivered by one, accepted by another, and only when all of it came.
    secretary.open(page).follow("登记交付").press("登记", sessions_done="20")
    keeper.open(page).follow("验收").press("验收通过", 422)
    HelpProject.objects.update(sessions_due=20)
    keeper2.open(page).follow("验收").press("验收通过")
    project.refresh_from_db()
    assert (project.state, project.accepted_by) == ("accepted", more.accounts["keeper2"].pk)
    assert "已验收" in keeper.open(f"{REGISTERS}help_project/?state=accepted").words


class TestGrants:
    """Beside the mechanisms: two persons, hand-over, and the two questions."""

    def test_a_sensitive_role_is_asked_for_and_confirmed_and_both_pages_say_so(self, more, staff, clock):
        keeper, officer = staff("keeper"), staff("officer")
        account = more.accounts["clerk"]
        keeper.open(f"/desk/people/grants/new/?account={account.pk}")
        keeper.press("授权", 422, role="centre_head", area=STREET)  # no reason yet
        keeper.press("授权", reason="接任值班长")
        assert "等另一位同事复核" in keeper.words
        assert not keeper.offers("同意")
        assert not actor_for(account, clock.now).has(Duty.CONFIDENTIAL)
        staff("next_keeper").open("/desk/people/grants/")
        assert "接任值班长" not in staff("next_keeper").words

        officer.open("/desk/people/grants/").press("同意")
        assert actor_for(account, clock.now).has(Duty.CONFIDENTIAL)

        words = keeper.open(f"/desk/people/accounts/{account.pk}/").words
        assert "值班长" in words
        assert "保密案件" in words
        keeper.open(f"/desk/people/seers/?area={GRID}")
        assert "李示例" in keeper.words
        assert "两个人办的" in keeper.words
        assert "褚邻居" not in keeper.words
        staff("next_keeper").open(f"/desk/people/seers/?area={GRID}", 404)
        staff("next_keeper").open(f"/desk/people/accounts/{account.pk}/", 404)
        staff("dispatcher").open(f"/desk/people/accounts/{account.pk}/", 404)

        grant = RoleGrant.objects.get(account=account, role_id="centre_head")
        keeper.open(f"/desk/people/grants/{grant.pk}/end/").press("收回")
        assert not actor_for(account, clock.now + timedelta(seconds=1)).has(Duty.CONFIDENTIAL)

    def test_a_post_goes_over_with_its_grants_after_one_look(self, more, staff, clock):
        keeper = staff("keeper")
        post = Appointment.objects.get(account=more.accounts["building_head"])
        successor = new_account(keeper, "jieren", "郎示例")
        keeper.open(f"{REGISTERS}appointment/{post.pk}/").follow("交接给继任者")
        keeper.press("看看交接什么", 422, to="nobody")
        keeper.press("看看交接什么", to="jieren")
        address = keeper.address
        staff("next_keeper").open(address, 404)
        assert "冯拟名 → 郎示例" in keeper.words
        keeper.press("办交接")
        assert "已经接任" in keeper.words
        later = clock.now + timedelta(seconds=1)
        assert actor_for(successor, later).may(Duty.REPORT, GRID)
        assert actor_for(more.accounts["building_head"], later).grants == ()
