"""Is the chain whole? Every sealed row, every seal and the head file against each other; what is wrong is named.

Rows come in order of seal and id through a server-side cursor, so memory stays bounded however long the history is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from huying.audit import heads
from huying.audit.chain import HASH_BYTES, ROW, UNSEALED, cluster_id, head_of, is_hash_of, members_of, sealing_lock
from huying.audit.models import Seal
from huying.audit.rules import GENESIS, Head
from huying.kernel.terms import Label, Term, _, listed

Progress = Callable[[int, int], None]
MOST_FINDINGS = 500
_ROWS_AT_ONCE = 20_000
_SEALS_AT_ONCE = 1_000
_FETCHED = 5_000
_NAMED = 10  # rows named in one sentence


class Fault(Term):
    """What can be wrong; the label says what to do."""

    ROW_CHANGED = "row-changed", _("请与备份比对这一行，查明谁动过数据库。")
    ROWS_SWAPPED = "rows-swapped", _("请与备份比对这两行，查明谁动过数据库。")
    ROW_MISSING = "row-missing", _("请从备份找回这一行，查明谁动过数据库。")
    ROW_INSERTED = "row-inserted", _("请核实这一行的来历；它不是由系统记下的。")
    ROWS_DIFFER = "rows-differ", _("请与备份比对这一批，查明谁动过数据库。")
    SEAL_MISSING = "seal-missing", _("请从备份找回，查明谁动过数据库。")
    SEAL_CHANGED = "seal-changed", _("请与备份比对这一批的封存，查明谁动过数据库。")
    CHAIN_REPLACED = "chain-replaced", _("请用别处留存的封存文件副本再核对一次；若相同，数据库里的历史已被改写。")
    TAIL_CUT = "tail-cut", _("若数据库刚从备份恢复，请把封存文件改名留存，系统会另起一份；否则请查明谁动过数据库。")
    HEADS_OLD = "heads-old", _("请等一分钟再核对；若仍如此，请看后台任务是否在运行，封存文件是否被旧副本替换。")
    HEADS_MISSING = "heads-missing", _("请放回留存的副本；没有副本时，系统会在下次封存时另起一份。")
    HEADS_DAMAGED = "heads-damaged", _("请用留存的副本替换封存文件。")


OF_THE_CHAIN = frozenset(
    {Fault.CHAIN_REPLACED, Fault.TAIL_CUT, Fault.HEADS_OLD, Fault.HEADS_MISSING, Fault.HEADS_DAMAGED}
)


@dataclass(frozen=True)
class Finding:
    """One fault, with the row or seal it lies in."""

    fault: Fault
    what: Label
    seal: int | None = None
    row: int | None = None
    perhaps: tuple[int, ...] = ()
    """Rows that it may be, where no single one can be told."""

    def __str__(self) -> str:
        return f"{self.what}{self.fault.label}"


@dataclass
class Verification:
    """What was found: rows under seals, rows not yet sealed, and the faults (`more` beyond those kept)."""

    sealed: int = 0
    unsealed: int = 0
    findings: list[Finding] = field(default_factory=list)
    more: int = 0

    @property
    def ok(self) -> bool:
        return not self.findings

    @property
    def broken(self) -> list[str]:
        """Each fault as a sentence that names what, where and what to do."""
        said = [str(one) for one in self.findings]
        return [*said, str(_("另外还有 %(more)s 处。") % {"more": self.more})] if self.more else said

    def add(
        self, fault: Fault, what: Label, *, seal: int | None = None, row: int | None = None, perhaps: Iterable[int] = ()
    ) -> None:
        # What concerns the whole chain is told also after many single rows.
        if len(self.findings) < MOST_FINDINGS * (2 if fault in OF_THE_CHAIN else 1):
            self.findings.append(Finding(fault, what, seal, row, tuple(perhaps)))
        else:
            self.more += 1


@dataclass(slots=True)
class _Member:
    """A row as its seal holds it: the stored hash, and the present row (None: gone)."""

    id: int
    stored_hash: bytes
    written_in: int | None
    row: tuple[Any, ...] | None

    def is_whole(self) -> bool:
        return self.row is not None and is_hash_of(self.stored_hash, self.row)


def verify_chain(heads_file: Path, *, progress: Progress | None = None) -> Verification:
    found = Verification()
    with _one_moment(heads_file) as end:
        total = _number(f"SELECT coalesce(sum(length(hashes)), 0) / {HASH_BYTES} FROM audit_sealed")
        _Walk(found, heads_file, end, progress or (lambda done, of: None), total).walk()
        _check_memberships(found)
        _check_unsealed(found)
    return found


@contextmanager
def _one_moment(heads_file: Path) -> Iterator[int]:
    """One view of database and head file: no seal is made between the two looks. Yields the file's length then."""
    nested = connection.in_atomic_block  # in a test's own transaction the isolation is what it is
    lock = ExitStack()
    lock.enter_context(sealing_lock(shared=True))
    with lock, transaction.atomic():
        if not nested:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        _number("SELECT count(*) FROM (SELECT 1 FROM audit_seal LIMIT 1) one")  # this look fixes the moment
        end = heads.end_of(heads_file)
        lock.close()
        yield end


