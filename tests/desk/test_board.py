"""The board: each number opens as many rows, and nobody sees a count of what they may not read."""

import re
from datetime import timedelta
from functools import cache, partial
from html.parser import HTMLParser

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from huying.cases import actions as a
from huying.cases.actions import tallying
from huying.cases.queries import tallies
from huying.people.models import RoleGrant
from huying.places import queries as places
from huying.places.models import Area
from tests.world import BANYAN, DISTRICT, GRID, KAPOK, NEXT_DOOR, NOW, STREET, middle

pytestmark = pytest.mark.django_db
WHO = ("clerk", "head", "leader", "secretary", "next_dispatcher")


class Numbers(HTMLParser):
    """Every number of the board, with the address that it is a link to ("" for none)."""

    NUMBER = re.compile(r"\d+|\D+ (\d+) 件")

    def __init__(self, page):
        super().__init__()
        self.url, self.found = "", []
        self.feed(page.partition('id="board"')[2].partition("data-live")[0])

    def handle_starttag(self, tag, attrs):
        if tag == "a":
            self.url = dict(attrs)["href"]

    def handle_endtag(self, tag):
        if tag == "a":
            self.url = ""

    def handle_data(self, data):
        number = self.NUMBER.fullmatch(data.strip())
        if number:
            self.found.append((self.url, int(number[1] or number[0])))


def rows_at(client, url):
    """How many rows the list shows there."""
    return client.get(url).content.decode().count("data-row")


def numbers(page):
    return Numbers(page).found


