"""Verify names each kind of tampering: what, which row, which seal, and says what to do."""

import time
from dataclasses import replace
from uuid import UUID

import orjson
import psycopg
import pytest
from django.db import connection, transaction

from huying.audit import actions, heads, rules
from huying.audit.models import History, Seal
from huying.audit.queries import Fault, is_whole, verify
from huying.audit.rules import Head, digest_of, next_head
from prove.tamper import HOLDS, held, members, seal_of
from tests.audit.cast import CLERK, NOW, STREET, append, append_some

TABLES = ("audit_history", "audit_sealed", "audit_seal")


@pytest.fixture
def file(tmp_path):
    return tmp_path / "heads.jsonl"


@pytest.fixture(autouse=True)
def _own_history(owner, django_db_blocker):
    """Committed rows, numbered from one; afterwards the owner takes them away.

    Nothing but history is written here, so that a fresh copy of the database after each test would be a waste.
    """
    with django_db_blocker.unblock():
        assert not History.objects.exists()
        owner.execute("ALTER SEQUENCE audit_history_id_seq RESTART")
        yield
        connection.close()
        owner.execute("SET session_replication_role = replica")
        owner.execute(f"TRUNCATE {', '.join(TABLES)} RESTART IDENTITY")


def settled(owner):
    """Wait until no other transaction of the server is older than our rows: another worker's may be.

    Only then does a seal know for sure that a row turning up below it later is a strange one.
    """
    sql = "SELECT bool_and(written_in < pg_snapshot_xmin(pg_current_snapshot())::text::bigint) FROM audit_history"
    for _try in range(6000):
        if owner.execute(sql).fetchone()[0]:
            return
        time.sleep(0.01)
    pytest.fail("another transaction of the server has been running for a minute")


_sealed: dict[str, bytes] = {}  # each table's rows, and the head file, as the actions once wrote them


@pytest.fixture
def chain(file, owner):
    """Three seals of three rows each, and one row that waits: ids 1-3, 4-6, 7-9 and 10.

    Sealed once a process, because settling waits for whatever else runs on the server; copied in afterwards.
    """
    if _sealed:
        owner.execute("SET session_replication_role = replica")
        for table in TABLES:
            with owner.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as into:
                into.write(_sealed[table])
        owner.execute("SET session_replication_role = DEFAULT")
        owner.execute("SELECT setval('audit_history_id_seq', 10)")
        file.write_bytes(_sealed["heads"])
        return file
    for _number in range(3):
        append_some(3)
        settled(owner)
        actions.seal(now=NOW, heads_file=file)
    append(4)
    assert list(History.objects.order_by("pk").values_list("pk", flat=True)) == list(range(1, 11))
    for table in TABLES:
        with owner.cursor() as cursor, cursor.copy(f"COPY {table} TO STDOUT") as out:
            _sealed[table] = b"".join(bytes(part) for part in out)
    _sealed["heads"] = file.read_bytes()
    return file


@pytest.fixture
def tamper(owner):
    """Run SQL as the owner with the triggers off."""

    def run(sql, *values):
        owner.execute("SET session_replication_role = replica")
        owner.execute(sql, values)

    return run


def faults(file):
    return [(one.fault, one.seal, one.row) for one in verify(file).findings]


class TestWhole:
    def test_an_untouched_chain_is_whole(self, chain):
        found = verify(chain)
        assert (found.ok, found.sealed, found.unsealed, found.broken) == (True, 9, 1, [])

    def test_an_empty_history_is_whole(self, file):
        found = verify(file)
        assert (found.ok, found.sealed, found.unsealed) == (True, 0, 0)

    def test_it_reads_only(self, chain):
        before = chain.read_bytes()
        verify(chain)
        assert chain.read_bytes() == before
        assert Seal.objects.count() == 3

    def test_it_tells_how_far_it_is(self, chain):
        seen = []
        verify(chain, progress=lambda done, of: seen.append((done, of)))
        assert seen[-1] == (9, 9)


