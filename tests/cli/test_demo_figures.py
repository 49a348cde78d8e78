"""The figures of the accounts stand in the demo world, asked one by one; and its street without any call."""

from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from huying.cli.play import figures
from huying.cli.play.world import geography, organisations, posts, premises
from huying.kernel.actor import system
from huying.matters import actions as matters
from huying.people import actions as people

NOW = datetime(2026, 10, 20, 1, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def street(django_db_setup, django_db_blocker):
    """The demo street with its people and premises; calls are another test's matter."""
    from django.db import transaction

    with django_db_blocker.unblock(), transaction.atomic():
        actor = system("demo")
        ground = geography.draw(Random(1))
        people.load_shipped_roles(actor=actor, now=NOW)
        matters.load_default(area_code=geography.STREET, actor=actor, now=NOW, valid_from=NOW.date())
        geography.settle(ground, Random(1), actor=actor, now=NOW)
        organisations.furnish(ground, actor=actor, now=NOW)
        posts.furnish(ground, actor=actor, now=NOW)
        premises.furnish(ground, seed=1, actor=actor, now=NOW)
        posts.furnish_full(ground, actor=actor, now=NOW)
        yield {one.says: (one.ask(), one.holds()) for one in figures.ALL}
        transaction.set_rollback(True)


@pytest.mark.parametrize("figure", figures.ALL, ids=lambda one: one.says)
def test_the_number_of_the_account_stands_in_the_world(street, figure):
    found, holds = street[figure.says]
    assert holds, (figure.number, found)


def test_the_reference_is_written_from_the_table():
    page = Path(__file__).parents[2] / "docs" / "reference" / "demo-figures.md"
    assert page.read_text(encoding="utf-8") == figures.written()
