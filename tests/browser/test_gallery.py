"""The gallery through every check, at both widths, in large type, and without scripts."""

import pytest

from tests.browser.harness import check_page


@pytest.mark.parametrize("address", ["/ui/", "/ui/portal/", "/ui/problem/"])
def test_the_gallery_has_no_fault_at_either_width(site, any_page, address):
    any_page.goto(site + address)
    check_page(any_page)


def test_large_type_has_no_fault_and_stays(site, phone_page):
    phone_page.goto(site + "/ui/portal/")
    phone_page.get_by_role("button", name="大字版").click()
    phone_page.goto(site + "/ui/portal/")
    assert phone_page.get_by_role("button", name="普通版").is_visible()
    check_page(phone_page)
