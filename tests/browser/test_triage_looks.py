"""How good triage is, at both widths: last week's mistakes, limits, versions of the model and the card of one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from huying.cases.models import Case, Suggested
from tests.browser.desk_world import HERE
from tests.browser.harness import TOUR
from tests.browser.test_gathered import come, day  # noqa: F401
from tests.cases.test_triage_learning import model
from tests.world import STREET

CONFUSED = [["0103", "0101", 7], ["0301", "0103", 3]]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", TOUR)
def test_how_good_triage_is_can_be_read(come, day, width):  # noqa: F811
    cases = list(Case.objects.filter(area_code__startswith=STREET, restricted=False).exclude(type_code="")[:9])
    for number in range(24):
        case = cases[number % len(cases)]
        told = case.type_code if number % 3 else "0301"
        at = HERE - timedelta(days=number)
        Suggested.objects.create(
            case=case, at=at, type_code=told, confidence=0.5 + number / 50, known=0.9, by_rule=number == 1
        )
    Case.objects.filter(pk__in=[one.pk for one in cases[4:]]).update(state="closed", ended_at=HERE)
    model(1, "retired")
    row = model(2)
    row.measured |= {"confused": CONFUSED, "types": [["0103", 30, 28, 26], ["0101", 14, 17, 12], ["0301", 4, 3, 3]]}
    row.save()
    leader = come("leader", width)
    for name, path in (
        ("wrong", reverse("desk:triage_wrong")),
        ("limits", reverse("desk:triage_limits")),
        ("models", reverse("desk:triage_models")),
        ("model", reverse("desk:triage_model", args=[row.pk])),
    ):
        leader.go(path)
        leader.look(f"triage-{name}")