class TestRows:
    @pytest.mark.parametrize(
        "change",
        [
            "at = at + interval '1 microsecond'",
            "kind = 'order'",
            "object_id = gen_random_uuid()",
            "verb = 'close'",
            "from_state = 'x'",
            "to_state = ''",
            "actor_kind = 'rule'",
            "actor_id = NULL",
            "actor_label = 'clerk-4'",
            "area_code = '990101002'",
            """facts = '{"number": 1}'""",
            """facts = facts || '{"number": 1.5e400}'""",
            "key = gen_random_uuid()",
            "body_hash = 'b'",
            "written_in = written_in - 1",
        ],
    )
    def test_a_changed_row_is_named(self, chain, tamper, change):
        tamper(f"UPDATE audit_history SET {change} WHERE id = 5")
        assert faults(chain) == [(Fault.ROW_CHANGED, 2, 5)]
        assert "第 5 行" in verify(chain).broken[0]

    def test_a_removed_row_is_named(self, chain, tamper):
        tamper("DELETE FROM audit_history WHERE id = 5")
        assert faults(chain) == [(Fault.ROW_MISSING, 2, 5)]

    def test_a_row_removed_with_its_membership_is_found_and_its_number_said(self, chain, tamper):
        tamper("DELETE FROM audit_history WHERE id = 5")
        tamper(HOLDS, *held({row: one for row, one in members(2).items() if row != 5}, 2))
        assert faults(chain) == [(Fault.ROWS_DIFFER, 2, None)]
        assert "少了的可能是：5。" in verify(chain).broken[0]

    def test_a_row_whose_membership_alone_was_removed_is_named_and_stays_found_after_sealing(self, chain, tamper):
        tamper(HOLDS, *held({row: one for row, one in members(2).items() if row != 5}, 2))
        assert faults(chain) == [(Fault.ROWS_DIFFER, 2, None), (Fault.ROW_INSERTED, None, 5)]
        actions.seal(now=NOW, heads_file=chain)
        assert faults(chain) == [(Fault.ROWS_DIFFER, 2, None), (Fault.ROW_INSERTED, None, 5)]

    def test_two_rows_whose_contents_were_exchanged_are_named_as_a_pair(self, chain, tamper):
        tamper("UPDATE audit_history SET id = -1 WHERE id = 5")
        tamper("UPDATE audit_history SET id = 5 WHERE id = 6")
        tamper("UPDATE audit_history SET id = 6 WHERE id = -1")
        assert faults(chain) == [(Fault.ROWS_SWAPPED, 2, 5)]
        assert "第 5 行与第 6 行" in verify(chain).broken[0]

    def test_a_changed_row_with_a_matching_hash_is_named_by_when_it_was_written(self, chain, tamper):
        tamper("UPDATE audit_history SET verb = 'close' WHERE id = 5")
        assert not _rehash(tamper, 5)
        assert faults(chain) == [(Fault.ROWS_DIFFER, 2, None), (Fault.ROW_CHANGED, 2, 5)]
        assert "第 4 到 6 行" in verify(chain).broken[0]

    def test_a_forged_row_in_a_gap_of_the_numbers_is_named(self, file, tamper, owner):
        append(1)
        owner.execute("SELECT nextval('audit_history_id_seq')")  # a transaction that failed left this gap: 2
        append(3)
        actions.seal(now=NOW, heads_file=file)
        tamper(FORGED, 2)
        assert faults(file) == [(Fault.ROW_INSERTED, 1, 2)]
        actions.seal(now=NOW, heads_file=file)
        assert faults(file) == [(Fault.ROW_INSERTED, 2, 2)]

    def test_a_forged_row_that_claims_an_old_transaction_is_named(self, chain, tamper):
        tamper(FORGED, 50)
        tamper("UPDATE audit_history SET written_in = 1 WHERE id = 50")
        assert faults(chain) == [(Fault.ROW_INSERTED, None, 50)]
        actions.seal(now=NOW, heads_file=chain)
        assert faults(chain) == [(Fault.ROW_INSERTED, None, 50)]

    def test_a_forged_row_entered_under_an_old_seal_is_named(self, chain, tamper):
        tamper(FORGED, 50)
        tamper(HOLDS, *held({**members(2), 50: b"\0" * 32}, 2))
        _rehash(tamper, 50)
        assert faults(chain) == [(Fault.ROW_INSERTED, 2, 50)]

    def test_a_row_moved_to_another_seal_is_found_at_both(self, chain, tamper):
        moved = {5: members(2)[5]}
        tamper(HOLDS, *held({row: one for row, one in members(2).items() if row != 5}, 2))
        tamper(HOLDS, *held(members(3) | moved, 3))
        assert faults(chain) == [
            (Fault.ROWS_DIFFER, 2, None),
            (Fault.ROWS_DIFFER, 3, None),
            (Fault.ROW_CHANGED, 3, 5),
        ]


