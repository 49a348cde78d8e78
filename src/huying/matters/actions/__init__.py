"""Writes of the catalogue: a version is drafted by one person and approved by another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.utils import timezone

from huying.audit.actions import append
from huying.kernel.actor import Actor, ActorKind
from huying.kernel.refusals import Conflict, Invalid, NotAllowed, NotFound
from huying.kernel.terms import _
from huying.kernel.text import LINE_LIMIT, clean
from huying.matters import events, queries
from huying.matters.models import CatalogueVersion, DutyEntry, MatterClass, MatterType, StepLimit
from huying.matters.rules import VersionState, VersionVerb
from huying.matters.rules.book import (
    TYPE_COLUMNS,
    Book,
    Change,
    LimitLine,
    Problem,
    TypeRow,
    changed_type,
    differences,
    problems_of,
)
from huying.matters.rules.versions import FLOW, VersionFacts
from huying.people.rules import Duty


@transaction.atomic
def load_default(
    *,
    area_code: str,
    actor: Actor,
    now: datetime,
    valid_from: date | None = None,
    version_id: UUID | None = None,
) -> CatalogueVersion:
    """Bring the shipped catalogue into force where there is none yet; else the version in force is returned.

    For the system alone: it is the ground that the first draft of a street is made from.
    """
    if actor.kind != ActorKind.SYSTEM:
        raise NotAllowed
    present = CatalogueVersion.objects.filter(state=VersionState.IN_FORCE).first()
    if present is not None:
        return present
    from huying.matters.sheets import default_book  # reads files: only when it is needed

    version = CatalogueVersion.objects.create(
        pk=version_id or uuid4(), number=_next_number(valid_from or timezone.localdate(now)), area_code=area_code,
        made_at=now, reason=str(_("随系统提供的默认清单")),
    )  # fmt: skip
    _write_book(version, default_book())
    _record(version, VersionVerb.MAKE, None, actor=actor, now=now)
    version.state = VersionState.APPROVED
    version.valid_from = valid_from or timezone.localdate(now)
    version.approved_at = now
    version.save()
    _bring_into_force(version, actor=actor, now=now)
    return version


@transaction.atomic
def keep_archive(
    *,
    number: str,
    area_code: str,
    book: Book,
    reason: str,
    valid_from: date,
    valid_to: date,
    actor: Actor,
    now: datetime,
) -> CatalogueVersion:
    """Keep the types of an archive from elsewhere as a version that is over: its cases are read by it, nothing else.

    It never comes into force, and is for the system alone. A number that is there already is returned as it is.
    """
    if actor.kind != ActorKind.SYSTEM:
        raise NotAllowed
    present = CatalogueVersion.objects.filter(number=number).first()
    if present is not None:
        return present
    version = CatalogueVersion.objects.create(
        number=number, area_code=area_code, made_at=now, reason=reason, valid_from=valid_from, valid_to=valid_to
    )
    _write_book(version, book)
    _record(version, VersionVerb.MAKE, None, actor=actor, now=now)
    return _set(version, VersionVerb.RETIRE, VersionState.RETIRED, actor=actor, now=now)


@transaction.atomic
def make_draft(*, actor: Actor, now: datetime, reason: str = "", area_code: str = "") -> CatalogueVersion:
    """Start the next version as a copy of the one in force; `area_code` says whose it is where there is none.

    Raises NotAllowed without the duty over the catalogue's area, Conflict while another version is being made.
    """
    present = CatalogueVersion.objects.filter(state=VersionState.IN_FORCE).first()
    area = present.area_code if present else area_code
    if not area:
        raise Invalid({"area_code": [_("还没有清单。请选这份清单管哪个地方。")]})
    if not actor.may(Duty.ADMIN_MATTERS, area):
        raise NotAllowed(duty=str(Duty.ADMIN_MATTERS))
    words = clean(reason, limit=LINE_LIMIT, line=True, field="reason")
    try:
        with transaction.atomic():
            version = CatalogueVersion.objects.create(
                number=_next_number(timezone.localdate(now)), area_code=area,
                based_on=present.number if present else "", reason=words, made_by=actor.id, made_at=now,
                editors=[actor.id] if actor.id else [],
            )  # fmt: skip
    except IntegrityError as why:
        raise Conflict(_("已经有一版在起草、送审或等着执行。请先把那一版办完。")) from why
    if present is not None:
        _write_book(version, queries.read_version(present).book)
    _record(version, VersionVerb.MAKE, None, actor=actor, now=now)
    return version


@transaction.atomic
def change_type(
    *,
    version_id: UUID,
    code: str,
    changes: Mapping[str, Any],
    actor: Actor,
    now: datetime,
    limits: list[tuple[str, str, str]] | None = None,
    revision: int | None = None,
) -> MatterType:
    """Change columns of one type of a draft (names as in `rules.book.TYPE_COLUMNS`), and its limits where given.

    `limits` are all limits of the type: triples of step, grade ("" for every grade) and limit.
    Nothing different, no history. Raises NotFound, NotAllowed, IllegalMove (not a draft), Conflict (somebody
    changed the draft since `revision`), Invalid naming the columns.
    """
    version, _target = _moved(version_id, VersionVerb.CHANGE, actor=actor, revision=revision)
    found = MatterType.objects.select_related("duty_entry").filter(version=version, code=code).first()
    if found is None:
        raise NotFound("matter-type")
    old = queries.type_row(found)
    new = changed_type(old, changes)
    names = [column.name for column in TYPE_COLUMNS if getattr(old, column.name) != getattr(new, column.name)]
    if names:
        _put_type(version, new, found)
    if limits is not None and _put_limits(version, code, limits):
        names.append("limits")
    if names:
        _edited(version, VersionVerb.CHANGE, actor=actor, now=now, facts={"code": code, "fields": names})
    return found


@transaction.atomic
def add_type(*, version_id: UUID, row: TypeRow, actor: Actor, now: datetime, revision: int | None = None) -> MatterType:
    """Add a type to a draft. Raises as `change_type`."""
    version, _target = _moved(version_id, VersionVerb.CHANGE, actor=actor, revision=revision)
    book = queries.read_version(version).book
    read = changed_type(
        row, {one.name: one.write(getattr(row, one.name)) for one in TYPE_COLUMNS if one.name != "code"}
    )
    found = problems_of(Book(book.classes, book.duties, (*book.types, read), book.limits))
    if found:
        raise Invalid({"": [one.sentence for one in found]})
    made = _put_type(version, read, MatterType(version=version, code=read.code))
    _edited(version, VersionVerb.CHANGE, actor=actor, now=now, facts={"code": read.code, "fields": ["code"]})
    return made


@transaction.atomic
def change_limits(
    *, version_id: UUID, code: str, limits: list[tuple[str, str, str]], actor: Actor, now: datetime,
    revision: int | None = None,
) -> None:  # fmt: skip
    """Replace the limits of one type of a draft ("" for every type): triples of step, grade ("" for all), limit.

    Raises as `change_type`.
    """
    version, _target = _moved(version_id, VersionVerb.CHANGE, actor=actor, revision=revision)
    if code and not MatterType.objects.filter(version=version, code=code).exists():
        raise NotFound("matter-type")
    if _put_limits(version, code, limits):
        _edited(version, VersionVerb.CHANGE, actor=actor, now=now, facts={"code": code, "fields": ["limits"]})


def _put_limits(version: CatalogueVersion, code: str, limits: list[tuple[str, str, str]]) -> bool:
    """Replace the limits of one type and number all rows anew; says whether anything differs."""
    book = queries.read_version(version).book
    mine = [LimitLine(code, *one) for one in limits]
    if [one for one in book.limits if one.type_code == code] == mine:
        return False
    others = [one for one in book.limits if one.type_code != code]
    lines = tuple(sorted((*others, *mine), key=lambda one: one.type_code))
    found = [one for one in problems_of(Book(book.classes, book.duties, book.types, lines)) if one.sheet == "limits"]
    if found:
        raise Invalid({"limits": [one.sentence for one in found]})
    StepLimit.objects.filter(version=version).delete()
    _write_limits(version, lines)
    return True


@dataclass(frozen=True)
class Imported:
    """What an import would do, or did: problems by row, and the changes against the draft."""

    problems: list[Problem]
    changes: list[Change]
    rows: dict[str, int]
    written: bool


@transaction.atomic
def import_sheets(
    *, version_id: UUID, data: bytes, dry_run: bool, actor: Actor, now: datetime, revision: int | None = None
) -> Imported:
    """Replace a draft's rows by those of a sheet; a dry run, or one with problems, changes nothing.

    Raises NotFound, NotAllowed, IllegalMove, Conflict as `change_type`; TooLarge or Invalid for a file
    that is not a readable sheet.
    """
    from huying.matters.sheets import read_book

    version, _target = _moved(version_id, VersionVerb.IMPORT, actor=actor, revision=revision)
    read = read_book(data)
    problems = [*read.problems, *([] if read.problems else problems_of(read.book, read.numbers))]
    changes = [] if problems else differences(queries.read_version(version).book, read.book)
    rows = {
        "classes": len(read.book.classes), "duties": len(read.book.duties), "types": len(read.book.types),
        "limits": len(read.book.limits),
    }  # fmt: skip
    write = not dry_run and not problems and bool(changes)
    if write:
        _replace_book(version, read.book)
        counts = {kind: sum(one.kind == kind for one in changes) for kind in ("new", "changed", "gone")}
        _edited(version, VersionVerb.IMPORT, actor=actor, now=now, facts=counts)
    return Imported(problems, changes, rows, write)


@transaction.atomic
def submit_version(*, version_id: UUID, actor: Actor, now: datetime, revision: int | None = None) -> CatalogueVersion:
    """Hand a draft over for approval. Raises NotFound, NotAllowed, IllegalMove (unchanged, or with problems)."""
    version, target = _moved(version_id, VersionVerb.SUBMIT, actor=actor, revision=revision)
    return _set(version, VersionVerb.SUBMIT, target, actor=actor, now=now)


@transaction.atomic
def send_back_version(*, version_id: UUID, words: str, actor: Actor, now: datetime) -> CatalogueVersion:
    """Give a submitted version back to its maker with words."""
    said = clean(words, limit=LINE_LIMIT, line=True, field="words")
    version, target = _moved(version_id, VersionVerb.SEND_BACK, actor=actor)
    if not said:
        raise Invalid({"words": [_("请写明要改什么。")]})
    version.sent_back_words = said
    return _set(version, VersionVerb.SEND_BACK, target, actor=actor, now=now)


@transaction.atomic
def approve_version(
    *, version_id: UUID, valid_from: date, actor: Actor, now: datetime, revision: int | None = None
) -> CatalogueVersion:
    """Approve a submitted version from a day on; a day that has come brings it into force at once.

    Raises NotFound, NotAllowed, IllegalMove (not submitted, or the actor made or changed it), Conflict
    (changed since `revision`), Invalid (a day before the version in force began).
    """
    version, target = _moved(version_id, VersionVerb.APPROVE, actor=actor, revision=revision)
    present = CatalogueVersion.objects.filter(state=VersionState.IN_FORCE).first()
    if present is not None and present.valid_from is not None and valid_from < present.valid_from:
        raise Invalid({"valid_from": [_("执行日期不能早于现行这一版的日期。")]})
    version.valid_from = valid_from
    version.approved_by = actor.id
    version.approved_at = now
    _set(version, VersionVerb.APPROVE, target, actor=actor, now=now)
    if valid_from <= timezone.localdate(now):
        _bring_into_force(version, actor=actor, now=now)
    return version


@transaction.atomic
def drop_version(*, version_id: UUID, actor: Actor, now: datetime) -> CatalogueVersion:
    """Give up a version in the making; its rows stay."""
    version, target = _moved(version_id, VersionVerb.DROP, actor=actor)
    return _set(version, VersionVerb.DROP, target, actor=actor, now=now)


@transaction.atomic
def bring_due_into_force(*, actor: Actor, now: datetime) -> list[str]:
    """Bring approved versions whose day has come into force; says their numbers. For the daily sweep."""
    if actor.kind not in (ActorKind.SYSTEM, ActorKind.RULE):
        raise NotAllowed
    numbers = []
    for pk in queries.due_versions(timezone.localdate(now)):
        version = CatalogueVersion.objects.select_for_update().get(pk=pk)
        if version.state == VersionState.APPROVED:
            _bring_into_force(version, actor=actor, now=now)
            numbers.append(version.number)
    return numbers


def _moved(
    version_id: UUID, verb: VersionVerb, *, actor: Actor, revision: int | None = None
) -> tuple[CatalogueVersion, VersionState]:
    """Lock a version that the actor may see, check duty, then flow; says where the verb leads."""
    seen = queries.seen_by(actor).filter(pk=version_id).values("pk")
    version = CatalogueVersion.objects.select_for_update().filter(pk__in=seen).first()
    if version is None:
        raise NotFound("catalogue")
    duty = FLOW.duty(verb)
    if not actor.may(duty, version.area_code):
        raise NotAllowed(duty=str(duty))
    state = VersionState(version.state)
    move = FLOW.move(verb, _facts(version, verb, actor))
    if revision is not None and revision != version.revision:
        raise Conflict
    return version, VersionState(move.lands(state))


def _facts(version: CatalogueVersion, verb: VersionVerb, actor: Actor) -> VersionFacts:
    state = VersionState(version.state)
    if verb == VersionVerb.SUBMIT and state == VersionState.DRAFT:
        return VersionFacts(
            state,
            changed=bool(queries.changes_of(version)),
            sound=not problems_of(queries.read_version(version).book),
        )
    if verb == VersionVerb.APPROVE:
        hands = {version.made_by, *version.editors}
        return VersionFacts(state, second_person=actor.id is not None and actor.id not in hands)
    return VersionFacts(state)


def _set(
    version: CatalogueVersion, verb: VersionVerb, target: VersionState, *, actor: Actor, now: datetime
) -> CatalogueVersion:
    before = version.state
    version.state = target
    version.save()
    _record(version, verb, before, actor=actor, now=now)
    return version


def _edited(
    version: CatalogueVersion, verb: VersionVerb, *, actor: Actor, now: datetime, facts: dict[str, Any]
) -> None:
    version.revision += 1
    if actor.id is not None and actor.id not in version.editors:
        version.editors = [*version.editors, actor.id]
    version.save(update_fields=["revision", "editors"])
    _record(version, verb, version.state, actor=actor, now=now, facts=facts)


def _record(
    version: CatalogueVersion, verb: VersionVerb, before: str | None, *, actor: Actor, now: datetime,
    facts: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    append(
        kind="catalogue", object_id=version.pk, verb=verb, actor=actor, at=now, area_code=version.area_code,
        from_state=before or "", to_state=version.state,
        facts={"version": version.number, "revision": version.revision, **(facts or {})},
    )  # fmt: skip


def _bring_into_force(version: CatalogueVersion, *, actor: Actor, now: datetime) -> None:
    """Retire the present version and put this one in its place, in this order: one alone may be in force."""
    present = CatalogueVersion.objects.select_for_update().filter(state=VersionState.IN_FORCE).first()
    if present is not None:
        present.valid_to = version.valid_from
        _set(present, VersionVerb.RETIRE, VersionState.RETIRED, actor=actor, now=now)
    _set(version, VersionVerb.BRING_INTO_FORCE, VersionState.IN_FORCE, actor=actor, now=now)
    events.in_force.emit(at=now, version=version.number)
    queries.forget()
    # Again after the commit: another thread may have read the old version meanwhile.
    transaction.on_commit(queries.forget)


def _next_number(day: date) -> str:
    taken = CatalogueVersion.objects.filter(number__startswith=f"{day.year}-").values_list("number", flat=True)
    return f"{day.year}-{max((int(one.partition('-')[2]) for one in taken), default=0) + 1}"


def _replace_book(version: CatalogueVersion, book: Book) -> None:
    StepLimit.objects.filter(version=version).delete()
    MatterType.objects.filter(version=version).delete()
    DutyEntry.objects.filter(version=version).delete()
    MatterClass.objects.filter(version=version).delete()
    _write_book(version, book)


def _write_book(version: CatalogueVersion, book: Book) -> None:
    kinds = {
        one.code: one
        for one in MatterClass.objects.bulk_create(
            [MatterClass(version=version, code=one.code, name=one.name) for one in book.classes]
        )
    }
    duties = {
        (one.kind, one.number): one
        for one in DutyEntry.objects.bulk_create(
            [
                DutyEntry(version=version, kind=one.kind, number=one.number, text=one.text, lead=one.lead)
                for one in book.duties
            ]
        )
    }
    MatterType.objects.bulk_create(
        [
            _filled(
                MatterType(
                    version=version,
                    code=one.code,
                    matter_class=kinds[one.code[:2]],
                    duty_entry=duties[one.duty_kind, one.duty_number],
                ),
                one,
            )
            for one in book.types
        ]
    )
    _write_limits(version, book.limits)


def _write_limits(version: CatalogueVersion, lines: tuple[LimitLine, ...]) -> None:
    types = dict(MatterType.objects.filter(version=version).values_list("code", "pk"))
    StepLimit.objects.bulk_create(
        [
            StepLimit(
                version=version,
                type_id=types.get(one.type_code),
                step=one.step,
                grade=one.grade,
                limit=one.limit,
                line=line,
            )
            # The sheet's head is row 1.
            for line, one in enumerate(lines, start=2)
        ]
    )


def _put_type(version: CatalogueVersion, row: TypeRow, found: MatterType) -> MatterType:
    duty = DutyEntry.objects.filter(version=version, kind=row.duty_kind, number=row.duty_number).first()
    if duty is None:
        raise Invalid({"duty_number": [_("履职清单里没有这一项。请核对清单和序号。")]})
    if MatterType.objects.filter(version=version, name=row.name).exclude(code=row.code).exists():
        raise Invalid({"name": [_("事项名重复了。请改一个名字。")]})
    found.duty_entry = duty
    found.matter_class = MatterClass.objects.get(version=version, code=row.code[:2])
    _filled(found, row).save()
    return found


def _filled(found: MatterType, row: TypeRow) -> MatterType:
    for column in TYPE_COLUMNS:
        if column.name in ("code", "duty_kind", "duty_number"):
            continue
        value = getattr(row, column.name)
        setattr(found, column.name, list(value) if column.kind == "list" else value)
    return found
