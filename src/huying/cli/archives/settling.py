"""Putting an archive into the database: its ground first, then its cases, then some of them once more, by the moves."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from huying.cases.actions.archives import Archive, PastCase, known
from huying.cases.models import Case, ImportRun
from huying.cli.archives import boston
from huying.cli.archives.boston import Line, Survey
from huying.kernel.actor import Actor, importer, system
from huying.kernel.refusals import Invalid, Refusal
from huying.kernel.terms import _
from huying.matters import actions as matters
from huying.matters.rules import CallBackPolicy, CheckPolicy, DutyKind, FlowKind, Grade, LowestTier
from huying.matters.rules.book import Book, ClassRow, DutyRow, TypeRow
from huying.people import actions as people
from huying.people.models import Account, Organisation, Responsibility
from huying.people.rules import Post, UnitKind
from huying.places import actions as places
from huying.places import queries as areas

BATCH = 2000
REPLAYED = "boston-311-replay"
REPLAY_DAYS = timedelta(days=400)
CONDITION = "按原系统（档案未写明）"


@dataclass
class Settled:
    """What an import of an archive did."""

    read: int = 0
    created: int = 0
    repeated: int = 0
    rejected: int = 0
    flagged: int = 0
    closed: int = 0
    still_open: int = 0
    replayed: int = 0


def settle_ground(found: Survey, *, actor: Actor, now: datetime) -> dict[str, UUID]:
    """Areas, the catalogue version that is over, and the departments; says which unit each department is."""
    if (table := _areas(found)) is not None:
        places.import_areas(data=table, actor=actor, now=now, apply=True)
    matters.keep_archive(
        number=boston.VERSION,
        area_code=boston.DISTRICT,
        book=book_of(found),
        reason=str(_("导入的档案自带的分类")),
        valid_from=found.first or now.date(),
        valid_to=found.last or now.date(),
        actor=actor,
        now=now,
    )
    there = dict(Organisation.objects.filter(area_code=boston.DISTRICT).values_list("name", "pk"))
    for name in sorted(found.departments):
        if name not in there:
            there[name] = people.create_organisation(
                kind=UnitKind.DISTRICT_DEPARTMENT, name=name, area_code=boston.DISTRICT, actor=actor, now=now
            ).pk
    return there


def _areas(found: Survey) -> bytes | None:
    """The table of the areas that are not there yet."""
    held = io.StringIO()
    writer = csv.writer(held)
    writer.writerow(["code", "name", "valid_from"])
    since = (found.first or date(2000, 1, 1)).isoformat()
    rows = dict(boston.ABOVE)
    rows |= {code: name or boston.NOWHERE for name, code in found.streets.items()}
    rows |= {code: f"{name or 'Boston'} Ward {ward}" for (name, ward), code in found.communities.items()}
    lacking = [(code, name) for code, name in sorted(rows.items()) if areas.area(code) is None]
    if not lacking:
        return None
    writer.writerows([code, name, since] for code, name in lacking)
    return held.getvalue().encode()


def book_of(found: Survey) -> Book:
    """The archive's types as a catalogue; what the archive does not say of them is said to be unknown."""
    codes = boston.type_codes(found)
    reasons = {code[:2]: reason for code, reason in codes.values()}
    taken: set[str] = set()
    return Book(
        classes=tuple(ClassRow(code, name[:30]) for code, name in sorted(reasons.items())),
        duties=(DutyRow(str(DutyKind.BASIC), 1, str(_("外域档案，不对应本地履职清单"))),),
        types=tuple(
            TypeRow(
                code=code,
                name=boston.short(name, taken),
                lowest_tier=str(LowestTier.STREET),
                grade=str(Grade.ORDINARY),
                flow=str(FlowKind.APPEAL),
                check_policy=str(CheckPolicy.NEVER),
                call_back_policy=str(CallBackPolicy.NOBODY),
                duty_kind=str(DutyKind.BASIC),
                duty_number=1,
                filing_condition=CONDITION,
                closing_condition=CONDITION,
                proof=CONDITION,
                scored=False,
                public=False,
            )
            for name, (code, _reason) in sorted(codes.items(), key=lambda pair: pair[1])
        ),
    )


def past_cases(
    path: Path, found: Survey, units: dict[str, UUID], refuse: Callable[[Line, Refusal], None]
) -> Iterator[PastCase]:
    """The rows as past cases; a row that cannot be one goes to `refuse`."""
    codes = boston.type_codes(found)
    for line in boston.lines(path):
        try:
            yield _past(line, found, units, codes)
        except Refusal as why:
            refuse(line, why)


def _past(line: Line, found: Survey, units: dict[str, UUID], codes: dict[str, tuple[str, str]]) -> PastCase:
    number = line["case_enquiry_id"]
    if not number or len(number) > 80:
        raise Invalid({"case_enquiry_id": [_("没有编号。请补上这一行的编号。")]})
    received, closed = line.time("open_dt"), line.time("closed_dt")
    if received is None:
        raise Invalid({"open_dt": [_("没有受理时间。")]})
    if closed is not None and closed < received:
        raise Invalid({"closed_dt": [_("办结时间早于受理时间。")]})
    if line["type"] not in codes:
        raise Invalid({"type": [_("没有写明类别。")]})
    point = line.point
    street = found.streets[line.neighbourhood]
    place = " ".join(part for part in (line["location_street_name"], line["location_zipcode"]) if part)
    return PastCase(
        external_id=number,
        words=f"{line['type']}\n{line['reason']}",
        street=street,
        community=found.communities.get((line.neighbourhood, line.ward), ""),
        place_words=place[:200],
        lng=point[0] if point else None,
        lat=point[1] if point else None,
        outside=point is not None and found.outside(line.neighbourhood, *point),
        type_code=codes[line["type"]][0],
        unit_id=units.get(line["department"]),
        received_at=received,
        due_at=line.time("target_dt"),
        closed_at=closed,
    )


