"""A street's own rules and the stages of a limit, on a phone and on a desktop: written, approved, marked done."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from huying.cases import actions as a
from huying.cases.models import ExclusionKind
from huying.clocks.models import Clock
from tests.browser.desk_world import HERE
from tests.browser.harness import TOUR
from tests.browser.test_exclusions import come, day  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)
BEGAN = HERE - timedelta(hours=3)


@pytest.mark.parametrize("width", TOUR)
def test_a_rule_is_written_by_one_and_approved_by_another(come, width):  # noqa: F811
    keeper, leader = come("keeper", width), come("leader", width)
    listed = reverse("registers:list", args=["exclusion_kind"])
    keeper.go(listed)
    keeper.look("rule-list")
    shipped = ExclusionKind.objects.get(code="untrue")
    keeper.go(reverse("registers:row", args=["exclusion_kind", shipped.pk]))
    keeper.press("另定一版")
    keeper.fill("要有的证据", "两位网格员两次到场，照片三张。")
    keeper.fill("从哪天起", (HERE + timedelta(days=2)).date().isoformat())
    keeper.look("rule-new")
    keeper.press("保存")
    keeper.look("rule-row")
    row = ExclusionKind.objects.get(code="untrue", state="waiting")

    leader.go(reverse("registers:row", args=["exclusion_kind", row.pk]))
    leader.press("审批这一版")
    leader.look("rule-decide")
    leader.pick("批准，到日子启用")
    leader.press("确定")
    row.refresh_from_db()
    assert row.state == "approved"
    leader.look("rule-approved")
    for register in ("whistle_kind", "whistle_band"):
        keeper.go(reverse("registers:list", args=[register]))
        keeper.look(f"rule-{register}")
    keeper.close()
    leader.close()


@pytest.mark.parametrize("width", TOUR)
def test_a_stage_is_marked_done_in_one_tap(come, day, width):  # noqa: F811
    case = a.register_file_dispatch(
        day.call(now=BEGAN).case.pk, lead_id=day.units["sanitation"].pk, type_code="0301", grade="ordinary",
        actor=day.people["dispatcher"], now=BEGAN,
    )  # fmt: skip
    a.sign_in_order(case.pk, actor=day.people["handler"], now=BEGAN + timedelta(minutes=10))
    handler = come("handler", width)
    page = reverse("cases:case", args=[case.pk])
    handler.go(f"{page}?move=finish_stage")
    handler.look("stage-form")
    handler.fill("做了什么", "到场制止，已停工，封条贴好。")
    handler.send()
    assert Clock.objects.get(object_id=case.pk, step="stage_1").stopped_at is not None
    handler.go(page)
    handler.says("停工")
    handler.look("stage-case")
    handler.close()