class _Walk:
    """Goes along the chain once, with the head file beside it."""

    def __init__(self, found: Verification, heads_file: Path, end: int, progress: Progress, total: int) -> None:
        self.found, self.progress, self.total = found, progress, total
        self.file = self._file_heads(heads_file, end)
        self.filed: Head | None = next(self.file, None)
        self.file_is_empty = end == 0
        self.before: Head | None = None
        self.highest = 0  # the highest row id under an earlier seal
        self.replaced: list[int] = []
        self.not_filed: list[int] = []

    def walk(self) -> None:
        for seals in self._groups():
            members = _members(seals[0].number, seals[-1].number)
            stored = groupby(members, key=lambda pair: pair[0])
            number, rows = next(stored, (None, iter(())))
            for seal in seals:
                self._check_head(head_of(seal))
                # Every membership of this range belongs to one of its seals or to none; the latter are told later.
                while number is not None and number < seal.number:
                    number, rows = next(stored, (None, iter(())))
                mine = (member for _number, member in rows) if number == seal.number else iter(())
                self._check_rows(seal, mine)
                if not self.replaced or self.replaced[-1] != seal.number:  # else its numbers are the forger's
                    self.highest = max(self.highest, seal.last_id)
                self.progress(self.found.sealed, self.total)
        self._tell_of_file()

    def _groups(self) -> Iterator[list[Seal]]:
        """Seals in order, in groups of at most about _ROWS_AT_ONCE rows."""
        number, group, rows = -(2**62), [], 0
        while chunk := list(Seal.objects.filter(number__gt=number).order_by("number")[:_SEALS_AT_ONCE]):
            for seal in chunk:
                group.append(seal)
                rows += seal.rows
                if rows >= _ROWS_AT_ONCE:
                    yield group
                    group, rows = [], 0
            number = chunk[-1].number
        if group:
            yield group

    def _check_head(self, head: Head) -> None:
        """The link to the seal before, the seal's own hash, and the line of the head file."""
        before, number = self.before, head.number
        expected = 1 if before is None else before.number + 1
        if number != expected:
            self.found.add(
                Fault.SEAL_MISSING,
                _("第 %(first)s 到 %(last)s 批封存不见了。") % {"first": expected, "last": number - 1},
                seal=expected,
            )
        elif head.previous_hash != (GENESIS if before is None else before.hash):
            self.found.add(Fault.SEAL_CHANGED, _("第 %(seal)s 批封存与前一批接不上。") % {"seal": number}, seal=number)
        if not head.is_whole():
            self.found.add(
                Fault.SEAL_CHANGED, _("第 %(seal)s 批封存的内容与它的校验值不符。") % {"seal": number}, seal=number
            )
        while self.filed is not None and self.filed.number < number:
            self.filed = next(self.file, None)
        if self.filed is None or self.filed.number > number:
            self.not_filed.append(number)
        elif self.filed.hash != head.hash:
            self.replaced.append(number)
        self.before = head

    def _check_rows(self, seal: Seal, members: Iterator[_Member]) -> None:
        """The rows under one seal: each against its stored hash, all stored hashes against the seal."""
        digest, old_digest, count = sha256(), sha256(), 0
        changed: list[_Member] = []
        newer: list[int] = []
        strangers = 0
        late: list[_Member] = []
        for member in members:
            count += 1
            digest.update(member.stored_hash)
            if not seal.first_id <= member.id <= seal.last_id:
                strangers += 1
            if member.written_in is not None and member.written_in >= seal.newest:
                newer.append(member.id)  # its transaction began after the seal was made
            else:
                old_digest.update(member.stored_hash)
                if member.id < self.highest and len(late) < MOST_FINDINGS:
                    late.append(member)
            if member.row is None:
                self.found.add(
                    Fault.ROW_MISSING,
                    _("第 %(row)s 行（第 %(seal)s 批）不见了。") % {"row": member.id, "seal": seal.number},
                    seal=seal.number,
                    row=member.id,
                )
            elif not member.is_whole() and len(changed) <= MOST_FINDINGS:
                changed.append(member)
        self.found.sealed += count
        self._tell_changed(seal, changed)
        if digest.hexdigest() != seal.digest or count != seal.rows:
            explained = bool(newer) and old_digest.hexdigest() == seal.digest
            self._tell_membership(seal, count, newer, strangers=strangers, explained=explained)
        for member in late:
            self._tell_if_late(seal, member)

    def _tell_changed(self, seal: Seal, changed: list[_Member]) -> None:
        swapped = _swapped(changed)
        for one, other in swapped:
            self.found.add(
                Fault.ROWS_SWAPPED,
                _("第 %(one)s 行与第 %(other)s 行（第 %(seal)s 批）的内容被互换。")
                % {"one": one, "other": other, "seal": seal.number},
                seal=seal.number,
                row=one,
                perhaps=(other,),
            )
        known = {row for pair in swapped for row in pair}
        for member in changed:
            if member.id not in known:
                self.found.add(
                    Fault.ROW_CHANGED,
                    _("第 %(row)s 行（第 %(seal)s 批）的内容被改过。") % {"row": member.id, "seal": seal.number},
                    seal=seal.number,
                    row=member.id,
                )

    def _tell_membership(self, seal: Seal, count: int, newer: list[int], *, strangers: int, explained: bool) -> None:
        for row in newer[:MOST_FINDINGS]:
            self.found.add(
                Fault.ROW_INSERTED,
                _("第 %(row)s 行是后来塞进第 %(seal)s 批的。") % {"row": row, "seal": seal.number},
                seal=seal.number,
                row=row,
            )
        if explained:
            return
        facts = {"seal": seal.number, "rows": seal.rows, "count": count, "first": seal.first_id, "last": seal.last_id}
        gaps = _gaps(seal.first_id, seal.last_id) if count - strangers < seal.rows else []
        if count == seal.rows:
            what = _("第 %(seal)s 批（第 %(first)s 到 %(last)s 行）里有行被换过，或连同校验值一起被改过。") % facts
        else:
            what = _("第 %(seal)s 批（第 %(first)s 到 %(last)s 行）封存时有 %(rows)s 行，现在有 %(count)s 行。") % facts
        if gaps:
            what = f"{what}{_('少了的可能是：%(rows)s。') % {'rows': listed(gaps)}}"
        self.found.add(Fault.ROWS_DIFFER, what, seal=seal.number, perhaps=gaps)
        for row in _rewritten(seal):
            self.found.add(
                Fault.ROW_CHANGED,
                _("第 %(row)s 行（第 %(seal)s 批）在封存之后被重新写过。") % {"row": row, "seal": seal.number},
                seal=seal.number,
                row=row,
            )

    def _tell_if_late(self, seal: Seal, member: _Member) -> None:
        """A row whose id lies among rows sealed earlier: honest only if its transaction ran already then."""
        earlier = _seal_over(member.id)
        if earlier is None or earlier.number >= seal.number or earlier.cluster != seal.cluster:
            return
        if earlier.number in self.replaced:
            return
        if member.written_in is not None and member.written_in >= earlier.newest:
            self.found.add(
                Fault.ROW_INSERTED,
                _("第 %(row)s 行（第 %(seal)s 批）是后来插到第 %(earlier)s 批的行之间的。")
                % {"row": member.id, "seal": seal.number, "earlier": earlier.number},
                seal=seal.number,
                row=member.id,
            )

    def _file_heads(self, path: Path, end: int) -> Iterator[Head]:
        """The lines of the head file that are heads and go up; the others are told."""
        before = 0
        for line, head in heads.read(path, end):
            if head is None or not head.is_whole() or head.number <= before:
                self.found.add(Fault.HEADS_DAMAGED, _("封存文件的第 %(line)s 行损坏。") % {"line": line}, row=None)
                continue
            before = head.number
            yield head

    def _tell_of_file(self) -> None:
        last = 0 if self.before is None else self.before.number
        for first, final in _runs(self.replaced):
            self.found.add(
                Fault.CHAIN_REPLACED,
                _("第 %(first)s 到 %(last)s 批封存与封存文件里记下的不同。") % {"first": first, "last": final},
                seal=first,
            )
        for first, final in _runs(self.not_filed):
            facts = {"first": first, "last": final, "filed": first - 1}
            if self.file_is_empty:
                self.found.add(Fault.HEADS_MISSING, _("没有封存文件，或它是空的。"), seal=first)
            elif final == last:
                self.found.add(
                    Fault.HEADS_OLD,
                    _("封存文件只记到第 %(filed)s 批，数据库已到第 %(last)s 批。") % facts,
                    seal=first,
                )
            else:
                self.found.add(Fault.HEADS_DAMAGED, _("封存文件里缺第 %(first)s 到 %(last)s 批。") % facts, seal=first)
        self._tell_cut_tail(last)

    def _tell_cut_tail(self, last: int) -> None:
        first: Head | None = None
        final: Head | None = None
        while self.filed is not None:
            if self.filed.number > last:
                first, final = first or self.filed, self.filed
            self.filed = next(self.file, None)
        if first is not None and final is not None:
            self.found.add(
                Fault.TAIL_CUT,
                _("封存文件记着第 %(first)s 到 %(last)s 批（第 %(row)s 到 %(to)s 行），数据库里没有。")
                % {"first": first.number, "last": final.number, "row": first.first_id, "to": final.last_id},
                seal=first.number,
                row=first.first_id,
            )


