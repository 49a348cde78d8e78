"""The gallery through every check, at both widths, in large type, and without scripts."""

import pytest

from tests.browser.harness import check_page

SLOW = pytest.mark.slow


@pytest.mark.parametrize(
    ("address", "phone"),
    [
        ("/ui/", False),
        ("/ui/portal/", True),
        pytest.param("/ui/", True, marks=SLOW),
        pytest.param("/ui/portal/", False, marks=SLOW),
        pytest.param("/ui/problem/", False, marks=SLOW),
        pytest.param("/ui/problem/", True, marks=SLOW),
    ],
)
def test_the_gallery_has_no_fault_at_either_width(site, open_page, address, phone):
    page = open_page(phone=phone)
    page.goto(site + address)
    check_page(page)


@pytest.mark.slow
def test_large_type_has_no_fault_and_stays(site, phone_page):
    phone_page.goto(site + "/ui/portal/")
    phone_page.get_by_role("button", name="大字版").click()
    phone_page.goto(site + "/ui/portal/")
    assert phone_page.get_by_role("button", name="普通版").is_visible()
    check_page(phone_page)
