"""How many matters were left out of scores, for everybody."""

from datetime import UTC, datetime

import pytest
from django.test import Client

from huying.cases.models import ExclusionKind
from huying.cases.rules.street_rules import RuleState
from tests.portal.walk import text_of
from tests.world import STREET

pytestmark = pytest.mark.django_db


def test_a_reason_is_told_of_from_the_first_hour_of_its_day(world, clock):
    made = datetime(2026, 10, 20).date()
    ExclusionKind.objects.create(
        code="untrue",
        version=2,
        name="不属实",
        needs="三张照片。",
        told="到现场没有看到。",
        valid_from=made,
        state=RuleState.APPROVED,
    )
    visitor = Client()
    visitor.cookies["huying_area"] = STREET
    for at, there in (
        (datetime(2026, 10, 19, 15, 30, tzinfo=UTC), False),
        (datetime(2026, 10, 19, 16, 30, tzinfo=UTC), True),
    ):
        clock.move_to(at)
        assert ("到现场没有看到。" in text_of(visitor.get("/exclusions/"))) is there