def _members(first: int, last: int) -> Iterator[tuple[int, _Member]]:
    """The members of a range of seals with their rows, in order of seal and row id."""
    held = _held(first, last)
    parts = [held[at : at + _FETCHED] for at in range(0, len(held), _FETCHED)]
    # The next rows are fetched while these are hashed: server and client then work at the same time.
    with connection.cursor() as cursor, ThreadPoolExecutor(1) as ahead:
        coming = [ahead.submit(_rows_of, cursor, part) for part in parts[:1]]
        for place, part in enumerate(parts):
            rows = coming.pop().result()
            coming += [ahead.submit(_rows_of, cursor, one) for one in parts[place + 1 : place + 2]]
            for seal, number, stored in part:
                row = rows.get(number)
                yield seal, _Member(number, stored, None if row is None else row[-1], row)


def _held(first: int, last: int) -> list[tuple[int, int, bytes]]:
    """Seal, number and stored hash of each row under a range of seals."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT seal, ids, hashes FROM audit_sealed WHERE seal BETWEEN %s AND %s ORDER BY seal", [first, last]
        )
        return [(seal, *one) for seal, runs, hashes in cursor.fetchall() for one in members_of(runs, bytes(hashes))]


def _rows_of(cursor: Any, members: list[tuple[int, int, bytes]]) -> dict[int, tuple[Any, ...]]:
    cursor.execute(
        f"SELECT {ROW} FROM audit_history h WHERE h.id = ANY(%s::bigint[])",
        [[number for _seal, number, _hash in members]],
    )
    return {row[0]: row for row in cursor.fetchall()}


def _swapped(changed: list[_Member]) -> list[tuple[int, int]]:
    """Pairs of rows that hold each other's content under their own ids."""
    if not 2 <= len(changed) <= 200:
        return []
    pairs = []
    for member in changed:
        for other in changed:
            if member.id < other.id and member.row is not None and other.row is not None:
                one_is_other = is_hash_of(other.stored_hash, (other.id, *member.row[1:]))
                if one_is_other and is_hash_of(member.stored_hash, (member.id, *other.row[1:])):
                    pairs.append((member.id, other.id))
    return pairs


