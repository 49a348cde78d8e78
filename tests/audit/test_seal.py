"""Sealing: each committed row once, whatever the order of commits; the head file always at the chain's end."""

import threading

import psycopg
import pytest
from django.db import connection
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from huying.audit import actions, heads, jobs
from huying.audit.actions import ChainBroken
from huying.audit.models import History, Seal, Sealed
from huying.audit.queries import heads_path, verify
from prove.tamper import members
from tests.audit.cast import NOW, append, append_some

INSERT = """
INSERT INTO audit_history (at, kind, object_id, verb, from_state, to_state, actor_kind, actor_label, area_code,
    facts, body_hash)
VALUES (now(), 'case', gen_random_uuid(), 'receive', '', 'received', 'system', 'system', '990101001', '{"n": 1}', '')
RETURNING id
"""

# An id only where the transaction has its number by then.
NUMBERED_FIRST = INSERT.replace("(at,", "(id, at,", 1).replace(
    "(now(),",
    "(CASE WHEN pg_current_xact_id_if_assigned() IS NOT NULL"
    " THEN nextval(pg_get_serial_sequence('audit_history', 'id')) END, now(),",
    1,
)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "heads" / "heads.jsonl"


@pytest.fixture
def seal(file):
    return lambda **over: actions.seal(**{"now": NOW, "heads_file": file, **over})


@pytest.mark.django_db
class TestSeal:
    def test_it_seals_what_is_new_and_then_nothing(self, seal, file):
        ids = append_some(3)
        assert seal() == 3
        assert seal() == 0
        append(4)
        assert seal() == 1
        assert [head.rows for _line, head in heads.read(file, heads.end_of(file))] == [3, 1]
        assert Seal.objects.get(number=1).last_id == ids[-1]

    def test_nothing_to_seal_makes_neither_a_seal_nor_a_file(self, seal, file):
        assert seal() == 0
        assert not Seal.objects.exists()
        assert not file.exists()

    @pytest.mark.parametrize("batch", [1, 2, 3, 6, 7])
    def test_batches_cover_all_rows_whatever_their_size(self, seal, file, batch):
        ids = append_some(6)
        assert seal(batch=batch) == 6
        assert sealed_ids() == ids
        assert verify(file).ok
        append(7)
        assert seal(batch=batch) == 1
        assert verify(file).ok

    def test_after_a_crash_before_the_head_was_written_the_next_sealing_catches_up(self, seal, file, monkeypatch):
        append(1)

        def full(path, new):
            raise OSError("disk full")

        with monkeypatch.context() as crash:
            crash.setattr(heads, "append", full)
            with pytest.raises(OSError, match="full"):
                seal()
        assert [one.fault for one in verify(file).findings] == ["heads-missing"]
        seal()
        assert verify(file).ok

    def test_a_torn_last_line_is_mended(self, seal, file):
        append(1)
        seal()
        with file.open("ab") as torn:
            torn.write(b'{"number": 2, "previ')
        assert verify(file).ok
        append(2)
        seal()
        assert verify(file).ok
        assert len(file.read_bytes().splitlines()) == 2

    def test_it_stops_when_the_file_tells_of_another_chain(self, seal, file):
        append(1)
        seal()
        file.write_bytes(file.read_bytes().replace(b'"number":1', b'"number":7'))
        append(2)
        with pytest.raises(ChainBroken, match="7"):
            seal()
        assert verify(file).unsealed == 1

    def test_a_file_full_of_something_else_stops_it(self, seal, file):
        append(1)
        seal()
        file.write_bytes(b"nonsense\n")
        with pytest.raises(ChainBroken):
            seal()

    def test_the_job_seals_into_the_data_folder(self, settings, tmp_path):
        settings.DATA = tmp_path
        append(1)
        assert jobs.seal(timestamp=0) == 1
        assert jobs.seal(timestamp=0) == 0
        assert heads_path() == tmp_path / "heads" / "heads.jsonl"
        assert verify().sealed == 1


