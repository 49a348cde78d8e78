"""Cases played through live acts and through the bulk builder leave the same rows."""

import io
from datetime import timedelta
from random import Random
from uuid import UUID

import pytest
from django.db import transaction
from django.db.models import Model
from PIL import Image

from huying.approvals.models import Approval
from huying.audit.models import History
from huying.cases import models as m
from huying.cases.actions import NewReport
from huying.cases.actions.building import Builder
from huying.cases.models import Case
from huying.cases.rules import Channel, ReplyBy, State
from huying.cli.play.cast import Cast
from huying.cli.play.hands import BulkHand, LiveHand, play
from huying.cli.play.story import Story, Words, draw_plan
from huying.clocks.models import Clock, Stretch
from huying.files.imaging import prepare_image
from huying.files.models import Attachment
from huying.kernel.actor import resident
from huying.people.actions import keep_contact
from huying.people.models import Recusal
from tests.world import GRID, NOW, OTHER_GRID, STREET, build_world, middle

CASES = 50
MODELS = [
    m.Case,
    m.Report,
    m.WorkOrder,
    m.Answer,
    m.ContactAttempt,
    m.Feedback,
    m.SiteVisit,
    m.Addition,
    Clock,
    Stretch,
    Approval,
    History,
    Recusal,
    Attachment,
]


def drawn(colour):
    held = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(held, "JPEG")
    return prepare_image(held.getvalue())


class WithPictures(Words):
    def __init__(self):
        self.both = (drawn("brown"),), (drawn("green"),)

    def pictures(self, docket):
        return self.both


def played(make_hand, contact_id, seed=7):
    """Play the same fifty stories; returns the states reached."""
    rng = Random(seed)
    cast = Cast.of(STREET, now=NOW, rng=rng)
    hand, words = make_hand(), WithPictures()
    reached = []
    for number in range(CASES):
        plan = draw_plan(rng, type_codes=["0101", "0103", "0201", "0901"], grids=[GRID, OTHER_GRID])
        placed = number % 3
        lng, lat = middle(GRID)
        new = NewReport(
            words=f"第 {number} 件，榕树路口的路灯不亮，请看看。",
            area_code=STREET,
            channel=Channel.PORTAL,
            lng=lng if placed else None,
            lat=lat if placed else None,
            about_staff=number % 17 == 0,
            contact_id=contact_id if number % 4 else None,
            reply_by=ReplyBy.PHONE if number % 4 else ReplyBy.PAGE,
        )
        start = NOW + timedelta(minutes=number)
        docket = hand.receive(new, actor=resident(), now=start)
        docket, _at = play(hand, docket, Story(cast, plan, words), cast, now=start, until=NOW + timedelta(days=60))
        reached.append(docket.case.state)
    if isinstance(hand, BulkHand):
        hand.builder.write()
    return reached


def rows():
    """Every row of every table, with keys replaced by the order in which their case came, so that two runs compare."""
    names: dict[UUID, str] = {}
    for place, case in enumerate(Case.objects.order_by("received_at")):
        names[case.pk] = f"case-{place}"
        for kind, model in (("report", m.Report), ("order", m.WorkOrder)):
            own = model.objects.filter(first_case_id=case.pk) if kind == "report" else model.objects.filter(case=case)
            for number, one in enumerate(
                own.order_by(
                    "received_at" if kind == "report" else "offered_at", "unit_id" if kind == "order" else "id"
                )
            ):
                names[one.pk] = f"case-{place}-{kind}-{number}"
    clocks = Clock.objects.order_by("started_at", "step", "object_kind")
    found = {}
    for model in MODELS:
        lines = []
        for row in model.objects.all():
            if model is History and row.kind not in ("case", "order", "approval", "file"):
                continue
            lines.append(_plain(row, names))
        found[model.__name__] = sorted(lines)
    assert clocks
    return found


def _plain(row: Model, names) -> str:
    skipped = {"id", "code_hash", "search", "number", "key", "body_hash", "clock", "order", "version"}
    parts = []
    for field in row._meta.concrete_fields:
        if field.name in skipped:
            continue
        value = getattr(row, field.attname)
        if isinstance(row, History) and row.kind in ("approval", "file") and field.name == "object_id":
            continue
        if isinstance(value, UUID):
            value = names.get(value, str(value))
        if field.name == "facts":
            value = {key: names.get(_uuid(one), one) for key, one in value.items()}
        parts.append(f"{field.name}={value}")
    if isinstance(row, Stretch):
        parts.append(_plain(row.clock, names))
    return " ".join(parts)


def _uuid(value):
    try:
        return UUID(str(value))
    except ValueError:
        return None


@pytest.mark.slow
@pytest.mark.django_db
def test_fifty_cases_played_live_and_built_in_bulk_leave_the_same_rows():
    build_world()
    contact = keep_contact(
        name="居民甲", phone="13900000000", address="", consent_text_version=1, actor=resident(), now=NOW
    )

    with transaction.atomic():
        point = transaction.savepoint()
        live = played(LiveHand, contact.pk)
        first = rows()
        numbers = sorted(Case.objects.values_list("number", flat=True))
        transaction.savepoint_rollback(point)
    built = played(lambda: BulkHand(Builder(seed=3)), contact.pk)
    second = rows()

    assert live == built
    assert len(set(live)) >= 5, live
    assert State.CLOSED in live
    for name in first:
        gone, extra = sorted(set(first[name]) - set(second[name])), sorted(set(second[name]) - set(first[name]))
        assert (gone, extra) == ([], []), (name, gone[:3], extra[:3])
        assert first[name] == second[name], name
        assert first[name] or name in ("Addition", "Recusal"), name
    assert numbers == sorted(Case.objects.values_list("number", flat=True))