def _gaps(first: int, last: int) -> list[int]:
    """The first few ids of this range that no seal holds."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT one FROM generate_series(%s::bigint, %s::bigint) one "
            "WHERE NOT EXISTS (SELECT FROM audit_sealed s WHERE s.ids @> one) LIMIT %s",
            [first, min(last, first + 100_000), _NAMED],
        )
        return [int(row[0]) for row in cursor.fetchall()]


def _rewritten(seal: Seal) -> list[int]:
    """Rows written again after they were sealed: with a new hash beside them nothing else tells which. And rows that
    the seal says it has not.

    The server keeps with each row the transaction that wrote it: that of a sealed row is older than the seal; in a
    restored copy all rows were written by one.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT one, h.xmin::text, h.id IS NULL OR ((h.xmin::text::bigint - a.newest) & 4294967295) < 2147483648
            FROM audit_seal a, unnest(%s::bigint[]) AS one LEFT JOIN audit_history h ON h.id = one
            WHERE a.number = %s ORDER BY one
            """,
            [[number for _seal, number, _hash in _held(seal.number, seal.number)], seal.number],
        )
        members = cursor.fetchall()
    if len(members) == 1:
        return [members[0][0]]
    found = {one[0] for one in members if not seal.first_id <= one[0] <= seal.last_id}
    young = {one[0] for one in members if one[2]}
    if seal.cluster != cluster_id() or len(young) == len(members):
        young = set(_odd({one[0]: one[1] for one in members}))
    return sorted(found | young)[:MOST_FINDINGS]


def _odd(written_by: dict[int, str | None]) -> list[int]:
    """Rows that another transaction wrote than the one that wrote most of them."""
    [(common, count)] = Counter(written_by.values()).most_common(1) or [(None, 0)]
    return [row for row, by in written_by.items() if by != common] if 2 * count > len(written_by) else []


def _seal_over(row: int) -> Seal | None:
    """The first seal that holds a higher id than this row's."""
    return Seal.objects.filter(last_id__gt=row).order_by("number").first()


