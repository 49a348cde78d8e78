"""A street with an auditor, its outbox in a folder of the test, and the jobs of the queue done by hand."""

import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from huying.kernel.actor import system
from huying.kernel.jobs import deliver
from huying.notices import actions
from huying.notices.models import Delivery
from huying.people import actions as people
from huying.people.queries import actor_for
from huying.people.rules import Post
from tests.world import NOW, STREET, build_world


@pytest.fixture
def house(db, settings, tmp_path):
    """The settings of a house that writes its messages into files."""
    settings.DATA = tmp_path
    settings.MASTER_KEY_FILE = tmp_path / "master.key"
    settings.NOTICES = {"sms": "file", "wecom": "file", "email": "file"}
    settings.SMS_SIGNATURE = "示范街道"
    return tmp_path


@pytest.fixture
def world(house):
    world = build_world()
    account = people.create_account(
        username="demo-auditor", name="顾审计", area_code=STREET, password="green-kite-lantern-7",
        must_change_password=False, actor=system(), now=NOW,
    )  # fmt: skip
    unit = world.units["centre"]
    people.appoint(account_id=account.pk, organisation_id=unit.pk, post=Post.LIAISON, actor=system(), now=NOW)
    people.grant_role(account_id=account.pk, role_code="auditor", area_code=STREET, actor=system(), now=NOW)
    world.accounts["auditor"] = account
    world.people["auditor"] = actor_for(account, NOW)
    return world


def spread(most=20):
    """Deliver all news that waits, and what follows from it; what was delivered."""
    delivered = []
    for _round in range(most):
        jobs = list(ProcrastinateJob.objects.filter(task_name="kernel.deliver", status="todo").order_by("id"))
        if not jobs:
            return delivered
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM procrastinate_jobs WHERE id = ANY(%s)", [[job.pk for job in jobs]])
        for job in jobs:
            delivered.append(job.args)
            deliver.func(**job.args)
    raise AssertionError("news goes in circles")


def told(world, key):
    """The kinds that a person was told, the oldest first."""
    from huying.notices.models import Notice

    return list(
        Notice.objects.filter(account=world.accounts[key], hidden_at=None).order_by("made_at", "pk")
        .values_list("kind", flat=True)
    )  # fmt: skip


def letters(house):
    """What went out: channel and text."""
    return sorted(
        (path.parent.name, path.read_text(encoding="utf-8")) for path in (house / "outbox").rglob("*.txt")
    )  # fmt: skip


def states():
    return list(Delivery.objects.exclude(channel="in_app").order_by("pk").values_list("channel", "state", "why"))


def reached(actor, channel, value, now=NOW):
    """A confirmed address, by the code that was sent to it."""
    actions.keep_address(channel=channel, value=value, actor=actor, now=now)
    from huying.notices.models import Address

    Address.objects.filter(account_id=actor.id, channel=channel).update(confirmed_at=now, code_hash="")
    Delivery.objects.all().delete()