class TestWhatIsHeldUnderASeal:
    """Numbers and hashes that do not go together; a wide range of numbers keeps nobody busy."""

    @pytest.mark.parametrize(
        "change",
        [
            "hashes = hashes || '\\x00'",
            "hashes = hashes || sha256(hashes)",
            "hashes = substring(hashes FROM 1 FOR 64)",
            "hashes = ''",
            "ids = '{}'",
            "ids = ids + '{[1000,)}'",
            "ids = '{[1000,9000000000000000000)}'",
            "ids = ids - '{[5,5]}'",
            "ids = ids + '{[1000,1001)}'",
        ],
    )
    def test_it_is_found_at_its_seal(self, chain, tamper, change):
        tamper(f"UPDATE audit_sealed SET {change} WHERE seal = 2")
        assert {seal for _fault, seal, _row in faults(chain)} - {None} == {2}

    def test_what_lies_under_a_seal_that_is_not_there_is_named(self, chain, tamper):
        tamper("UPDATE audit_sealed SET seal = 9 WHERE seal = 2")
        assert {(Fault.ROWS_DIFFER, 2, None), (Fault.SEAL_MISSING, 9, 4)} <= set(faults(chain))

    def test_no_row_lies_under_two_seals(self, chain, tamper):
        with pytest.raises(psycopg.errors.ExclusionViolation):
            tamper("UPDATE audit_sealed SET ids = ids + '{[6,7]}' WHERE seal = 2")


class TestForgedSeals:
    def test_a_forged_last_number_accuses_no_honest_rows_and_hides_nothing(self, chain, tamper, monkeypatch):
        monkeypatch.setattr("huying.audit.verifying.MOST_FINDINGS", 2)
        head = heads_of(chain)[0]
        forged = replace(head, last_id=1000)
        tamper("UPDATE audit_seal SET last_id = 1000, hash = %s WHERE number = 1", forged.hash_again())
        assert faults(chain) == [(Fault.SEAL_CHANGED, 2, None), (Fault.CHAIN_REPLACED, 1, None)]

    def test_the_only_row_of_a_seal_is_named(self, file, tamper):
        append(1)
        actions.seal(now=NOW, heads_file=file)
        tamper("UPDATE audit_history SET verb = 'close' WHERE id = 1")
        assert not _rehash(tamper, 1)
        assert faults(file) == [(Fault.ROWS_DIFFER, 1, None), (Fault.ROW_CHANGED, 1, 1)]


class TestTheVersionBefore:
    """Chains that 0.2.0 sealed are whole, and go on in the present form."""

    @pytest.fixture
    def old(self, file, monkeypatch):
        def old_head(before, *, horizon, newest, cluster, **given):
            new = next_head(before, horizon=horizon, newest=newest, cluster=cluster, **given)
            return replace(new, hash=rules._hash_of("huying.seal.1", *new._old_fields))

        append_some(3)
        with monkeypatch.context() as before:
            before.setattr("huying.audit.chain.row_hash", rules.old_row_hash)
            before.setattr(actions, "next_head", old_head)
            actions.seal(now=NOW, heads_file=file)
        lines = [orjson.loads(line) for line in file.read_bytes().splitlines()]
        kept = [{name: line[name] for name in list(line)[:8]} for line in lines]
        file.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in kept))
        append_some(2)
        actions.seal(now=NOW, heads_file=file)
        return file

    def test_they_are_whole_and_go_on(self, old):
        assert (verify(old).broken, verify(old).sealed) == ([], 5)
        assert is_whole("case", [UUID(int=1)])

    def test_a_change_in_them_is_named(self, old, tamper):
        tamper("UPDATE audit_history SET verb = 'close' WHERE id = 2")
        assert faults(old) == [(Fault.ROW_CHANGED, 1, 2)]


