"""Hot issues at both widths: the list, and one with its calls."""

from __future__ import annotations

import pytest
from django.urls import reverse

from huying.cases.models import Case, HotApart, HotIssue, HotIssueCase
from tests.browser.desk_world import HERE
from tests.browser.harness import TOUR
from tests.browser.test_gathered import come, day  # noqa: F401
from tests.world import BANYAN, STREET


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", TOUR)
def test_hot_issues_can_be_read(come, day, width):  # noqa: F811
    cases = list(Case.objects.filter(area_code__startswith=BANYAN, restricted=False).order_by("pk")[:6])
    for number, trend in enumerate(("rising", "steady", "falling", "quiet")):
        made = HotIssue.objects.create(
            street_code=STREET, number=number + 1, area_code=BANYAN, type_code=cases[number].type_code,
            typical=cases[number], heat=20.5 - number, callers=7, first_on=HERE.date(), last_on=HERE.date(),
            trend=trend, concerned="owners" if number % 2 else "", found_at=HERE,
        )  # fmt: skip
        HotIssueCase.objects.create(case=cases[number], issue=made)
    HotIssueCase.objects.bulk_create(
        [HotIssueCase(case=case, issue=HotIssue.objects.get(number=1)) for case in cases[4:]]
    )
    clerk = come("clerk", width)
    for name, path in (
        ("list", reverse("cases:hot_issues")),
        ("issue", reverse("cases:hot_issue", args=[HotIssue.objects.get(number=1).pk])),
    ):
        clerk.go(path)
        clerk.look(f"hot-{name}")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", TOUR)
def test_a_clerk_corrects_one(come, day, width):  # noqa: F811
    cases = list(Case.objects.filter(area_code__startswith=BANYAN, restricted=False).order_by("pk")[:8])
    issues = [
        HotIssue.objects.create(
            street_code=STREET,
            number=number,
            area_code=BANYAN,
            type_code=cases[number].type_code,
            typical=cases[number],
            heat=20.5 - number,
            callers=7,
            first_on=HERE.date(),
            last_on=HERE.date(),
            trend="rising",
            found_at=HERE,
            gone_at=HERE if number == 3 else None,
        )  # fmt: skip
        for number in (1, 2, 3)
    ]
    HotIssue.objects.filter(number=3).update(joined_into=issues[0])
    HotIssueCase.objects.bulk_create([HotIssueCase(case=case, issue=issues[0]) for case in cases[:4]])
    HotIssueCase.objects.create(case=cases[5], issue=issues[1])
    HotApart.objects.create(case=cases[4], issue=issues[0], others=[case.pk for case in cases[:4]], at=HERE)
    clerk = come("clerk", width)

    def press(button):
        with clerk.page.expect_navigation():
            button.click()

    clerk.go(reverse("cases:hot_issue", args=[issues[0].pk]))
    clerk.page.locator("#name summary").click()
    clerk.look("hot-correct")
    words, send = clerk.page.locator("#name input[name=words]"), clerk.page.locator("#name button")
    words.fill("张先生家门口的路灯")
    press(send)
    clerk.look("hot-refused")
    words.fill("榕树路一带路灯不亮")
    press(send)
    press(clerk.page.locator("#calls button").first)
    assert clerk.page.locator("#taken-out button").count() == 2
    clerk.look("hot-corrected")