def words(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


@pytest.fixture
def day(world):
    lng, lat = middle(KAPOK + "001")
    world.call(now=NOW - timedelta(days=3))
    world.call(lng=lng, lat=lat)
    world.call(lng=None, lat=None)
    a.register_file_dispatch(
        world.call().case.pk, lead_id=world.units["sanitation"].pk, type_code="0103", actor=world.dispatcher, now=NOW
    )
    a.answer_case(world.call().case.pk, words="您好。", actor=world.clerk, now=NOW)
    tallying.fold_tallies(now=NOW)
    world.call()  # not folded in yet
    return world


def test_from_the_street_to_the_grid_every_number_opens_its_rows_for_everybody(sign_in, day):
    day.call(about_staff=True)
    handed = day.call().case.pk  # restricted later, and then seen by the unit through its order alone
    a.register_file_dispatch(handed, lead_id=day.units["banyan"].pk, type_code="0103", actor=day.dispatcher, now=NOW)
    a.recuse_unit(handed, unit_id=day.units["sanitation"].pk, actor=day.head, now=NOW)
    walked, apart = {}, {}
    for who in WHO:
        client = sign_in(who)
        rows = cache(partial(rows_at, client))  # many numbers are one link
        for code in (STREET, BANYAN, GRID):
            response = client.get(f"/desk/board/?area={code}")
            if response.status_code == 404:
                continue
            found = numbers(response.content.decode())
            assert [count for url, count in found if count and not url] == []
            for url, count in found:
                assert not url or rows(url) == count, (who, url)
            walked[who, code] = len([count for url, count in found if count])
            apart[who, code] = [count for url, count in found if "flag=restricted" in url]
    assert {who for who, _code in walked} == {"clerk", "head", "leader", "secretary"}
    assert (apart["leader", STREET], apart["secretary", BANYAN], apart["clerk", STREET]) == ([2], [1], [])
    assert min(walked["leader", code] for code in (STREET, BANYAN, GRID)) > 8


def test_numbers_of_the_whole_house_open_their_rows_too(sign_in, day):
    lng, lat = middle(NEXT_DOOR + "001001")
    day.call(area_code=NEXT_DOOR, lng=lng, lat=lat)
    RoleGrant.objects.filter(account=day.accounts["head"]).update(area_code="")
    client = sign_in("head")
    rows = cache(partial(rows_at, client))
    for code in ("", "99", "9901", DISTRICT):
        found = numbers(client.get(f"/desk/board/?area={code}").content.decode())
        assert [count for url, count in found if count and not url] == []
        for url, count in found:
            assert not url or rows(url) == count, url
        assert max(count for _url, count in found) == 6


def test_it_names_what_has_no_place_or_matter_yet_and_leads_inside(sign_in, day):
    client = sign_in("head")
    assert 'href="/desk/board/"' in client.get("/desk/").content.decode()
    page = client.get("/desk/board/").content.decode()
    assert f'href="?area={BANYAN}"' in page
    assert "示范街道" in page
    assert "截至 09:00" in page
    for words, query in (("还没确定社区", f"area={STREET}&flag=unrestricted&here=1"), ("还没确定事项", "matter=none")):
        assert words in page
        url = next(one for one, _count in numbers(page) if query in one)
        shown = client.get(url).content.decode()
        assert re.search(rf'class="filter filter-set"[^>]*>.*?{words}', shown)
        assert "不含保密、回避和演练" in shown


def test_an_area_that_is_no_more_keeps_its_numbers_but_has_no_board(sign_in, day):
    before = sign_in("head").get("/desk/board/").content.decode()
    Area.objects.filter(code=KAPOK).update(valid_to=NOW.date())
    places.forget()
    page = sign_in("head").get("/desk/board/").content.decode()
    assert f'href="?area={KAPOK}"' in before
    assert f'href="?area={KAPOK}"' not in page
    assert numbers(page.replace(f">{KAPOK}<", "><")) == numbers(before)  # its code stands where its name was


def test_it_is_read_in_two_statements_beside_the_frame(sign_in, day):
    client = sign_in("leader")
    client.get("/desk/board/")
    asked = {}
    for path in ("/desk/board/", "/desk/help/"):
        with CaptureQueriesContext(connection) as told:
            assert client.get(path).status_code == 200
        asked[path] = len(told)
    assert asked["/desk/board/"] == asked["/desk/help/"] + 2


def test_the_next_sub_district_sees_its_own_alone_and_learns_nothing(sign_in, day):
    client = sign_in("next_dispatcher")
    page = client.get("/desk/board/").content.decode()
    assert "邻江街道" in page
    assert not [count for _url, count in numbers(page) if count]
    refused = [client.get(f"/desk/board/?area={code}") for code in (STREET, BANYAN, DISTRICT, "990101002999", "x", "")]
    assert {one.status_code for one in refused} == {404}
    assert len({words(one.content.decode()) for one in refused}) == 1  # the address alone differs
    assert client.get(f"/desk/board/?area={NEXT_DOOR}").status_code == 200


def test_restricted_cases_are_told_apart_to_those_who_may_see_them_and_to_nobody_else(sign_in, day):
    before = {who: numbers(sign_in(who).get("/desk/board/").content.decode()) for who in ("clerk", "leader")}
    day.call(about_staff=True)
    for who, told in (("clerk", False), ("leader", True)):
        page = sign_in(who).get("/desk/board/").content.decode()
        apart = [(url, count) for url, count in numbers(page) if "flag=restricted" in url]
        assert [one for one in numbers(page) if one not in apart] == before[who]
        assert [count for _url, count in apart] == ([1] if told else [])
        assert ("另有保密或回避的在办案件 1 件 没有计入以上数字。" in words(page)) is told
    client = sign_in("leader")
    assert rows_at(client, f"/desk/list/?area={STREET}&flag=restricted") == 1


def test_who_reads_no_area_has_no_board(sign_in, client, day):
    assert 'href="/desk/board/"' not in sign_in("handler").get("/desk/").content.decode()
    assert sign_in("handler").get("/desk/board/").status_code == 403
    client.logout()
    assert client.get("/desk/board/").status_code == 302


def test_who_reads_for_a_unit_alone_has_no_board_either(sign_in, day):
    RoleGrant.objects.filter(account=day.accounts["head"]).update(unit=day.units["centre"])
    client = sign_in("head")
    assert client.get("/desk/list/").status_code == 200
    assert 'href="/desk/board/"' not in client.get("/desk/list/").content.decode()
    assert client.get("/desk/board/").status_code == 403


def test_the_way_up_leads_to_areas_that_are_read_and_no_further(sign_in, day):
    def up(who, code):
        page = sign_in(who).get(f"/desk/board/?area={code}").content.decode()
        found = re.search(r'class="btn btn-row" href="\?area=(\d+)"', page)
        return found and found[1]

    assert (up("head", GRID), up("head", BANYAN), up("head", STREET)) == (BANYAN, STREET, None)
    assert (up("secretary", GRID), up("secretary", BANYAN)) == (BANYAN, None)


def test_an_order_of_one_s_own_unit_is_no_restricted_case(day):
    handed = day.call().case.pk
    a.register_file_dispatch(handed, lead_id=day.units["banyan"].pk, type_code="0103", actor=day.dispatcher, now=NOW)
    assert tallies.board(day.people["secretary"], BANYAN, now=NOW).restricted.count == 0
    a.recuse_unit(handed, unit_id=day.units["sanitation"].pk, actor=day.head, now=NOW)
    assert tallies.board(day.people["secretary"], BANYAN, now=NOW).restricted.count == 1
