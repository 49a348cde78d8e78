"""Keeping, holding, erasing and sweeping photos: row and files together, nothing half done."""

import os
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import transaction

from huying.audit.models import History
from huying.files import actions, queries, storage
from huying.files.actions import hold_image, keep_image, keep_prepared, prepare_image
from huying.files.models import Attachment, HeldUpload
from huying.kernel.actor import system
from huying.kernel.ids import uuid7
from huying.kernel.refusals import Conflict, Invalid, KeyReused, NotFound, TooLarge, TooMany
from tests.files.pictures import photo

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 10, 20, 9, 30, tzinfo=UTC)
OWNER, OTHER = UUID(int=1), UUID(int=2)


def keep(data=None, **over):
    given = {
        "data": data or photo(),
        "owner_kind": "report",
        "owner_id": OWNER,
        "purpose": "report",
        "area_code": "990101001",
        "actor": system(),
        "now": NOW,
    }
    return keep_image(**{**given, **over})


def keep_ready(prepared, **over):
    given = {
        "owner_kind": "report",
        "owner_id": OWNER,
        "purpose": "report",
        "area_code": "990101001",
        "actor": system(),
        "now": NOW,
    }
    return keep_prepared(prepared, **{**given, **over})


def held(session="session-a", size=64, now=NOW):
    return hold_image(prepare_image(photo(size)), session_key=session, now=now)


def on_disk(data):
    return sorted(path.name for path in data.rglob("*") if path.is_file())


def aged(data, hours):
    """Make all stored files as old as this."""
    then = (NOW - timedelta(hours=hours)).timestamp()
    for path in data.rglob("*"):
        if path.is_file():
            os.utime(path, (then, then))


class TestKeep:
    def test_it_keeps_row_files_and_a_history_line(self, data):
        row = keep()
        kept = Attachment.objects.get(pk=row.pk)
        assert (kept.kind, kept.width, kept.height, kept.purpose) == ("jpg", 64, 48, "report")
        assert on_disk(data) == [f"{row.pk}-480.jpg", f"{row.pk}.jpg"]
        line = History.objects.get(kind="file", object_id=row.pk)
        assert (line.verb, line.facts["owner_id"], line.facts["sha256"]) == ("keep", str(OWNER), row.sha256)

    def test_a_refused_photo_leaves_nothing(self, data):
        with pytest.raises(Invalid):
            keep(b"words")
        assert not Attachment.objects.exists()
        assert not History.objects.exists()
        assert on_disk(data.parent) == []

    def test_the_limit_on_bytes_is_a_setting(self, settings):
        settings.FILES_MAX_BYTES = 100
        with pytest.raises(TooLarge):
            keep()

    def test_the_clients_id_makes_it_once(self, data):
        key = uuid7()
        assert keep(file_id=key) == keep(file_id=key)
        assert Attachment.objects.count() == History.objects.count() == 1
        assert len(on_disk(data)) == 2

    def test_a_strangers_id_is_refused_and_the_strangers_photo_stays(self, data):
        row = keep(owner_id=OTHER)
        before = storage.path_of(row.pk, row.kind, preview=False).read_bytes()
        with pytest.raises(Conflict):
            keep(photo(200), file_id=row.pk)
        assert storage.path_of(row.pk, row.kind, preview=False).read_bytes() == before

    def test_the_same_id_with_another_photo_is_refused(self):
        key = uuid7()
        keep(file_id=key)
        with pytest.raises(KeyReused):
            keep(photo(200), file_id=key)

    def test_an_unknown_purpose_is_refused(self):
        with pytest.raises(ValueError):
            keep(purpose="portrait")

    def test_a_full_disk_leaves_no_row(self, monkeypatch):
        def full(*_given):
            raise OSError("disk full")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="full"):
            keep()
        assert not Attachment.objects.exists()

    def test_a_failed_write_leaves_no_part_behind(self, data, monkeypatch):
        def full(*_given):
            raise OSError("disk full")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="full"):
            storage.write(uuid4(), prepare_image(photo()))
        assert on_disk(data) == []

    def test_files_and_folders_are_for_the_owner_of_the_process_alone(self, data):
        row = keep()
        path = storage.path_of(row.pk, row.kind, preview=False)
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700


class TestQueries:
    def test_photos_come_by_owner_oldest_first(self):
        second, first = keep(now=NOW + timedelta(minutes=1)), keep(now=NOW)
        keep(owner_kind="order")
        assert queries.of_owners("report", [OWNER, OTHER]) == {OWNER: [first, second], OTHER: []}

    def test_a_photo_is_found_under_its_own_owner_only(self):
        row = keep()
        assert queries.one("report", [OTHER, OWNER], row.pk) == row
        for kind, owners in (("report", [OTHER]), ("order", [OWNER]), ("report", [])):
            with pytest.raises(NotFound):
                queries.one(kind, owners, row.pk)

    def test_many_owners_are_one_query(self, django_assert_num_queries):
        keep()
        with django_assert_num_queries(1):
            queries.of_owners("report", [uuid4() for _number in range(50)])