class TestSeals:
    @pytest.mark.parametrize(
        "change",
        [
            "rows = 4",
            "sealed_at = now()",
            "first_id = 1",
            "last_id = 90",
            "digest = 'd'",
            "hash = 'h'",
            "horizon = horizon + 1",
            "newest = newest + 1",
            "cluster = '1'",
        ],
    )
    def test_a_changed_seal_is_named(self, chain, tamper, change):
        tamper(f"UPDATE audit_seal SET {change} WHERE number = 2")
        assert (Fault.SEAL_CHANGED, 2, None) in faults(chain)

    def test_a_removed_seal_is_named(self, chain, tamper):
        tamper("DELETE FROM audit_seal WHERE number = 2")
        assert faults(chain) == [(Fault.SEAL_MISSING, 2, None), (Fault.SEAL_MISSING, 2, 4)]

    def test_a_removed_first_seal_is_named(self, chain, tamper):
        tamper("DELETE FROM audit_seal WHERE number = 1")
        assert faults(chain)[0] == (Fault.SEAL_MISSING, 1, None)

    def test_seals_in_another_order_are_named(self, chain, tamper):
        tamper("UPDATE audit_seal SET number = -3 WHERE number = 3")
        tamper("UPDATE audit_seal SET number = 3 WHERE number = 2")
        tamper("UPDATE audit_seal SET number = 2 WHERE number = -3")
        assert {fault for fault, _seal, _row in faults(chain)} >= {Fault.SEAL_CHANGED, Fault.CHAIN_REPLACED}

    def test_a_cut_tail_is_named_with_its_rows(self, chain, tamper):
        for table, column in (("seal", "number"), ("sealed", "seal")):
            tamper(f"DELETE FROM audit_{table} WHERE {column} = 3")
        tamper("DELETE FROM audit_history WHERE id > 6")
        assert faults(chain) == [(Fault.TAIL_CUT, 3, 7)]
        assert "第 7 到 9 行" in verify(chain).broken[0]

    def test_a_cut_tail_is_not_papered_over_by_the_next_sealing(self, chain, tamper):
        for table, column in (("seal", "number"), ("sealed", "seal")):
            tamper(f"DELETE FROM audit_{table} WHERE {column} = 3")
        append(1)
        with pytest.raises(actions.ChainBroken):
            actions.seal(now=NOW, heads_file=chain)

    def test_everything_gone_is_named(self, chain, tamper):
        for table in ("seal", "sealed", "history"):
            tamper(f"DELETE FROM audit_{table}")
        assert faults(chain) == [(Fault.TAIL_CUT, 1, 1)]

    def test_a_chain_made_anew_from_a_changed_row_on_differs_from_the_head_file(self, chain, tamper):
        tamper("UPDATE audit_history SET verb = 'close' WHERE id = 5")
        _rehash(tamper, 5)
        before = None
        for seal in Seal.objects.order_by("number"):
            head = next_head(
                before,
                sealed_at=heads_of(chain)[seal.number - 1].sealed_at,
                rows=seal.rows,
                first_id=seal.first_id,
                last_id=seal.last_id,
                digest=digest_of(members(seal.number).values()),
                horizon=seal.horizon,
                newest=seal.newest,
                cluster=seal.cluster,
            )
            tamper(
                "UPDATE audit_seal SET previous_hash = %s, digest = %s, hash = %s WHERE number = %s",
                head.previous_hash, head.digest, head.hash, head.number,
            )  # fmt: skip
            before = head
        assert faults(chain) == [(Fault.CHAIN_REPLACED, 2, None)]
        assert "第 2 到 3 批" in verify(chain).broken[0]


