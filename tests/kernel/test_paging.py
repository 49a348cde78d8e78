"""Pages by key: every row once, in order, whatever the branches; made-up cursors are refused, never a fault."""

import base64
import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from huying.audit.models import History
from huying.kernel.paging import MOST, Page
from huying.kernel.refusals import Invalid, Refusal

pytestmark = pytest.mark.django_db
START = datetime(2026, 1, 1, tzinfo=UTC)
ORDERS = [("at", "id"), ("-at", "-id"), ("verb", "-at", "id"), ("-object_id", "id"), ("-pk",)]


def rows(plan):
    return History.objects.bulk_create(
        History(
            at=START + timedelta(minutes=minute),
            kind="case",
            object_id=UUID(int=minute),
            verb=verb,
            actor_kind="system",
            area_code="99",
        )
        for minute, verb in plan
    )


def cursor(*values):
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def walk(branches, order, limit):
    """All pages, one after the other."""
    seen, after = [], ""
    for _page in range(200):
        page = Page(limit=limit, after=after)
        seen.append([row.pk for row in page.of(branches(), order=order)])
        after = page.next
        if not after:
            return seen
    raise AssertionError("the pages never end")


@hypothesis_settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    plan=st.lists(st.tuples(st.integers(0, 4), st.sampled_from("abc")), max_size=25),
    order=st.sampled_from(ORDERS),
    limit=st.integers(1, 7),
)
def test_every_row_comes_once_and_in_order(plan, order, limit):
    made = [row.pk for row in rows(plan)]

    def branches():  # they overlap on purpose
        mine = History.objects.filter(pk__in=made)
        return [mine.filter(verb__in=["a", "b"]), mine.filter(verb__in=["b", "c"]), mine.filter(object_id=UUID(int=1))]

    pages = walk(branches, order, limit)
    assert [pk for page in pages for pk in page] == list(
        History.objects.filter(pk__in=made).order_by(*order).values_list("pk", flat=True)
    )
    assert all(len(page) <= limit for page in pages)
    assert all(len(page) == limit for page in pages[:-1])


def test_rows_that_come_meanwhile_neither_double_nor_hide_others():
    made = [row.pk for row in rows([(minute, "a") for minute in range(6)])]
    first = Page(limit=3)
    seen = [row.pk for row in first.of([History.objects.all()], order=("-at", "-id"))]
    rows([(100, "a")])
    second = Page(limit=3, after=first.next)
    seen += [row.pk for row in second.of([History.objects.all()], order=("-at", "-id"))]
    assert seen == made[::-1]


@pytest.mark.parametrize("limit", [0, -1, MOST + 1, 2**63])
def test_a_page_is_bounded(limit):
    with pytest.raises(Invalid):
        Page(limit=limit)


TIME, NUMBER = ("t", "2026-01-01T00:00:00+00:00"), ("v", 5)


@pytest.mark.parametrize(
    "after",
    [
        "nonsense",
        "路灯",
        "====",
        "\x00",
        "\ud800",
        "a" * 100_000,
        base64.urlsafe_b64encode(b"[" * 1400).decode(),
        cursor(),
        cursor(TIME),
        cursor(TIME, NUMBER, NUMBER),
        cursor(NUMBER, TIME),
        cursor(("v", "words"), NUMBER),
        cursor(TIME, ("v", "words")),
        cursor(TIME, ("u", str(UUID(int=1)))),
        cursor(TIME, ("u", 5)),
        cursor(TIME, ("u", "x")),
        cursor(("t", 5), NUMBER),
        cursor(("t", "2026-01-01T00:00:00"), NUMBER),
        cursor(("t", "0001-01-01T00:00:00+14:00"), NUMBER),
        cursor(TIME, ("v", True)),
        cursor(TIME, ("v", 2**63)),
        cursor(TIME, ("v", 1.5)),
        cursor(TIME, ("v", None)),
        cursor(TIME, ("x", 1)),
        cursor(TIME, "v5"),
        cursor(TIME, 5),
        cursor(TIME, ["v"]),
        cursor(("v", "a\x00b"), NUMBER),
        cursor(("v", "\ud800"), NUMBER),
    ],
)
def test_a_made_up_cursor_is_refused(after):
    with pytest.raises(Invalid):
        Page(after=after).of([History.objects.all()], order=("at", "id"))


@hypothesis_settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    ),
    order=st.sampled_from(ORDERS),
)
def test_any_cursor_is_a_page_or_a_refusal(values, order):
    after = base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")
    try:
        Page(after=after).of([History.objects.all()], order=order)
    except Refusal:
        return
