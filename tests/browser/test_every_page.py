"""Every page of the house, looked at on a phone and on a desktop: those that no journey reaches are opened here.

A new address fails the first test until somebody says where its page is looked at.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from huying.cases import actions as cases
from huying.cases.actions import calltrees, emergencies, register_file_dispatch
from huying.cases.casefile import subject_of
from huying.cases.codes import answer_code
from huying.cases.forms import legal_moves
from huying.cases.models import CallTreeStep, Case, WorkOrder
from huying.kernel.actor import resident, system
from huying.kernel.ids import uuid7
from huying.matters.models import CatalogueVersion
from huying.notices import actions as notices
from huying.notices.actions import Recipient
from huying.notices.actions.public import Paper
from huying.notices.models import Delivery
from huying.people import actions as people
from huying.people.queries import actor_for
from tests.browser.desk_world import HERE, build_day
from tests.browser.harness import TOUR
from tests.browser.visits import Visit
from tests.world import BANYAN, GRID, STREET

# What answers with data, a file or a redirect, or is posted to from a page that is looked at.
NO_PAGE = {
    "access:passkey", "access:passkey_options", "access:oidc_begin", "access:oidc_back", "access:here",
    "access:confirm_options", "access:passkey_new_options", "access:drop_address", "access:remove_factor",
    "access:end_own_sign_in", "access:end_others", "access:ask_reset", "access:unlock", "access:link",
    "access:unlink", "access:decide_reset", "access:end_sign_in", "access:decide_item",
    "portal:code_picture", "portal:forget", "portal:again", "portal:private", "portal:photo", "portal:photo_for_all",
    "portal:security", "portal:guess", "access:sign_out", "access:demo_sign_in", "desk:points", "desk:box", "desk:triage_choices",
    "desk:nudge", "desk:callback_phone", "desk:remove_filter", "desk:take_shift", "desk:undo_batch", "desk:export_file",
    "cases:move", "cases:move_whistle", "cases:move_ticket",
    "cases:ticket_paper_as_word", "cases:export_tickets", "cases:move_incident",
    "cases:move_campaign", "cases:move_spot", "cases:move_hot_issue", "cases:spot_photo", "cases:spot_preview", "cases:campaign_word",
    "cases:campaign_points",
    "cases:open_contact", "cases:outlines", "cases:file", "cases:preview",
    "cases:sheet_as_word", "matters:make_draft",
    "matters:write_set", "matters:switch_on", "matters:switch_back", "notices:digest_hours",
    "cases:declare_emergency", "cases:end_emergency", "cases:report_hazard", "cases:shift", "cases:drop_shift",
    "cases:answer_call",
    "matters:export", "matters:submit", "matters:approve", "matters:send_back", "matters:drop", "places:drop",
    "places:polygons", "places:outlines", "clocks:publish", "clocks:hours", "ui:map_data", "ui:type", "channels:live",
    "set_language", "notices:bell", "notices:open", "notices:read_all", "notices:keep_address",
    "notices:confirm_address", "notices:drop_address", "notices:replay", "notices:wording", "notices:wording_move",
    "notices:public_move", "notices:answer", "desk:paper_file", "portal:notice_file",
    "registers:points", "registers:csv", "registers:xlsx", "registers:template", "registers:drop", "registers:undo",
    "clients:renew", "clients:revoke", "oauth_token", "people:decide", "people:acknowledge",
    "places:submit_plan", "places:decide_plan", "places:drop_plan", "places:plan_shapes", "places:nets",
    "files:parts", "files:part", "places:merge_nets", "places:standard", "places:emergency", "opendata:download",
    "insight:freeze", "insight:correct", "insight:publish", "insight:decide",
    "cases:switch_sharing", "cases:away", "cases:dial", "desk:callback_dial", "portal:task_dial", "portal:dialled", "portal:pressed",
    "desk:triage_right", "desk:triage_place", "desk:set_triage_model", "matters:knowledge_move", "desk:answers", "cases:move_errand", "portal:task_move", "portal:task_photo",
}  # fmt: skip
ELSEWHERE = {
    "test_hot": {"cases:hot_issues", "cases:hot_issue"},
    "test_triage_looks": {"desk:triage_wrong", "desk:triage_limits", "desk:triage_models", "desk:triage_model"},
    "test_gathered": {"cases:incidents", "cases:incident", "cases:incident_calls", "cases:declare_incident",
                      "cases:campaigns", "cases:plan_campaign", "cases:campaign", "cases:campaign_spot",
                      "cases:campaign_closing", "portal:campaigns", "portal:known"},
    "test_sign_in": {"access:second", "access:security", "access:confirm", "access:totp", "access:passkeys",
                     "access:recovery", "access:address", "access:accounts", "access:account", "access:sign_ins",
                     "access:forced", "access:reviews", "access:review"},
    "test_journeys": {"portal:report", "portal:where", "portal:check", "portal:done", "portal:track", "portal:status",
                      "portal:deed", "portal:contact", "access:sign_in", "desk:triage_case", "desk:receipt"},
    "test_portal": {"portal:home", "portal:area", "portal:nearby", "portal:numbers", "portal:privacy", "portal:access",
                    "portal:likely"},
    "test_desk": {"desk:mine", "desk:review", "desk:cases", "desk:triage", "desk:new", "desk:self", "desk:taken",
                  "desk:search", "desk:help", "desk:help_topic", "desk:board"},
    "test_areas": {"places:plans", "places:new_plan", "places:plan", "places:edit_plan", "places:grids",
                   "places:grid", "opendata:exports"},
    "test_registers": {"registers:overview", "registers:list", "registers:row", "registers:new", "registers:edit",
                       "registers:end", "registers:import", "registers:draft", "registers:bulk", "registers:bulk_done",
                       "registers:print"},
    "test_people": {"people:tree", "people:grants", "people:grant", "people:seers", "people:held", "people:revoke",
                    "people:let_in", "people:hand_over", "people:step", "people:my_post"},
    "test_assess": {"insight:assess", "insight:behind", "insight:ahead", "insight:terms"},
    "test_files": {"cases:cover", "portal:cover", "files:keeping"},
    "test_whistles": {"cases:ask_whistle", "cases:whistle", "cases:whistles", "cases:whistle_figures"},
    "test_talking": {"matters:knowledge", "matters:new_knowledge", "matters:knowledge_text", "desk:triage_answers",
                     "desk:chat", "cases:send_errand", "cases:errand", "portal:answers", "portal:answer",
                     "portal:task", "portal:task_page", "portal:wall"},
    "test_tickets": {"cases:bring_tickets", "cases:brought_tickets", "cases:ticket", "cases:ticket_paper",
                     "cases:tickets", "cases:go_up"},
    "test_rules_and_stages": {"cases:decide_rule"},
    "test_exclusions": {"portal:exclusions", "portal:excluded"},
    "test_gallery": {"ui:gallery", "ui:gallery_portal", "ui:gallery_problem"},
}  # fmt: skip
HERE_TOO = {
    "portal:danger", "portal:kind", "access:password", "desk:callback", "desk:callback_case", "desk:checks",
    "desk:shifts", "desk:shift", "desk:save_filter", "desk:batches", "desk:new_batch", "desk:batch",
    "desk:exports", "desk:export", "desk:supervision", "desk:pack", "matters:catalogue", "matters:type",
    "matters:duties", "matters:version", "matters:import", "matters:limits",
    "cases:emergencies", "cases:emergency", "cases:emergency_report", "portal:on_call", "portal:on_call_link",
    "places:tree", "places:area", "places:import",
    "places:draft", "clocks:now", "clocks:year", "cases:case", "notices:mine", "notices:preferences", "notices:admin",
    "notices:dead", "notices:words", "notices:publics", "desk:paper_files", "notices:new_public", "notices:public", "notices:edit_public",
    "clients:own", "portal:notices", "portal:notice", "portal:notice_object", "portal:notice_sheet", "portal:objection",
    "portal:talent", "portal:held", "cases:sheet", "cases:sharing",
}  # fmt: skip


def names(resolver: URLResolver, space: str = "") -> set[str]:
    found: set[str] = set()
    for one in resolver.url_patterns:
        if isinstance(one, URLResolver):
            found |= names(one, f"{one.namespace}:" if one.namespace else space)
        elif isinstance(one, URLPattern) and one.name:
            found.add(space + one.name)
    return found


def test_every_address_is_looked_at_somewhere():
    known = NO_PAGE.union(HERE_TOO, *ELSEWHERE.values())
    assert {one for one in names(get_resolver()) if not one.startswith("api:")} == known


@pytest.fixture
def day(transactional_db, monkeypatch, settings, tmp_path):
    settings.DATA = tmp_path
    world = build_day()
    monkeypatch.setattr("django.utils.timezone.now", lambda: HERE)
    return world


@pytest.fixture
def visit(site, open_page, day):
    """`visit("head", width)`: somebody signed in already."""

    def come(who: str, width: str) -> Visit:
        one = Visit(open_page(phone=width == "phone"), site, width)
        if who:
            client = Client()  # of its own: a second sign-in would end the first
            client.force_login(day.accounts[who], backend="django.contrib.auth.backends.ModelBackend")
            cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": site}
            one.page.context.add_cookies([cookie])
        return one

    return come


WIDTHS = pytest.mark.parametrize("width", TOUR)
BROWSER = pytest.mark.django_db(transaction=True)


@BROWSER
@WIDTHS
def test_catalogue_places_calendar_and_the_rest_can_be_read(visit, width):
    head = visit("head", width)
    version = CatalogueVersion.objects.get().number
    for name, address in (
        ("catalogue", reverse("matters:catalogue")),
        ("type", reverse("matters:type", args=["0103"])),
        ("duties", reverse("matters:duties")),
        ("version", reverse("matters:version", args=[version])),
        ("street", reverse("places:area", args=[STREET])),
        ("community", reverse("places:area", args=[BANYAN])),
        ("grid-area", reverse("places:area", args=[GRID])),
        ("call-back", reverse("desk:callback")),
        ("own-checks", reverse("desk:checks")),
        ("save-filter", f"{reverse('desk:save_filter')}?light=red"),
        ("password", reverse("access:password")),
        ("clients", reverse("clients:own")),
        ("no-such-page", "/desk/no-such-page/"),
    ):
        head.go(address)
        head.look(name)

    keeper = visit("keeper", width)
    for name, address in (
        ("places", reverse("places:tree")),
        ("places-import", reverse("places:import")),
        ("calendar", reverse("clocks:now")),
        ("year-to-come", reverse("clocks:year", args=[2027])),
        ("not-allowed", reverse("desk:triage")),
    ):
        keeper.go(address)
        keeper.look(name)
    rows = "代码,名称,户数,生效日期\r\n990101001003,茉莉社区,,\r\n990101001003001,茉莉第一网格,251,\r\n"
    keeper.go(reverse("places:import"))
    keeper.page.locator("input[type=file]").first.set_input_files(
        [{"name": "areas.csv", "mimeType": "text/csv", "buffer": rows.encode("utf-8-sig")}]
    )
    keeper.press("检查")
    assert "/import/" in keeper.page.url
    keeper.look("places-draft")

    keeper.go(reverse("matters:catalogue"))
    keeper.press("起草")
    keeper.look("catalogue-draft")
    keeper.go(keeper.page.url.rstrip("/") + "/import/")
    keeper.look("catalogue-import")

    me = visit("", width)
    me.go("/report/")
    if "/area/" in me.page.url:
        me.press("榕树社区")
    me.page.locator("[name=words]").fill("路灯杆漏电，手碰到会麻。")
    me.press("下一步")  # faster than the guess comes
    assert me.page.url.endswith("/report/danger/")
    me.look("danger")
    me.go("/report/kind/")
    me.look("kind")
    me.go("/no-such-page/")
    me.look("portal-no-such-page")
    for one in (head, keeper, me):
        one.close()


@BROWSER
@WIDTHS
def test_a_call_and_a_hand_over_can_be_read(visit, width):
    head = visit("head", width)
    for place, case in enumerate(Case.objects.filter(state="calling_back").order_by("pk")[:2]):
        head.go(reverse("desk:callback_case", args=[case.pk]))
        head.look(f"call-{place}")
    head.go(reverse("desk:shifts"))
    head.look("shifts")
    head.page.locator("[name=words]").fill("三栋的垃圾，答应今天先打电话。")
    head.page.locator("button[data-send]").click()
    head.page.wait_for_url("**/shifts/*-*/")
    head.look("shift")
    head.close()


@BROWSER
@WIDTHS
def test_an_act_for_many_cases_can_be_read(visit, width):
    head = visit("head", width)
    head.go(f"{reverse('desk:cases')}?view=list")
    for tick in head.page.locator(".pick .checkbox").all()[:4]:
        tick.check()
    head.look("list-ticked")
    head.page.locator(".picks [name=act][value=dispatch]").click()
    head.look("batch-new")
    head.page.locator("[name=step][value=preview]").click()
    head.page.wait_for_load_state()
    head.look("batch-preview")
    if head.page.locator("[name=step][value=do]").count():
        head.page.locator("[name=step][value=do]").click()
        head.page.wait_for_url("**/batches/*-*/")
        head.look("batch")
    head.go(reverse("desk:batches"))
    head.look("batches")
    case = Case.objects.filter(state="in_hand").exclude(type_code="").order_by("pk").first()
    head.go(f"{reverse('cases:case', args=[case.pk])}?move=recategorise")
    head.page.locator("#id_type_code:visible").select_option("0301" if case.type_code != "0301" else "0103")
    head.page.locator("[name=find]:visible").first.click()
    head.page.wait_for_load_state()
    head.look("recategorise")
    head.go(f"{reverse('cases:case', args=[case.pk])}?move=split")
    head.look("split")
    head.close()


@BROWSER
@WIDTHS
def test_the_board_of_supervision_and_exports_can_be_read(visit, width):
    leader = visit("leader", width)
    leader.go(reverse("desk:supervision"))
    leader.look("supervision")
    leader.page.locator("a.board-count").first.click()
    leader.page.wait_for_load_state()
    leader.look("supervision-rows")
    leader.go(f"{reverse('desk:exports')}?state=all")
    leader.page.locator("[name=purpose]").select_option("check")
    leader.look("exports")
    leader.page.locator("button[data-send]").click()
    leader.page.wait_for_url("**/exports/*-*/")
    leader.look("export")
    case = Case.objects.filter(state="in_hand").order_by("pk").first()
    leader.go(reverse("desk:pack", args=[case.pk]))
    leader.look("pack")
    leader.close()


@BROWSER
@WIDTHS
def test_sets_of_limits_can_be_read_switched_on_and_written(visit, width):
    leader = visit("leader", width)
    leader.go(reverse("matters:limits"))
    leader.look("limits")
    leader.page.select_option("select[name=occasion]", "typhoon:red")
    leader.fill("为什么", "台风红色预警信号生效")
    leader.press("启用")
    leader.look("limits-on")
    keeper = visit("keeper", width)
    keeper.go(reverse("matters:limits") + "?set=typhoon:red")
    keeper.look("limits-write")
    for one in (leader, keeper):
        one.close()


@BROWSER
@WIDTHS
def test_an_emergency_can_be_declared_and_read(visit, width):
    leader = visit("leader", width)
    leader.go(reverse("cases:emergencies"))
    leader.page.select_option("select[name=season]", "typhoon")
    leader.page.select_option("select[name=alert]", "red")
    leader.fill("为什么", "台风红色预警信号生效")
    leader.look("emergencies")
    leader.press("启动")
    leader.look("emergency")
    worker = visit("grid_worker2", width)
    worker.go("/desk/")
    worker.look("emergency-desk")
    resident = visit("", width)
    resident.go("/")
    resident.look("emergency-portal")
    for one in (leader, worker, resident):
        one.close()


@BROWSER
@WIDTHS
def test_a_unit_divides_its_work(visit, width, day):
    case = register_file_dispatch(
        day.call(now=HERE).case.pk, lead_id=day.units["sanitation"].pk, type_code="0103", actor=day.head, now=HERE
    )
    head = visit("unit_head", width)
    head.go(reverse("cases:sharing"))
    head.look("sharing")
    head.press("改为自动交")
    head.look("sharing-by-rule")
    head.go(f"{reverse('cases:case', args=[case.pk])}?move=give")
    head.look("give")
    head.close()


@BROWSER
@WIDTHS
def test_a_drill_and_its_call_tree_can_be_read(visit, width, day):
    for number, post in enumerate(("handler", "liaison", "unit_head"), start=1):
        CallTreeStep.objects.create(
            area_code=STREET, occasion="unit", grade="urgent", number=number, post=post, minutes=5, since=HERE.date()
        )
    drill = emergencies.declare_emergency(
        season="sudden", alert="red", area_code=STREET, reason="消防演练", drill=True, actor=day.leader, now=HERE
    )
    case = emergencies.report_hazard(
        uuid7(),
        emergency_id=drill.pk,
        hazard="fire",
        words="三楼冒烟。",
        grid_code=GRID,
        actor=day.grid_worker,
        now=HERE,
    ).case
    dispatched = register_file_dispatch(
        case.pk, lead_id=day.units["sanitation"].pk, type_code="0801", grade="urgent", actor=day.head, now=HERE
    )
    run = calltrees.begin_tree(dispatched, dispatched.orders.get(), now=HERE)
    calltrees.call_next(run.pk, now=HERE + timedelta(minutes=5))
    head = visit("unit_head", width)
    head.go(reverse("cases:case", args=[case.pk]))
    head.look("call-tree")
    clerk = visit("clerk", width)
    clerk.go("/desk/new/")
    clerk.look("drill-call")
    phone = visit("", width)
    phone.go(reverse("portal:on_call"))
    phone.look("on-call-code")
    phone.go(reverse("portal:on_call_link", args=[answer_code(run.calls.order_by("number")[0].pk)]))
    phone.look("on-call")
    leader = visit("leader", width)
    leader.go(reverse("cases:emergency", args=[drill.pk]))
    leader.look("drill")
    leader.press("解除应急状态")
    leader.look("drill-report")
    for one in (head, clerk, phone, leader):
        one.close()


@BROWSER
@WIDTHS
def test_the_case_page_of_each_state_can_be_read(visit, width):
    head = visit("head", width)
    states = {}
    for case in Case.objects.order_by("-received_at"):
        states.setdefault(case.state, case)
    assert len(states) >= 6
    for state, case in states.items():
        head.go(reverse("cases:case", args=[case.pk]))
        head.look(f"case-{state}")
    head.close()


@BROWSER
@WIDTHS
def test_what_waits_can_be_read_and_its_papers(visit, day, width):
    """A case of the day that is supervised, and one that is held: the pages of both, the papers, the public list."""
    mine = WorkOrder.objects.filter(state="accepted", role="lead", case__state="in_hand", case__restricted=False)
    watched, held = (order.case for order in mine.select_related("case").order_by("pk")[:2])
    handler = {order.case_id: order.handler for order in mine.select_related("handler")}
    leader = actor_for(day.accounts["leader"], HERE)
    cases.supervise_case(watched.pk, what="三天内换好桶，写明哪一天。", limit="3wd", actor=leader, now=HERE)
    who = actor_for(handler[held.pk], HERE)
    until = (HERE + timedelta(days=20)).date()
    cases.ask_hold(held.pk, kind="funds", until=until, reason="等下旬的资金。", actor=who, now=HERE)
    cases.decide_hold(held.pk, granted=True, actor=leader, now=HERE)
    Case.objects.filter(pk=held.pk).update(
        held_since=HERE - timedelta(days=2), type_code="0103", unplaced=False, outside=False
    )
    head = visit("head", width)
    for name, address in (
        ("case-supervised", reverse("cases:case", args=[watched.pk])),
        ("case-held", reverse("cases:case", args=[held.pk])),
        ("sheet-hand-over", reverse("cases:sheet", args=[watched.pk, "hand_over"])),
        ("sheet-sign-in", reverse("cases:sheet", args=[watched.pk, "sign_in"])),
        ("sheet-supervision", reverse("cases:sheet", args=[watched.pk, "supervision"])),
    ):
        head.go(address)
        head.look(name)
    me = visit("", width)
    me.go("/report/")
    if "/area/" in me.page.url:
        me.press("榕树社区")
    me.go(reverse("portal:held"))
    me.look("held")
    for one in (head, me):
        one.close()


@BROWSER
@WIDTHS
def test_each_move_has_a_form_that_can_be_filled(visit, day, width):
    """One case for each move, as whoever may make it; the phone takes the odd ones, the desktop the even."""
    found = {}
    for who in ("head", "handler", "unit_head", "grid_worker2", "leader"):
        actor = actor_for(day.accounts[who], HERE)
        for case in Case.objects.all():
            subject = subject_of(case.pk, actor=actor, now=HERE)
            for move in legal_moves(subject) if subject else ():
                found.setdefault(move.name, (who, case.pk))
    assert len(found) >= 20
    visits = {}
    for name, (who, pk) in sorted(found.items())[width == "phone" :: 2]:
        one = visits.get(who) or visits.setdefault(who, visit(who, width))
        one.go(f"{reverse('cases:case', args=[pk])}?move={name}")
        one.look(f"move-{name}")
        assert one.page.locator("form[action*='/moves/']").count(), name
    for one in visits.values():
        one.close()


@BROWSER
@WIDTHS
def test_notices_and_public_notices_can_be_read(visit, day, width):
    paper, draft = put_up(day)
    staff = visit("head", width)
    for name, address in (
        ("news", "/desk/notices/?show=all"),
        ("news-settings", "/desk/notices/settings/"),
        ("news-admin", "/desk/notices/admin/"),
        ("news-words", "/desk/notices/words/nudged/sms/zh-hans/"),
        ("news-dead", "/desk/notices/dead/"),
        ("papers", "/desk/notices/public/"),
        ("paper", f"/desk/notices/public/{paper.pk}/"),
        ("paper-new", "/desk/notices/public/new/"),
        ("paper-edit", f"/desk/notices/public/{draft.pk}/edit/"),
        ("paper-files", f"/desk/papers/{draft.pk}/"),
    ):
        staff.go(address)
        staff.look(name)
    staff.close()
    resident = visit("", width)
    for name, address in (
        ("portal-papers", "/notices/"),
        ("portal-paper", f"/notices/{paper.pk}/"),
        ("portal-sheet", f"/notices/{paper.pk}/sheet/"),
        ("portal-object", f"/notices/{paper.pk}/object/"),
    ):
        resident.go(address)
        resident.look(name)
    resident.fill("您的意见", "离三号楼太近。")
    resident.press("提交")
    resident.look("portal-objection")
    _talent, code = people.enter_talent(
        name="方样本", phone="13900000021", area_code=BANYAN, skill="lawyer", offers="周末可以帮忙调解",
        until=HERE.date() + timedelta(days=200), agreed=True, actor=system(), now=HERE,
    )  # fmt: skip
    resident.go("/track/")
    resident.fill("输入查询码", code)
    resident.press("查进度")
    resident.look("portal-talent")
    resident.close()


def put_up(day):
    """A paper with an objection, a draft, some notices under the head's bell, one of them not sent."""
    head, leader = day.head, day.leader
    paper, draft = (
        notices.draft_public(
            paper=Paper("plan", title, "拟在北门加装六个充电桩。\n\n有意见请在公示期内提出。", BANYAN, "榕树社区居委会", 15),
            actor=head, now=HERE,
        )
        for title in ("北门加装充电桩的方案", "五月收支")
    )  # fmt: skip
    notices.ask_public(public_id=paper.pk, actor=head, now=HERE)
    notices.decide_public(public_id=paper.pk, granted=True, actor=leader, now=HERE)
    notices.object_to_public(public_id=paper.pk, words="离三号楼太近。", key=uuid7(), actor=resident(), now=HERE)
    notices.keep_address(channel="sms", value="13900000000", actor=head, now=HERE)
    Delivery.objects.filter(channel="sms").update(state="dead", dead_at=HERE, why="refused", attempts=7)
    facts = {"number": "20261020-001-0042K", "title": "垃圾桶满溢", "place": "榕树社区", "count": "2"}
    notices.notify(template="nudged", to=Recipient.account(head.id), facts=facts, area_code=STREET, now=HERE)
    return paper, draft
