"""Areas: what a page of them offers to whom, and what a change of them may touch."""

from datetime import timedelta

import pytest
from django.urls import reverse

from huying.kernel.lying import page_of
from huying.kernel.refusals import NotAllowed, NotFound
from huying.places import actions
from huying.places.actions import drafts, working_out
from huying.places.actions.working_out import work_out
from huying.places.models import Area, Estate
from huying.places.plans import PlanKind
from huying.registers import declared
from tests.holding import actor_of, browser, browser_of, holder, says
from tests.places.factories import BANYAN, KAPOK, NEXT_DOOR, NOW, STREET, keeper, person, street, table

pytestmark = pytest.mark.django_db
GRID = BANYAN + "001"
TOMORROW = (NOW + timedelta(days=1)).date()


@pytest.fixture(autouse=True)
def _street(db):
    street()


class TestPages:
    def test_changes_of_an_area_are_offered_to_who_keeps_it(self):
        address = reverse("places:area", args=[BANYAN])
        assert says(browser("admin_places"), address, "改边界", "新设网格") == [True, True]
        assert says(browser("read"), address, "改边界", "新设网格") == [False, False]

    def test_nets_and_standard_are_offered_to_who_keeps_the_area_and_emergency_to_leaders_too(self):
        address, words = f"{reverse('places:grids')}?area={STREET}", ("登记一张旧网", "改标准", "平战转换")
        assert says(browser("admin_places"), address, *words) == [True, True, True]
        assert says(browser("read", "lead"), address, *words) == [False, False, True]
        assert says(browser("read"), address, *words) == [False, False, False]

    def test_grids_are_shown_to_whoever_reads_areas_and_refused_to_others(self):
        assert browser("read").get(reverse("places:grids")).status_code == 200
        assert browser("report").get(reverse("places:grids")).status_code == 403

    def test_only_a_grid_has_a_page_of_a_grid(self):
        reader = browser("read")
        assert reader.get(reverse("places:grid", args=[GRID])).status_code == 200
        for code in (BANYAN, STREET):
            assert reader.get(reverse("places:grid", args=[code])).status_code == 404

    def test_a_plan_is_decided_by_another_keeper_or_a_leader(self):
        maker = holder("admin_places")
        plan = drawn(actor_of(maker))
        actions.submit_plan(plan_id=plan.pk, actor=actor_of(maker), now=NOW)
        address = reverse("places:plan", args=[plan.pk])
        for one, offered in (
            (browser("admin_places"), True), (browser("read", "lead"), True), (browser("read"), False),
            (browser_of(maker), False),
        ):  # fmt: skip
            assert says(one, address, "提交意见", "等另一位") == [offered, not offered]

    @pytest.mark.parametrize(("duty", "offered"), [("keep_places", True), ("read", False)])
    def test_what_hangs_on_a_place_is_added_by_who_keeps_it(self, duty, offered):
        estate = Estate.objects.create(name="榕树花园", area_code=GRID, grid_codes=[GRID])
        panels = declared.get("estate").panels(estate, person(duty))
        assert any(panel.context["add_url"] for panel in panels) == offered

    @pytest.mark.parametrize(
        ("key", "duty", "linked"),
        [("facility", "read", True), ("facility", "keep_places", True), ("facility", "admin_places", False)],
    )
    def test_lists_of_what_lies_in_an_area_are_linked_for_their_readers(self, key, duty, linked):
        assert bool(page_of(key, person(duty), BANYAN)) == linked


def drawn(actor, given=None, **options):
    wish = given or {"parent": BANYAN, "tier": "grid", "name": "新格"}
    return actions.draw_plan(
        kind=PlanKind.NEW, given=wish, effective_on=TOMORROW, reason="", actor=actor, now=NOW, **options
    )


class TestChanges:
    def test_a_draft_is_drawn_anew_by_who_keeps_where_it_lies(self):
        plan = drawn(keeper(), {"parent": KAPOK, "tier": "grid", "name": "木棉新格"})
        beside = person("admin_places", area=BANYAN)
        beside = type(beside)(beside.kind, id=beside.id, grants=(*beside.grants, *person("read").grants))
        with pytest.raises(NotAllowed):
            drawn(beside, plan_id=plan.pk)
        plan.refresh_from_db()
        assert (plan.area_code, plan.made_by == beside.id) == (KAPOK, False)
        assert drawn(keeper(), plan_id=plan.pk).area_code == BANYAN

    def test_an_area_that_is_no_more_is_not_found(self):
        for kind, given in (
            (PlanKind.SPLIT, {"code": BANYAN + "009", "parts": [{"name": "东"}, {"name": "西"}]}),
            (PlanKind.REDRAW, {"code": BANYAN + "009", "polygon": {}}),
            (PlanKind.NEW, {"parent": STREET + "009", "tier": "grid", "name": "新格"}),
        ):
            with pytest.raises(NotFound):
                work_out(kind, given, actor=keeper())

    def test_a_change_looks_at_the_areas_around_it_only(self):
        assert set(working_out._Sheet([BANYAN], keeper()).present) == {BANYAN, GRID, BANYAN + "002"}
        everywhere = working_out._Sheet([""], keeper()).present
        assert set(everywhere) == set(Area.objects.filter(valid_to=None).values_list("code", flat=True))
        assert NEXT_DOOR in everywhere

    def test_a_checked_file_waits_for_a_day(self):
        mine = keeper()
        data = table(f"{BANYAN}003,新网格,10")
        kept, outcome = drafts.keep_draft(kind="areas", filename="a.csv", data=data, actor=mine, now=NOW)
        assert outcome.ok
        assert drafts.check_draft(draft_id=kept.pk, actor=mine, now=NOW + drafts.KEPT)[0] == kept
        for look in (drafts.check_draft, drafts.apply_draft):
            with pytest.raises(NotFound):
                look(draft_id=kept.pk, actor=mine, now=NOW + drafts.KEPT + timedelta(seconds=1))
