"""Uploads in parts, scans, covering and terms: through actions and doors, with a stranger, and with nonsense."""

import base64
import hashlib
import json
import socket
import threading
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as bounds
from hypothesis import strategies as st
from PIL import Image

from huying.audit.models import History
from huying.files import actions, queries, scanning, storage
from huying.files.actions.ending import set_term
from huying.files.forms import BoxesForm
from huying.files.models import Attachment, HeldUpload, PartialUpload, Quarantined, Removal
from huying.files.reading import prepare_paper, prepare_sound
from huying.files.responses import disposition, send
from huying.files.resting import OWNERS
from huying.files.rules import CHUNK, TERMS, Box, Keeping, ScanState
from huying.kernel.actor import Actor, ActorKind, Granted, resident, system
from huying.kernel.refusals import Invalid, NotAllowed, NotFound
from tests.files import papers, sounds
from tests.files.pictures import photo

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 10, 20, 9, 30, tzinfo=UTC)
CALL = UUID(int=5)


@pytest.fixture(autouse=True)
def at_nine(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


def kept(prepared, *, purpose="report", now=NOW, owner=CALL, **more):
    return actions.keep_prepared(
        prepared,
        owner_kind="report",
        owner_id=owner,
        purpose=purpose,
        area_code="99",
        actor=resident(),
        now=now,
        **more,
    )


class Sender:
    """A browser that sends in parts."""

    def __init__(self, client=None):
        self.client = client or Client()

    def begin(self, data, wanted="paper", name="a.pdf", **more):
        body = {"wanted": wanted, "name": name, "size": len(data), **more}
        return self.client.post("/files/parts/", json.dumps(body), content_type="application/json")

    def patch(self, address, offset, chunk, **headers):
        told = {"HTTP_UPLOAD_OFFSET": str(offset), **headers}
        return self.client.patch(address, chunk, content_type="application/offset+octet-stream", **told)

    def whole(self, data, size=CHUNK, **options):
        address = self.begin(data, **options)["Location"]
        for offset in range(0, len(data), size):
            answer = self.patch(address, offset, data[offset : offset + size])
        return answer


class TestUploadsInParts:
    def test_a_file_in_three_parts_is_held_for_the_form_of_this_session(self):
        sender, data = Sender(), papers.pdf() + b"\n" * 2_500_000
        answer = sender.whole(data)
        assert answer.status_code == 200
        held = HeldUpload.objects.get(token=answer.json()["held"])
        assert (held.kind, held.size, held.pages) == ("pdf", len(data), 1)
        assert not list((storage.root() / "parts").glob("*"))

    def test_it_goes_on_where_it_stopped_also_after_a_restart(self):
        sender, data = Sender(), papers.pdf()
        address = sender.begin(data)["Location"]
        assert sender.patch(address, 0, data[:100])["Upload-Offset"] == "100"
        again = Sender(sender.client)  # nothing is kept in the process: row and part say where it stands
        told = again.client.head(address)
        assert (told["Upload-Offset"], told["Upload-Length"]) == ("100", str(len(data)))
        # The process died between file and row: what is beyond the row's offset is written over.
        with storage.part_path(PartialUpload.objects.get().pk).open("ab") as part:
            part.write(b"torn")
        assert again.patch(address, 100, data[100:]).json()["held"]

    def test_a_wrong_offset_is_told_the_right_one(self):
        sender, data = Sender(), papers.pdf()
        address = sender.begin(data)["Location"]
        sender.patch(address, 0, data[:100])
        for offset in (0, 50, 101, 10**11):
            answer = sender.patch(address, offset, data[:10])
            assert (answer.status_code, answer["Upload-Offset"]) == (409, "100")

    def test_the_last_part_sent_twice_answers_the_same(self):
        sender, data = Sender(), papers.pdf()
        address = sender.begin(data)["Location"]
        first = sender.patch(address, 0, data)
        assert first.status_code == 200
        assert sender.patch(address, 0, data).json() == first.json()
        assert HeldUpload.objects.count() == 1
        assert sender.client.head(address)["Upload-Offset"] == str(len(data))

    def test_a_part_that_broke_on_the_way_is_refused_and_nothing_moves(self):
        sender, data = Sender(), papers.pdf()
        address = sender.begin(data)["Location"]
        good = base64.b64encode(hashlib.sha256(data).digest()).decode()
        broken = sender.patch(address, 0, data[:-1] + b"!", HTTP_UPLOAD_CHECKSUM=f"sha256 {good}")
        assert (broken.status_code, PartialUpload.objects.get().offset) == (422, 0)
        assert sender.patch(address, 0, data, HTTP_UPLOAD_CHECKSUM=f"sha256 {good}").status_code == 200

    def test_a_whole_that_is_not_what_was_announced_leaves_nothing(self):
        sender, data = Sender(), papers.pdf()
        address = sender.begin(data, sha256="0" * 64)["Location"]
        assert sender.patch(address, 0, data).status_code == 422
        assert not PartialUpload.objects.exists()
        assert not HeldUpload.objects.exists()

    def test_a_bad_file_is_told_as_any_form_tells_it(self):
        sender = Sender()
        address = sender.begin(b"MZ" + bytes(500))["Location"]
        answer = sender.patch(address, 0, b"MZ" + bytes(500))
        assert answer.status_code == 422
        assert "不是能收的文件" in answer.json()["detail"]

    def test_a_stranger_with_the_address_gets_the_404_of_what_is_not_there(self):
        sender, stranger, data = Sender(), Sender(), papers.pdf()
        address = sender.begin(data)["Location"]
        stranger.begin(data)
        nowhere = "/files/parts/" + "x" * 43 + "/"
        for one in (address, nowhere):
            assert stranger.client.head(one).status_code == 404
            answer = stranger.patch(one, 0, data)
            assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
            assert stranger.client.delete(one).status_code == 404
        assert sender.patch(address, 0, data).status_code == 200

    def test_quotas_of_one_session(self):
        sender = Sender()
        answers = [sender.begin(papers.pdf()).status_code for _each in range(7)]
        assert answers == [201] * 6 + [429]
        assert Sender().begin(papers.pdf()).status_code == 201
        assert sender.begin(b"x" * (16 * 1024 * 1024)).status_code == 413

    def test_what_expired_is_swept_with_its_parts(self):
        sender, data = Sender(), papers.pdf()
        sender.patch(sender.begin(data)["Location"], 0, data[:50])
        upload = PartialUpload.objects.get()
        assert actions.sweep(now=NOW + timedelta(hours=23)) == 0
        assert storage.part_path(upload.pk).exists()
        actions.sweep(now=NOW + timedelta(hours=25))
        assert not PartialUpload.objects.exists()

    def test_photos_and_recordings_come_in_parts_too(self):
        assert Sender().whole(photo(), wanted="photo", name="a.jpg").json()["held"]
        assert Sender().whole(sounds.webm(), wanted="sound", name="a.webm").json()["held"]

    @bounds(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        body=st.one_of(
            st.binary(max_size=60),
            st.dictionaries(
                st.sampled_from(["wanted", "name", "size", "sha256"]),
                st.one_of(
                    st.none(),
                    st.integers(-(2**70), 2**70),
                    st.text(max_size=30),
                    st.sampled_from(["photo", "paper"]),
                    st.lists(st.integers(), max_size=2),
                ),
            ).map(lambda one: json.dumps(one).encode()),
        ),
        offset=st.one_of(st.integers(-5, 2**70).map(str), st.text("0123456789abc -+.é٣", max_size=8)),
        checksum=st.sampled_from(["", "sha256", "sha256 x", "md5 AAAA", "sha256 " + "A" * 44, "é"]),
        chunk=st.binary(max_size=40),
        token=st.sampled_from(["x", "x" * 43, "%00", "..%2f", "é" * 43]),
    )
    def test_nonsense_is_answered_politely(self, body, offset, checksum, chunk, token):
        sender = Sender()
        began = sender.client.post("/files/parts/", body, content_type="application/json")
        assert began.status_code in (201, 413, 422, 429)
        address = sender.begin(b"12345678")["Location"]
        headers = {"HTTP_UPLOAD_CHECKSUM": checksum} if checksum else {}
        for one in (address, f"/files/parts/{token}/"):
            answer = sender.patch(one, offset, chunk, **headers)
            assert 200 <= answer.status_code < 500, (one, offset, answer.content)
            assert sender.client.head(one).status_code in (200, 404)
        assert sender.client.put(address).status_code == 405


class TestScanning:
    def test_without_a_scanner_a_document_is_marked_as_not_scanned_and_a_photo_needs_none(self):
        paper = actions.checked(prepare_paper(papers.pdf()), which="x", actor=resident(), now=NOW)
        assert paper.scan == ScanState.UNSCANNED
        picture = actions.prepare_image(photo())
        assert actions.checked(picture, which="x", actor=resident(), now=NOW).scan == ScanState.ANEW

    @pytest.mark.parametrize(
        ("hook", "state"),
        [("true", "clean"), ("sh -c 'cat >/dev/null; exit 2'", "unscanned"), ("/no/such", "unscanned")],
    )
    def test_a_command_answers_by_its_end(self, settings, hook, state):
        settings.FILES_SCAN = hook
        assert scanning.scan(b"x" * 100_000).state == state

    def test_a_hit_is_shut_away_told_politely_and_written_down(self, settings):
        settings.FILES_SCAN = "sh -c 'cat >/dev/null; echo Eicar-Test; exit 1'"
        with pytest.raises(Invalid, match="没有通过安全检查"):
            actions.checked(prepare_paper(papers.pdf()), which="文件", actor=resident(), now=NOW)
        row = Quarantined.objects.get()
        assert (row.finding, row.kind) == ("Eicar-Test", "pdf")
        assert storage.quarantine_path(row.pk).read_bytes() == papers.pdf()
        line = History.objects.get(verb="quarantine")
        assert line.object_id == row.pk
        assert not HeldUpload.objects.exists()

    def test_files_from_before_the_scanner_are_scanned_later_and_a_hit_is_served_to_nobody(self, settings, tmp_path):
        held = actions.checked(prepare_paper(papers.docx("密钥")), which="x", actor=resident(), now=NOW)
        row = kept(held, lexemes=["密钥"])
        assert actions.scan_again(actor=system(), now=NOW) == 0
        settings.FILES_SCAN = "sh -c 'cat >/dev/null; exit 1'"
        assert actions.scan_again(actor=system(), now=NOW) == 1
        row.refresh_from_db()
        assert (row.scan, row.lexemes, row.opening) == ("hit", [], "")
        with pytest.raises(NotFound):
            send(row, preview=False)
        assert not storage.path_of(row.pk, row.kind, preview=False).exists()
        assert actions.scan_again(actor=system(), now=NOW) == 0

    @pytest.mark.parametrize(
        ("says", "state"), [(b"stream: OK\0", "clean"), (b"stream: Eicar FOUND\0", "hit"), (b"?\0", "unscanned")]
    )
    def test_clamd_is_asked_by_its_own_protocol(self, settings, says, state):
        server = socket.create_server(("127.0.0.1", 0))
        heard = bytearray()

        def answer():
            line, _address = server.accept()
            while not heard.endswith(b"\0\0\0\0"):
                heard.extend(line.recv(65536))
            line.sendall(says)
            line.close()

        thread = threading.Thread(target=answer)
        thread.start()
        settings.FILES_SCAN = f"clamd:127.0.0.1:{server.getsockname()[1]}"
        assert scanning.scan(b"abc").state == state
        thread.join(5)
        server.close()
        assert bytes(heard) == b"zINSTREAM\0\0\0\0\x03abc\0\0\0\0"


class TestCovering:
    def test_what_lay_under_the_rectangle_is_nowhere_any_more(self):
        row = kept(actions.prepare_image(photo(400, 300)))
        before = row.sha256
        actions.cover_photo(row.pk, [Box(0, 0, 500, 1000)], actor=resident(), now=NOW)
        row.refresh_from_db()
        assert row.covered_at == NOW
        assert row.sha256 != before
        for preview in (True, False):
            with Image.open(storage.path_of(row.pk, row.kind, preview=preview)) as shown:
                left, right = shown.getpixel((shown.width // 4, 50)), shown.getpixel((shown.width * 3 // 4, 50))
            assert max(left) < 70
            assert right[2] > 150
        assert not [path for path in storage.root().rglob("*") if path.is_file() and before in path.name]
        line = History.objects.get(verb="cover")
        assert line.facts == {"owner_kind": "report", "owner_id": str(CALL), "count": 1, "sha256": row.sha256}

    def test_only_photos_and_only_with_a_rectangle(self):
        row = kept(prepare_paper(papers.pdf()))
        with pytest.raises(NotFound):
            actions.cover_photo(row.pk, [Box(0, 0, 9, 9)], actor=resident(), now=NOW)
        picture = kept(actions.prepare_image(photo()))
        with pytest.raises(Invalid):
            actions.cover_photo(picture.pk, [], actor=resident(), now=NOW)

    def test_a_held_photo_is_covered_by_its_own_session_alone(self):
        held = actions.hold_image(actions.prepare_image(photo()), session_key="mine", now=NOW)
        with pytest.raises(NotFound):
            actions.cover_held(held.token, [Box(0, 0, 9, 9)], session_key="other", now=NOW)
        assert actions.cover_held(held.token, [Box(0, 0, 9, 9)], session_key="mine", now=NOW).sha256 != held.sha256

    @pytest.mark.parametrize(
        ("data", "found"),
        [
            ({"boxes": "10,20,30,40;1,2,3,4"}, [Box(10, 20, 30, 40), Box(1, 2, 3, 4)]),
            ({"left1": "40", "top1": "20", "width1": "10", "height1": "15"}, [Box(400, 200, 100, 150)]),
            ({"boxes": "900,900,9999,9999"}, [Box(900, 900, 100, 100)]),
        ],
    )
    def test_rectangles_are_drawn_or_given_by_numbers(self, data, found):
        form = BoxesForm(data)
        assert form.is_valid(), form.errors
        assert form.found == found

    @bounds(max_examples=80, deadline=None)
    @given(
        st.dictionaries(st.sampled_from(["boxes", "left1", "top1", "width1", "height1", "left2"]), st.text(max_size=40))
    )
    def test_any_other_input_is_a_sentence(self, data):
        form = BoxesForm(data)
        assert form.is_valid() or form.errors
        assert all(0 <= one.left <= 1000 and one.left + one.width <= 1000 for one in form.found)


@pytest.fixture
def since(monkeypatch):
    """When each owner's case ended."""
    ended = {}
    monkeypatch.setitem(OWNERS, "report", lambda ids: {one: ended[one] for one in ids if one in ended})
    return ended


@pytest.mark.parametrize("owners", [("report",), ("report", "case"), ("case", "report", "answer", "order")])
def test_files_of_owners_of_several_kinds_are_read_at_once(owners, django_assert_num_queries):
    mine = {owner: kept(actions.prepare_image(photo()), owner=UUID(int=place)) for place, owner in enumerate(owners, 1)}
    for owner, row in mine.items():
        Attachment.objects.filter(pk=row.pk).update(owner_kind=owner, lexemes=[owner])
    asked = {owner: [UUID(int=place)] for place, owner in enumerate(owners, 1)}
    with django_assert_num_queries(1):
        assert {one.pk for one in queries.every_of(asked)} == {one.pk for one in mine.values()}
    crossed = {owner: [UUID(int=99)] for owner in owners}  # the same kinds, of others
    assert queries.every_of(crossed) == []
    Attachment.objects.update(kind="pdf")
    assert sorted(queries.lexemes_of(asked)) == sorted(owners)
    assert len(queries.every_of({**asked, "case": []})) == len(owners) - ("case" in owners)


class TestTerms:
    def test_a_recording_goes_before_a_photo_and_both_only_after_the_case_has_ended(self, since):
        voice = kept(prepare_sound(sounds.webm()))
        picture = kept(actions.prepare_image(photo()))
        late = NOW + timedelta(days=4000)
        assert actions.end_files(actor=system(), now=late) == {}  # open, or objected to: nothing goes
        since[CALL] = NOW + timedelta(days=100)
        assert actions.end_files(actor=system(), now=NOW + timedelta(days=189)) == {}
        assert actions.end_files(actor=system(), now=NOW + timedelta(days=190)) == {"voice": 1}
        assert actions.end_files(actor=system(), now=NOW + timedelta(days=190)) == {}
        voice.refresh_from_db()
        assert (voice.emptied_at is not None, voice.size, voice.sha256, voice.seconds) == (True, 0, "", None)
        assert picture.emptied_at is None
        assert actions.end_files(actor=system(), now=NOW + timedelta(days=830)) == {"report_photo": 1}
        with pytest.raises(NotFound):
            send(voice, preview=False)
        assert queries.every_of({"report": [CALL]}) == []

    def test_the_ledger_says_how_many_and_the_history_which(self, since, django_capture_on_commit_callbacks):
        rows = [kept(prepare_sound(sounds.webm(number))) for number in (1, 2)]
        since[CALL] = NOW
        with django_capture_on_commit_callbacks(execute=True):
            actions.end_files(actor=system(), now=NOW + timedelta(days=91))
        assert Removal.objects.get().counts == {"voice": 2}
        assert set(History.objects.filter(verb="end_keeping").values_list("object_id", flat=True)) == {
            one.pk for one in rows
        }
        assert History.objects.get(verb="end_files").facts == {"count": 2, "voice": 2}
        assert not list(storage.root().rglob("*.webm"))
        kept_facts = json.dumps(list(History.objects.values_list("facts", flat=True)))
        assert "voice.webm" not in kept_facts

    def test_terms_are_rows_within_bounds_set_by_the_security_officer(self):
        officer = Actor(ActorKind.PERSON, uuid4(), grants=(Granted(frozenset({"secure"}), "99"),))
        set_term(what="voice", days=45, actor=officer, now=NOW)
        assert queries.terms()[Keeping.VOICE] == 45
        for days in (29, 366, -1):
            with pytest.raises(Invalid):
                set_term(what="voice", days=days, actor=officer, now=NOW)
        with pytest.raises(NotAllowed):
            set_term(what="voice", days=45, actor=resident(), now=NOW)
        assert all(bound.least <= bound.days <= bound.most for bound in TERMS.values())

    def test_only_the_system_ends_files(self):
        with pytest.raises(NotAllowed):
            actions.end_files(actor=resident(), now=NOW)

    def test_the_quarantine_has_a_term_of_its_own(self, settings):
        settings.FILES_SCAN = "false"
        with pytest.raises(Invalid):
            actions.checked(prepare_paper(papers.pdf()), which="x", actor=resident(), now=NOW)
        assert actions.end_files(actor=system(), now=NOW + timedelta(days=31)) == {"quarantine": 1}
        assert not storage.quarantine_path(Quarantined.objects.get().pk).exists()

    def test_one_report_has_room_for_so_many(self, monkeypatch):
        monkeypatch.setattr(actions.keep, "MOST_OF_OWNER", 2)
        for number in (50, 60):
            kept(actions.prepare_image(photo(number)))
        with pytest.raises(Invalid, match="已经很多"):
            kept(actions.prepare_image(photo(70)))
        kept(actions.prepare_image(photo(80)), owner=UUID(int=6))


class TestResponses:
    def test_a_document_is_handed_over_and_never_opened_in_our_pages(self, rf):
        row = kept(prepare_paper(papers.pdf(), name='通知".exe'))
        told = send(row, preview=False, request=rf.get("/"))
        assert told["Content-Type"] == "application/pdf"
        assert told["Content-Disposition"].startswith('attachment; filename="')
        assert told["X-Content-Type-Options"] == "nosniff"
        assert told["Content-Security-Policy"] == "default-src 'none'; sandbox; frame-ancestors 'none'"
        assert told["Content-Disposition"].endswith(".exe.pdf")
        with pytest.raises(NotFound):
            send(row, preview=True)

    def test_a_recording_is_played_in_pieces_or_stored(self, rf):
        row = kept(prepare_sound(sounds.webm()))
        size = row.size
        for asked, status, length in [
            ("bytes=0-9", 206, 10), ("bytes=5-", 206, size - 5), ("bytes=-7", 206, 7), ("bytes=999999-", 416, 0),
            ("bytes=9-2", 416, 0), ("nonsense", 200, size), ("bytes=-", 200, size), ("bytes=0-1,3-4", 200, size),
        ]:  # fmt: skip
            told = send(row, preview=False, request=rf.get("/", HTTP_RANGE=asked))
            assert (told.status_code, len(told.content)) == (status, length), asked
        assert send(row, preview=False, request=rf.get("/?download"))["Content-Disposition"].startswith("attachment")

    @given(st.text(max_size=100))
    def test_no_name_breaks_out_of_its_header(self, name):
        told = disposition("attachment", name.encode("utf-8", "ignore").decode())
        assert "\r" not in told
        assert "\n" not in told
        assert told.count('"') == 2
        assert told.isascii()