@pytest.mark.django_db(transaction=True)
class TestCommitsOutOfOrder:
    def test_a_row_that_commits_after_later_ones_were_sealed_is_sealed_next(self, seal, file, bench):
        with bench.connect(bench.name) as slow:
            slow.autocommit = False
            early = slow.execute(INSERT).fetchone()[0]
            append_some(3)
            assert seal() == 3
            append(4)
            assert seal() == 1
            slow.commit()
        assert seal() == 1
        assert list(members(3)) == [early]
        assert verify(file).findings == []

    def test_a_transaction_has_its_number_before_its_first_row_has_an_id(self, bench):
        """Else a writer held up between the two would seem to have begun after later rows were sealed."""
        with bench.connect(bench.name) as first:
            assert first.execute("SELECT pg_current_xact_id_if_assigned()").fetchone() == (None,)
            assert first.execute(NUMBERED_FIRST).fetchone()[0] > 0

    def test_a_batch_that_is_cut_short_does_not_hide_a_row_that_commits_between(self, seal, file, bench, monkeypatch):
        append_some(4)
        whole = actions._seal_batch
        with bench.connect(bench.name) as slow:
            slow.autocommit = False
            slow.execute(INSERT)
            append_some(2)

            def batch(*given, **named):
                done = whole(*given, **named)
                if slow.info.transaction_status == psycopg.pq.TransactionStatus.INTRANS:
                    slow.commit()
                return done

            monkeypatch.setattr(actions, "_seal_batch", batch)
            seal(batch=5)
        seal()
        assert len(sealed_ids()) == History.objects.count() == 7
        assert verify(file).findings == []

    def test_after_a_crash_between_batches_the_rest_is_sealed_next(self, seal, file, monkeypatch):
        append_some(5)
        whole, calls = actions._seal_batch, []

        def batch(*given, **named):
            calls.append(1)
            if len(calls) == 2:
                raise KeyboardInterrupt
            return whole(*given, **named)

        with monkeypatch.context() as crash:
            crash.setattr(actions, "_seal_batch", batch)
            with pytest.raises(KeyboardInterrupt):
                seal(batch=2)
        assert seal(batch=2) == 3
        found = verify(file)
        assert (found.findings, found.sealed, found.unsealed) == ([], 5, 0)

    def test_rows_of_a_transaction_that_failed_are_no_gap(self, seal, file, bench):
        with bench.connect(bench.name) as failing:
            failing.autocommit = False
            failing.execute(INSERT)
            append(1)
            failing.rollback()
        assert seal() == 1
        assert verify(file).ok

    @hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from("ICRS")), max_size=30))
    def test_any_order_of_inserts_commits_and_seals_leaves_each_row_once(self, seal, file, bench, steps):
        """Four writers that insert (I), commit (C) or roll back (R) as the steps say, and seals (S) in between."""
        writers = [bench.connect(bench.name) for _number in range(4)]
        try:
            for writer in writers:
                writer.autocommit = False
            for number, step in steps:
                if step == "I":
                    writers[number].execute(INSERT)
                elif step == "C":
                    writers[number].commit()
                elif step == "R":
                    writers[number].rollback()
                else:
                    seal(batch=3)
            for writer in writers:
                writer.commit()
        finally:
            for writer in writers:
                writer.close()
        seal(batch=3)
        assert sealed_ids() == sorted(History.objects.values_list("pk", flat=True))
        found = verify(file)
        assert (found.findings, found.unsealed, found.sealed) == ([], 0, History.objects.count())

    def test_two_sealers_at_once_share_the_work_without_doubling(self, seal, file):
        append_some(40)
        done, faults = [], []

        def work():
            try:
                done.append(seal(batch=3))
            except Exception as why:
                faults.append(why)
            finally:
                connection.close()

        threads = [threading.Thread(target=work) for _number in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert faults == []
        assert sorted(done) == [0, 0, 40]
        assert verify(file).ok

    def test_on_another_server_the_search_begins_at_the_start(self, seal, file, monkeypatch):
        append_some(2)
        # As after a restore: the old seals carry another server's number and its far higher transactions.
        with monkeypatch.context() as elsewhere:
            elsewhere.setattr(actions, "cluster_id", lambda: "1")
            elsewhere.setattr(actions, "_oldest_running", lambda: 2**60)
            elsewhere.setattr(actions, "_next_to_begin", lambda: 2**60)
            seal()
        append(3)
        assert seal() == 1
        assert seal() == 0
        append(4)
        assert seal() == 1
        assert verify(file).ok


def sealed_ids():
    return sorted(row for seal in Sealed.objects.values_list("seal", flat=True) for row in members(seal))