def _check_memberships(found: Verification) -> None:
    """Rows that say they lie under a seal which does not exist."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT s.seal, length(s.hashes) / {HASH_BYTES}, lower(s.ids), upper(s.ids) - 1 FROM audit_sealed s "
            "WHERE NOT EXISTS (SELECT FROM audit_seal a WHERE a.number = s.seal) ORDER BY s.seal LIMIT %s",
            [MOST_FINDINGS],
        )
        for seal, count, first, last in cursor.fetchall():
            found.sealed += count
            found.add(
                Fault.SEAL_MISSING,
                _("有 %(count)s 行（第 %(first)s 到 %(last)s 行）登记在第 %(seal)s 批，这一批封存却不存在。")
                % {"count": count, "first": first, "last": last, "seal": seal},
                seal=seal,
                row=first,
            )


def _check_unsealed(found: Verification) -> None:
    """Rows under no seal: young ones wait for the next; others were put in, or lost their seal."""
    last = Seal.objects.order_by("-number").first()
    with connection.cursor() as cursor:
        cursor.execute(f"{UNSEALED} SELECT count(*) FROM unsealed")
        found.unsealed = cursor.fetchone()[0]
        if last is None or not found.unsealed or last.cluster != cluster_id():
            return
        cursor.execute(
            f"{UNSEALED} SELECT id, written_in FROM unsealed WHERE written_in < %s "
            "OR id < (SELECT max(last_id) FROM audit_seal) ORDER BY id LIMIT %s",
            [last.horizon, MOST_FINDINGS],
        )
        strange = cursor.fetchall()
    for row, written_in in strange:
        over = _seal_over(row)
        if written_in < last.horizon:
            found.add(
                Fault.ROW_INSERTED,
                _("第 %(row)s 行早该封存，却不在任何一批里：它的封存登记被删，或这一行是伪造的。") % {"row": row},
                row=row,
            )
        elif over is not None and over.cluster == last.cluster and written_in >= over.newest:
            found.add(
                Fault.ROW_INSERTED,
                _("第 %(row)s 行是后来插到第 %(seal)s 批的行之间的。") % {"row": row, "seal": over.number},
                seal=over.number,
                row=row,
            )


def _runs(numbers: list[int]) -> Iterator[tuple[int, int]]:
    """Runs of neighbouring numbers, as (first, last)."""
    for _key, run in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0]):
        found = [number for _index, number in run]
        yield found[0], found[-1]


def _number(sql: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return int(cursor.fetchone()[0])
