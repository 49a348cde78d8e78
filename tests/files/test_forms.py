"""Several photos in a form that may be sent back: what was right stays, what was wrong is named."""

import re
from datetime import UTC, datetime
from uuid import UUID

import pytest
from django import forms
from django.contrib.sessions.backends.db import SessionStore
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template.loader import render_to_string
from django.utils.datastructures import MultiValueDict

from huying.files.actions import keep_prepared
from huying.files.forms import HoldsImages, ImagesField
from huying.files.models import Attachment, HeldUpload
from huying.files.rules import Limits
from huying.files.uploads import LengthGate
from huying.kernel.actor import system
from tests.files.pictures import photo

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 10, 20, 9, 30, tzinfo=UTC)


class ReportForm(HoldsImages, forms.Form):
    words = forms.CharField()
    photos = ImagesField(label="照片", most=3)


def upload(name="a.jpg", data=None):
    return SimpleUploadedFile(name, photo() if data is None else data, content_type="image/jpeg")


@pytest.fixture
def session():
    return SessionStore()


@pytest.fixture
def post(rf, session):
    def send(*files, words="路灯不亮", held=(), form=ReportForm, session=session, now=NOW):
        request = rf.post("/")
        request.session = session
        request._now = now
        data = MultiValueDict({"words": [words], "photos_held": list(held)})
        return form(data, MultiValueDict({"photos": list(files)}), request=request)

    return send


def tokens_in(form):
    return re.findall(r'name="photos_held" value="([^"]+)"', str(form["photos"]))


class TestImagesField:
    def test_good_photos_come_out_ready_to_keep(self, post):
        form = post(upload(), upload("b.png", photo(form="PNG")))
        assert form.is_valid(), form.errors
        rows = [
            keep_prepared(
                one,
                owner_kind="report",
                owner_id=UUID(int=1),
                purpose="report",
                area_code="99",
                actor=system(),
                now=NOW,
            )
            for one in form.cleaned_data["photos"]
        ]
        assert [row.kind for row in rows] == ["jpg", "webp"]

    def test_no_photo_is_fine_unless_asked_for(self, post):
        class Asking(ReportForm):
            photos = ImagesField(required=True)

        form = post()
        assert form.is_valid()
        assert form.cleaned_data == {"words": "路灯不亮", "photos": []}
        assert post(form=Asking).errors["photos"] == ["请至少选一张照片。"]
        assert not HeldUpload.objects.exists()

    def test_each_bad_photo_is_named_and_the_good_ones_stay(self, post):
        form = post(upload("a.jpg"), upload("b.txt", b"words"), upload("c.jpg", b""))
        assert not form.is_valid()
        first, second = form.errors["photos"]
        assert "第 2 张照片（b.txt）" in first
        assert "第 3 张照片（c.jpg）是空的" in second
        assert len(tokens_in(form)) == 1

    def test_too_many_photos_are_said_and_the_first_ones_stay(self, post):
        form = post(*(upload(f"{number}.jpg") for number in range(5)))
        assert form.errors["photos"] == ["最多 3 张照片，多出的没有收下。请去掉几张。"]
        assert len(tokens_in(form)) == 3

    def test_a_huge_file_is_refused_before_it_is_read(self, post):
        class Tight(ReportForm):
            photos = ImagesField(limits=Limits(bytes=500))

        file = upload(data=b"x" * 501)
        file.file = None
        assert "最多" in post(file, form=Tight).errors["photos"][0]

    def test_a_form_without_files_in_it_is_no_fault(self, rf, session):
        request = rf.post("/")
        request.session = session
        assert ReportForm({"words": "路灯不亮"}, {}, request=request).is_valid()

    def test_without_a_request_photos_are_ready_but_not_held(self):
        form = ReportForm(MultiValueDict({"words": ["x"]}), MultiValueDict({"photos": [upload()]}))
        assert form.is_valid()
        assert form.cleaned_data["photos"][0].held is None

    def test_an_empty_form_shows_a_plain_input(self, rf):
        shown = str(ReportForm()["photos"])
        assert 'type="file"' in shown
        assert "multiple" in shown
        assert 'accept="image/jpeg,image/png,image/webp"' in shown
        assert "photos_held" not in shown


class TestHolding:
    def test_a_form_sent_back_for_another_fault_keeps_the_photos_and_shows_them(self, post):
        form = post(upload(), words="")
        assert not form.is_valid()
        shown = str(form["photos"])
        assert 'src="data:image/jpeg;base64,' in shown
        assert "checked" in shown

        again = post(held=tokens_in(form))
        assert again.is_valid()
        assert [one.held for one in again.cleaned_data["photos"]] == [HeldUpload.objects.get().pk]

    def test_a_photo_whose_tick_was_taken_off_is_left_out(self, post):
        first, _second = tokens_in(post(upload(), upload("b.jpg", photo(80)), words=""))
        form = post(held=[first])
        assert form.is_valid()
        assert len(form.cleaned_data["photos"]) == 1

    def test_held_and_new_photos_count_together(self, post):
        held = tokens_in(post(upload(), upload(), words=""))
        assert not post(upload(), upload(), held=held).is_valid()
        assert post(upload(), held=held).is_valid()

    def test_a_token_sent_twice_counts_once(self, post):
        (token,) = tokens_in(post(upload(), words=""))
        form = post(held=[token, token])
        assert form.is_valid()
        assert len(form.cleaned_data["photos"]) == 1

    def test_a_stranger_with_the_token_gets_nothing(self, post):
        held = tokens_in(post(upload(), words=""))
        form = post(held=held, session=SessionStore())
        assert form.errors["photos"] == ["之前选的照片有的已过期。请重新选择照片。"]
        assert tokens_in(form) == []

    @pytest.mark.parametrize("token", ["", "guess", "x" * 100_000, "<script>", "\x00", "\ud800"])
    def test_a_made_up_token_is_a_plain_fault(self, post, token):
        post(upload(), words="").is_valid()
        assert not post(held=[token]).is_valid()

    def test_a_form_sent_twice_is_valid_both_times(self, post):
        held = tokens_in(post(upload(), words=""))
        for _time in range(2):
            form = post(held=held)
            assert form.is_valid()
            keep_prepared(
                form.cleaned_data["photos"][0],
                owner_kind="report",
                owner_id=UUID(int=1),
                purpose="report",
                area_code="99",
                actor=system(),
                now=NOW,
            )
        assert Attachment.objects.count() == 1

    def test_no_session_is_made_where_no_photo_comes(self, post, session):
        post().is_valid()
        assert session.session_key is None
        post(upload()).is_valid()
        assert session.session_key is not None

    def test_under_the_tile_of_our_component_the_held_photos_stand_beside_the_input(self, post):
        form = post(upload(), words="")
        assert not form.is_valid()
        assert "photos_held" not in form["photos"].as_widget(attrs={"data-photo-input": "1"})
        shown = render_to_string("ui/photo_input.html", {"field": form["photos"], "most": 3})
        assert shown.index("photos_held") < shown.index("photo-add")


class TestLengthGate:
    def test_a_request_far_too_long_is_refused_unread(self, rf):
        request = rf.post("/", {"a": upload()})
        request.META["CONTENT_LENGTH"] = str(10**9)
        with pytest.raises(RequestDataTooBig):
            request.FILES.keys()

    def test_six_photos_of_the_biggest_kind_pass(self):
        gate = LengthGate()
        assert gate.handle_raw_input(None, {}, 6 * 12 * 1024 * 1024, b"") is None
