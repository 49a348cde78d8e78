"""The lines of what huying must never become, each with its check: a test that runs, or that nothing of it exists.

Absence is looked for by names: of tables, columns, addresses, operations, duties and jobs. The day one of them is
built, its line turns red here until it brings its own test.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """One line: its number and gist, the classes of `tests/test_limits.py` that hold it, and what must not be."""

    number: int
    says: str
    tests: tuple[str, ...] = ()
    absent: str = ""


LINES = (
    Line(1, "nobody is followed", ("TestNoPersonIsFollowed",),
    r"face_|plate_|watch_?list|entry_?log|trajectory|key_?person"),
    Line(2, "earlier calls by matter and place only", ("TestNothingIsSoughtByCaller",),
    r"by_(caller|phone|reporter)|caller_(count|history|list)"),
    Line(3, "exclusion decides on a case", ("TestContactsAndHistory", "TestExclusion"),
    r"exclu(de|sion)_(person|caller|account)"),
    Line(4, "warnings use facts of our process", ("TestReasonsToTakeCare",),
    r"dissatisf|likely_(angry|bad)|mood|temper"),
    Line(5, "rated from the handler's device", (), r"rated_from|device_hash|fingerprint"),
    Line(6, "the journal holds needs and places", (), r"journal|diary"),
    Line(7, "a refused visit leaves no mark", (), r"refused_visit|not_at_home|home_visit|door_knock"),
    Line(8, "care lists need consent", (), r"care_list|hardship|elderly|disabled|lonely"),
    Line(9, "reporting-in passes on agreed hours only", (), r"reporting_in|absence_list|member_rank"),
    Line(10, "points never for reporting on neighbours", (),
    r"(^|_)points?_(ledger|earned|spent|account)|leader_?board"),
    Line(11, "safety volunteers report hazards", ("TestNoPersonIsFollowed",), r"volunteer|patrol_person"),
    Line(12, "hot issues show place and group", ("TestHotIssues",),
    r"caller_graph|hot_?issue\w*\.\w*(contact|phone|reporter|account|person)"),
    Line(13, "emergency household status", (), r"household_status|movement_permit|health_code|colou?r_of_person"),
    Line(14, "public map", ("TestWhatEverybodySees",)),
    Line(15, "a complaint never reaches whom it is about", ("TestComplaintsAboutStaff",)),
    Line(16, "ratings of workers are not public", ("TestWhatEverybodySees", "TestContactsAndHistory"),
    r"worker_rating|staff_score"),
    Line(17, "opinion maps keep no account with a vote", (), r"opinion|poll_vote"),
    Line(18, "owners' votes publish totals", (), r"ballot|owner_?vote"),
    Line(19, "presence is live only", ("TestNoPersonIsFollowed",), r"presence|online_at|roster_seen"),
    Line(20, "speech notes need consent", (), r"speech_note|minutes_audio|meeting_record"),
    Line(21, "shop stars", (), r"shop_star|stars_of"),
    Line(22, "tax data are not imported", (), r"(^|[_.])tax(es|_|$)|member_roll"),
    Line(23, "no profile of a caller", ("TestNothingIsSoughtByCaller",),
    r"caller_profile|profile_of|caller_tag|portrait"),
)  # fmt: skip


def names() -> Iterator[str]:
    """Everything that has a name in the system."""
    from django.apps import apps
    from procrastinate.contrib.django import app

    from huying.config.api import operations
    from huying.people.rules import Duty
    from prove.web.items import patterns

    for model in apps.get_models(include_auto_created=True):
        if model.__module__.startswith("huying."):
            yield model.__name__
            yield from (f"{model.__name__}.{field.name}" for field in model._meta.get_fields())
    for name, path, _view in patterns():
        yield name
        yield path
    yield from (one.operation_id for one in operations())
    yield from (duty.value for duty in Duty)
    yield from app.tasks


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def built(line: Line) -> list[str]:
    """Names that look like what the line forbids or what is not there yet."""
    return sorted({one for one in names() if re.search(line.absent, snake(one))}) if line.absent else []
