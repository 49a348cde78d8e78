"""The assessment looked at on a desk and on a phone: a month, the cases behind a number, what is ahead, the terms."""

import pytest

from huying.insight import actions
from tests.browser.desk_world import HERE
from tests.browser.harness import DESK_FIRST
from tests.browser.test_every_page import day, visit  # noqa: F401
from tests.insight.steps import called, closed, handled
from tests.world import STREET


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", DESK_FIRST)
def test_a_month_its_rows_what_is_ahead_and_the_terms(visit, day, width):  # noqa: F811
    for number in range(12):
        satisfaction = ("satisfied", "fair", "dissatisfied")[number % 3]
        closed(day, called(day, now=HERE).case.pk, now=HERE, satisfaction=satisfaction)
    handled(day, called(day, now=HERE).case.pk, now=HERE)
    actions.catch_up()
    one = visit("head", width)
    for name, address in (
        ("assess", f"/desk/assess/?area={STREET}"),
        ("assess-area", f"/desk/assess/?area={STREET}&by=area"),
        ("assess-behind", f"/desk/assess/cases/?area={STREET}&month=2026-10&measure=satisfaction"),
        ("assess-ahead", f"/desk/assess/ahead/?area={STREET}&show=red"),
        ("assess-terms", f"/desk/assess/terms/?area={STREET}"),
    ):
        one.go(address)
        one.look(name)
    one.close()