def import_archive(
    path: Path,
    *,
    rejects: Path,
    now: datetime,
    most: int | None = None,
    replay: int = 0,
    told: Callable[[int], None] = lambda count: None,
) -> Settled:
    """Import a whole archive; what is there already is left as it is. Raises Invalid for a file that is none."""
    found = boston.survey(path)
    units = settle_ground(found, actor=system("import-archive"), now=now)
    done = Settled()
    run = ImportRun.objects.create(source=boston.SOURCE, file_hash=_hash(path), began_at=now)
    archive = Archive(source=boston.SOURCE, version=boston.VERSION, actor=importer(boston.SOURCE))
    again: list[PastCase] = []
    stride = max((most or found.rows) // max(replay, 1), 1)
    with rejects.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["row", "external_id", "code", "reason"])

        def refuse(line: Line, why: Refusal) -> None:
            done.rejected += 1
            done.read += 1
            writer.writerow([line.number, line["case_enquiry_id"], why.code, str(why)])

        waiting: list[PastCase] = []
        for past in past_cases(path, found, units, refuse):
            if most is not None and done.read >= most:
                break
            done.read += 1
            done.flagged += past.outside
            done.closed += past.closed_at is not None
            done.still_open += past.closed_at is None
            waiting.append(past)
            fit = past.community and past.closed_at is not None and past.unit_id is not None
            if fit and len(again) < replay and done.read >= len(again) * stride:
                again.append(past)
            if len(waiting) >= BATCH:
                _put(archive, waiting, done, writer)
                told(len(waiting))
                waiting = []
        if waiting:
            _put(archive, waiting, done, writer)
            told(len(waiting))
    run.rows_done, run.created, run.repeated, run.rejected = done.read, done.created, done.repeated, done.rejected
    run.ended_at = now
    run.save()
    if again:
        done.replayed = replayed(again, found, now=now)
    return done


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _put(archive: Archive, rows: list[PastCase], done: Settled, writer: Any) -> None:
    there = known(rows, archive.source)
    for one in there.other:
        done.rejected += 1
        writer.writerow(
            ["", one.external_id, "key-reused", str(_("同一个编号已经导入过，内容不一样。请核对是哪一条。"))]
        )
    done.repeated += len(there.same)
    done.created += archive.take_all(there.fresh)


# Once more, by the moves


def replayed(rows: list[PastCase], found: Survey, *, now: datetime) -> int:
    """Walk some of the requests through the table of moves, from receipt to the end, with a made-up staff.

    They are cases of their own, marked as drill: what the archive tells of the same requests stays as it is.
    """
    from huying.cli.play.cast import Cast
    from huying.cli.play.hands import BulkHand, play
    from huying.cli.play.story import Plan, Story

    staff(found, now=rows[0].received_at - timedelta(days=1))
    rng = Random(311)
    cast = Cast.of(boston.DISTRICT, now=now, rng=rng)
    archive = Archive(source=REPLAYED, version=boston.VERSION, actor=importer(REPLAYED))
    hand = BulkHand(archive)
    count = 0
    for past in known(rows, REPLAYED).fresh:
        docket = archive.begin(past, source=REPLAYED)
        docket.case.drill = True
        docket.case.grade = str(Grade.ORDINARY)
        plan = Plan(
            type_code=past.type_code,
            grade=str(Grade.ORDINARY),
            grid_code=past.community,
            one_form=rng.random() < 0.5,
            reworks=int(rng.random() < 0.1),
            assistants=0,
            pace=rng.uniform(0.1, 0.9),
        )
        play(hand, docket, Story(cast, plan), cast, now=past.received_at, until=past.received_at + REPLAY_DAYS)
        count += 1
    archive.write()
    return count


def staff(found: Survey, *, now: datetime) -> None:
    """A made-up staff for the replay, in the archive's departments: nobody can sign in as one of them."""
    actor = system("import-archive")
    people.load_shipped_roles(actor=actor, now=now)
    for number, role in enumerate(("dispatcher", "reviewer", "call_back_clerk", "grid_worker"), start=1):
        _person(number, role, None, actor=actor, now=now)
    units = dict(Organisation.objects.filter(area_code=boston.DISTRICT).values_list("name", "pk"))
    for number, name in enumerate(sorted(found.departments), start=11):
        _person(number, "handler", units[name], actor=actor, now=now)
    there = set(Responsibility.objects.filter(area_code=boston.DISTRICT).values_list("matter_code", flat=True))
    for kind, (code, _reason) in boston.type_codes(found).items():
        keeper = found.keeper(kind)
        if keeper and code not in there:
            people.assign_responsibility(
                unit_id=units[keeper], area_code=boston.DISTRICT, matter_code=code, actor=actor, now=now
            )


def _person(number: int, role: str, unit_id: UUID | None, *, actor: Actor, now: datetime) -> None:
    username = f"boston-replay-{number}"
    if Account.objects.filter(username=username).exists():
        return
    account = people.create_account(
        username=username, name=f"回放员{number}", area_code=boston.DISTRICT, actor=actor, now=now
    )
    if unit_id is not None:
        people.appoint(
            account_id=account.pk, organisation_id=unit_id, post=Post.HANDLER, since=now, actor=actor, now=now
        )
    people.grant_role(
        account_id=account.pk, role_code=role, area_code=boston.DISTRICT, unit_id=unit_id, actor=actor, now=now
    )


def cases_of(source: str) -> list[UUID]:
    """The cases that came from a source."""
    return list(Case.objects.filter(reports__source=source).values_list("pk", flat=True))