class TestHold:
    def test_a_held_photo_is_kept_without_writing_it_again(self, data, monkeypatch):
        row = held()
        monkeypatch.setattr(storage, "write", None)
        kept = keep_ready(queries.held_of("session-a", [row.token], now=NOW)[row.token])
        assert kept.pk == row.pk
        assert on_disk(data) == [f"{row.pk}-480.jpg", f"{row.pk}.jpg"]

    def test_another_session_finds_nothing(self):
        row = held()
        assert queries.held_of("session-b", [row.token], now=NOW) == {}
        assert queries.held_of("session-a", ["guess", "", "\x01"], now=NOW) == {}

    def test_it_ends_after_a_day(self):
        row = held()
        assert queries.held_of("session-a", [row.token], now=NOW + timedelta(hours=23, minutes=59))
        assert not queries.held_of("session-a", [row.token], now=NOW + timedelta(hours=24))

    def test_a_form_sent_twice_keeps_the_photo_once(self):
        ready = queries.prepared_from(held())
        assert keep_ready(ready) == keep_ready(ready)
        assert Attachment.objects.count() == 1

    def test_a_kept_photo_cannot_be_claimed_for_something_else(self):
        ready = queries.prepared_from(held())
        keep_ready(ready)
        with pytest.raises(Conflict):
            keep_ready(ready, owner_id=OTHER)

    def test_a_held_photo_that_is_gone_is_said(self):
        row = held()
        ready = queries.prepared_from(row)
        row.delete()
        with pytest.raises(Invalid):
            keep_ready(ready)
        assert not Attachment.objects.exists()

    def test_a_failed_act_leaves_it_held(self):
        ready = queries.prepared_from(held())
        with transaction.atomic():
            keep_ready(ready)
            transaction.set_rollback(True)
        assert HeldUpload.objects.get().claimed_at is None
        assert keep_ready(ready)

    def test_a_session_holds_only_so_many_and_kept_ones_do_not_count(self, monkeypatch):
        monkeypatch.setattr(actions.keep, "MOST_HELD", 2)
        keep_ready(queries.prepared_from(held()))
        held()
        held()
        with pytest.raises(TooMany):
            held()
        assert held("session-b")

    def test_neither_session_nor_photo_can_be_read_from_the_row(self):
        row = held("session-a")
        assert "session-a" not in row.session
        assert len(row.token) > 40


class TestErase:
    def test_it_erases_rows_and_files_and_keeps_the_history_whole(self, data, django_capture_on_commit_callbacks):
        row, stays = keep(), keep(owner_id=OTHER)
        with django_capture_on_commit_callbacks(execute=True):
            assert actions.erase_files(owner_kind="report", owner_ids=[OWNER], actor=system(), now=NOW) == 1
        assert list(Attachment.objects.all()) == [stays]
        assert on_disk(data) == [f"{stays.pk}-480.jpg", f"{stays.pk}.jpg"]
        assert [line.verb for line in History.objects.filter(object_id=row.pk).order_by("pk")] == ["keep", "erase"]

    def test_files_stay_until_the_commit(self, data):
        keep()
        actions.erase_files(owner_kind="report", owner_ids=[OWNER], actor=system(), now=NOW)
        assert len(on_disk(data)) == 2


class TestSweep:
    def test_expired_uploads_go_with_their_files(self, data, django_capture_on_commit_callbacks):
        held()
        young = held(now=NOW + timedelta(hours=1))
        with django_capture_on_commit_callbacks(execute=True):
            assert actions.sweep(now=NOW + timedelta(hours=24)) == 1
        assert list(HeldUpload.objects.all()) == [young]
        assert on_disk(data) == [f"{young.pk}-480.jpg", f"{young.pk}.jpg"]

    def test_a_kept_upload_keeps_its_files_when_its_row_expires(self, data, django_capture_on_commit_callbacks):
        keep_ready(queries.prepared_from(held()))
        with django_capture_on_commit_callbacks(execute=True):
            actions.sweep(now=NOW + timedelta(days=9))
        assert not HeldUpload.objects.exists()
        assert len(on_disk(data)) == 2

    def test_files_of_a_failed_transaction_go_after_two_days_and_not_before(self, data):
        with transaction.atomic():
            keep()
            transaction.set_rollback(True)
        kept = keep()
        aged(data, 47)
        assert actions.sweep(now=NOW) == 0
        aged(data, 49)
        assert actions.sweep(now=NOW) == 2
        assert on_disk(data) == [f"{kept.pk}-480.jpg", f"{kept.pk}.jpg"]

    def test_leftovers_of_broken_writes_go_too(self, data):
        keep()
        (next(data.rglob("*.jpg")).parent / ".0123.part").write_bytes(b"half")
        aged(data, 49)
        assert actions.sweep(now=NOW) == 1

    def test_without_a_folder_there_is_nothing_to_sweep(self):
        assert actions.sweep(now=NOW) == 0
