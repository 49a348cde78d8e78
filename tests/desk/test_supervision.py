"""The board of supervision: every number is its rows, by unit, for those who supervise there."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from huying.cases import actions as a
from huying.cases.queries import watching
from huying.cases.queries.watching import Behind
from huying.cases.rules.watching import Watch
from huying.kernel.actor import resident
from huying.kernel.paging import Page
from huying.kernel.refusals import NotFound
from tests.cases.test_granting import SOON, ask_hold, at_work
from tests.world import NEXT_DOOR, STREET

pytestmark = pytest.mark.django_db
LATE = SOON + timedelta(days=9)
BOARD = "/desk/supervision/"


def rows(world, kind, *, now=LATE, who="leader", **more):
    page = Page(limit=50)
    return [one.pk for one in watching.rows_behind(world.people[who], STREET, Behind(kind, **more), now=now, page=page)]


@pytest.fixture
def busy(world):
    """One of each kind, with the unit that leads it."""
    supervised, held, asked = at_work(world), at_work(world), at_work(world)
    a.supervise_case(supervised.pk, what="三天内换好。", limit="3wd", actor=world.leader, now=SOON)
    ask_hold(world, held)
    a.decide_hold(held.pk, granted=True, actor=world.leader, now=SOON)
    ask_hold(world, asked)
    return {Watch.SUPERVISED: supervised, Watch.HELD: held, Watch.ASKED: asked, Watch.RED: world.call().case}


def test_every_number_is_its_rows_by_unit(world, busy):
    counts = watching.watched(world.leader, STREET, now=LATE)
    assert set(counts) == {world.units["sanitation"].pk, None}
    for kind in Watch:
        assert sum(one[kind] for one in counts.values()) == len(rows(world, kind))
        for unit, found in counts.items():
            behind = rows(world, kind, unled=True) if unit is None else rows(world, kind, unit_id=unit)
            assert found[kind] == len(behind), (kind, unit)
    assert rows(world, Watch.SUPERVISED) == [busy[Watch.SUPERVISED].pk]
    assert rows(world, Watch.HELD) == [busy[Watch.HELD].pk]
    assert busy[Watch.ASKED].pk in rows(world, Watch.ASKED)
    assert busy[Watch.RED].pk in rows(world, Watch.RED, unled=True)


def test_what_was_promised_comes_with_its_day(world, busy):
    found = {one.case.pk: one for one in watching.promises(world.leader, STREET)}
    assert set(found) == {busy[Watch.SUPERVISED].pk, busy[Watch.HELD].pk}
    assert found[busy[Watch.SUPERVISED].pk].at is not None
    assert found[busy[Watch.HELD].pk].day == busy[Watch.HELD].__class__.objects.get(pk=busy[Watch.HELD].pk).held_until


@pytest.mark.parametrize(("who", "code"), [("leader", NEXT_DOOR), ("next_dispatcher", STREET), ("clerk", STREET),
                                           ("handler", STREET), ("leader", "999999")])  # fmt: skip
def test_elsewhere_there_is_no_board(world, busy, who, code):
    for ask in (
        lambda: watching.watched(world.people[who], code, now=LATE),
        lambda: watching.promises(world.people[who], code),
        lambda: watching.rows_behind(world.people[who], code, Behind(Watch.RED), now=LATE, page=Page(limit=5)),
    ):
        with pytest.raises(NotFound):
            ask()
    with pytest.raises(NotFound):
        watching.watched(resident(), STREET, now=LATE)


def test_restricted_cases_are_on_nobodys_board(world):
    world.call(about_staff=True)
    assert dict(watching.watched(world.leader, STREET, now=LATE)) == {}


def test_it_is_read_in_a_few_statements(world, busy):
    with CaptureQueriesContext(connection) as asked:
        watching.watched(world.leader, STREET, now=LATE)
        watching.promises(world.leader, STREET)
    assert len(asked) <= 3


def test_the_page_shows_numbers_that_open_and_dates(world, busy, sign_in, at):
    client = sign_in("leader")
    at(LATE)
    client = sign_in("leader")
    page = client.get(BOARD).content.decode()
    assert "街道环卫站" in page
    assert f"?area={STREET}&amp;kind=supervised&amp;unit={world.units['sanitation'].pk}" in page
    shown = client.get(f"{BOARD}?area={STREET}&kind=supervised").content.decode()
    assert busy[Watch.SUPERVISED].title in shown
    for query, status in (("kind=else", 404), ("kind=red&unit=x", 404), (f"area={NEXT_DOOR}", 404)):
        assert client.get(f"{BOARD}?{query}").status_code == status
    assert sign_in("clerk").get(BOARD).status_code == 403
