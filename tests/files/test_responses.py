"""A photo as an answer: its own bytes, for this viewer alone, never guessed at by the browser."""

import hashlib
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huying.files import storage
from huying.files.actions import keep_image
from huying.files.models import Attachment
from huying.files.responses import send
from huying.files.rules import FileKind
from huying.kernel.actor import system
from huying.kernel.refusals import NotFound
from tests.files.pictures import photo

NOW = datetime(2026, 10, 20, 9, 30, tzinfo=UTC)


@pytest.fixture
def row(db):
    return keep_image(
        data=photo(1000, 800),
        owner_kind="report",
        owner_id=UUID(int=1),
        purpose="report",
        area_code="990101001",
        actor=system(),
        now=NOW,
    )


class TestSend:
    def test_it_sends_the_stored_bytes(self, row):
        response = send(row, preview=False)
        assert hashlib.sha256(response.content).hexdigest() == row.sha256
        assert len(send(row, preview=True).content) < len(response.content)

    def test_its_headers_keep_it_private_and_unguessed(self, row):
        response = send(row, preview=True)
        assert response["Content-Type"] == "image/jpeg"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Cache-Control"] == "private, no-cache"
        assert response["Content-Disposition"] == f'inline; filename="{row.pk}-480.jpg"'
        assert "sandbox" in response["Content-Security-Policy"]

    def test_a_browser_that_has_it_gets_only_that_word(self, row, rf):
        etag = send(row, preview=True)["ETag"]
        again = send(row, preview=True, request=rf.get("/", headers={"If-None-Match": etag}))
        assert (again.status_code, again.content, again["Cache-Control"]) == (304, b"", "private, no-cache")
        whole = send(row, preview=False, request=rf.get("/", headers={"If-None-Match": etag}))
        assert whole.status_code == 200

    @pytest.mark.parametrize("kind", ["pdf", "docx", "webm"])
    def test_what_is_no_picture_has_no_preview(self, kind, caplog):
        with pytest.raises(NotFound):
            send(Attachment(kind=kind, sha256="0" * 64), preview=True)
        assert not caplog.records

    def test_a_file_missing_on_disk_is_not_found_and_logged(self, row, caplog):
        storage.remove(row.pk, row.kind)
        with pytest.raises(NotFound):
            send(row, preview=False)
        assert str(row.pk) in caplog.text


@given(st.uuids(), st.sampled_from(FileKind.values), st.booleans())
def test_no_id_leads_outside_the_folder(file_id, kind, preview):
    path = storage.path_of(file_id, kind, preview=preview)
    assert storage.root() in path.resolve().parents


def test_an_unknown_kind_leads_nowhere():
    with pytest.raises(ValueError):
        storage.path_of(uuid4(), "jpg/../../x", preview=False)


def test_files_of_one_day_spread_over_many_folders():
    from huying.kernel.ids import uuid7

    folders = {storage.path_of(uuid7(), "jpg", preview=False).parent for _number in range(200)}
    assert len(folders) > 150