class TestHeadFile:
    def test_an_old_copy_is_named(self, chain):
        chain.write_bytes(b"".join(chain.read_bytes().splitlines(keepends=True)[:2]))
        assert faults(chain) == [(Fault.HEADS_OLD, 3, None)]
        assert "只记到第 2 批" in verify(chain).broken[0]

    @pytest.mark.parametrize("empty", [True, False])
    def test_a_missing_or_empty_file_is_named(self, chain, empty):
        if empty:
            chain.write_bytes(b"")
        else:
            chain.unlink()
        assert faults(chain) == [(Fault.HEADS_MISSING, 1, None)]

    def test_a_line_taken_out_is_named(self, chain):
        lines = chain.read_bytes().splitlines(keepends=True)
        chain.write_bytes(lines[0] + lines[2])
        assert faults(chain) == [(Fault.HEADS_DAMAGED, 2, None)]

    @pytest.mark.parametrize(
        "line",
        [
            b"\n",
            b"nonsense\n",
            b"[]\n",
            b"{}\n",
            b"\xff\xfe\n",
            b"{" * 100_000 + b"\n",
            b'{"number": "2"}\n',
            b"x" * 1_000_000 + b"\n",
        ],
    )
    def test_a_damaged_line_is_named(self, chain, line):
        lines = chain.read_bytes().splitlines(keepends=True)
        chain.write_bytes(lines[0] + line + lines[2])
        assert [fault for fault, _seal, _row in faults(chain)] == [Fault.HEADS_DAMAGED, Fault.HEADS_DAMAGED]
        assert "第 2 行损坏" in verify(chain).broken[0]

    def test_a_line_with_another_hash_is_named(self, chain):
        lines = [orjson.loads(line) for line in chain.read_bytes().splitlines()]
        lines[1]["rows"] = 9
        chain.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
        assert (Fault.HEADS_DAMAGED, None, None) in faults(chain)

    def test_the_file_of_another_chain_is_named(self, chain):
        lines, before = [], None
        for number in (1, 2, 3):
            before = next_head(
                before, sealed_at=number, rows=3, first_id=1, last_id=3, digest="d", horizon=1, newest=9, cluster="c"
            )
            lines.append(before)
        chain.unlink()
        heads.append(chain, lines)
        assert faults(chain) == [(Fault.CHAIN_REPLACED, 1, None)]


class TestManyFaults:
    def test_the_list_has_an_end_and_says_how_much_more_there_is(self, file, tamper, monkeypatch):
        monkeypatch.setattr("huying.audit.verifying.MOST_FINDINGS", 3)
        append_some(9)
        actions.seal(now=NOW, heads_file=file)
        tamper("DELETE FROM audit_history")
        found = verify(file)
        assert (len(found.findings), found.more) == (3, 6)
        assert "6" in found.broken[-1]

    def test_each_sentence_says_what_to_do(self, chain, tamper):
        tamper("UPDATE audit_history SET verb = 'close' WHERE id = 5")
        assert verify(chain).broken == ["第 5 行（第 2 批）的内容被改过。请与备份比对这一行，查明谁动过数据库。"]


@pytest.mark.slow
def test_a_long_history_is_verified_at_a_hundred_thousand_rows_a_second(file, capsys):
    rows = 200_000
    with transaction.atomic():
        for start in range(0, rows, 20_000):
            actions.append_many(
                History(
                    at=NOW, kind="case", object_id=UUID(int=number), verb="dispatch", from_state="filed",
                    to_state="in_hand", actor_kind="person", actor_id=CLERK.id, actor_label="clerk-3",
                    area_code=STREET, facts={"unit": str(UUID(int=number)), "round": 1},
                )
                for number in range(start, start + 20_000)
            )  # fmt: skip
    begun = time.perf_counter()
    assert actions.seal(now=NOW, heads_file=file) == rows
    sealed = time.perf_counter()
    assert verify(file).ok
    done = time.perf_counter()
    with capsys.disabled():
        print(f"\nsealed {rows / (sealed - begun):,.0f} rows/s, verified {rows / (done - sealed):,.0f} rows/s")
    # A quarter of the goal, so that a busy machine does not fail it.
    assert rows / (done - sealed) > 25_000


FORGED = """
INSERT INTO audit_history (id, at, kind, object_id, verb, from_state, to_state, actor_kind, actor_label, area_code,
    facts, body_hash)
VALUES (%s, now(), 'case', gen_random_uuid(), 'receive', '', 'received', 'system', 'system', '990101001', '{}', '')
"""


def heads_of(file) -> list[Head]:
    return [head for _line, head in heads.read(file, heads.end_of(file))]


def _rehash(tamper, row):
    """Make the stored hash of a tampered row fit again."""
    from django.db import connection

    from huying.audit.chain import ROW, hash_of

    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {ROW} FROM audit_history h WHERE h.id = %s", [row])
        fitting = hash_of(cursor.fetchone())
    seal = seal_of(row)
    tamper(HOLDS, *held({**members(seal), row: fitting}, seal))
