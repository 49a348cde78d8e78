"""Any upload becomes a clean image or a refusal that names the photo; nothing of the file but its pixels is kept."""

import io
import tracemalloc

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from PIL import Image

from huying.files.imaging import prepare_image, thumb
from huying.files.rules import FileKind, Limits
from huying.kernel.refusals import Invalid, Refusal, TooLarge
from tests.files.pictures import SECRET, bad_corpus, bomb, drawn, photo, saved, with_camera_data

CORPUS = dict(bad_corpus())


def opened(data):
    return Image.open(io.BytesIO(data))


def corners(data):
    """Colours of the four corners, clockwise from top left: R, B, or what they are."""
    image = opened(data).convert("RGB")
    right, bottom = image.width - 1, image.height - 1
    names = ""
    for place in ((0, 0), (right, 0), (right, bottom), (0, bottom)):
        red, _green, blue = image.getpixel(place)
        names += "R" if red > blue else "B"
    return names


class TestClean:
    @pytest.mark.parametrize(("form", "kind"), [("JPEG", "jpg"), ("PNG", "webp"), ("WEBP", "webp")])
    def test_each_of_the_three_kinds_is_taken(self, form, kind):
        prepared = prepare_image(photo(form=form))
        assert (prepared.kind, prepared.width, prepared.height) == (FileKind(kind), 64, 48)
        assert opened(prepared.data).size == opened(prepared.preview).size == (64, 48)
        assert corners(prepared.data) == "RBBR"
        assert prepared.size == len(prepared.data)

    @pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
    def test_place_device_comment_and_profile_are_gone(self, form):
        upload = with_camera_data(form=form)
        assert SECRET in upload
        prepared = prepare_image(upload)
        for data in (prepared.data, prepared.preview, thumb(prepared.preview)):
            image = opened(data)
            assert not image.getexif()
            assert not {"exif", "icc_profile", "comment", "xmp", "photoshop"} & set(image.info)
            assert SECRET not in data

    def test_what_hangs_behind_the_picture_is_gone(self):
        prepared = prepare_image(photo() + b"PK\x03\x04<script>" + SECRET)
        assert SECRET not in prepared.data
        assert b"<script>" not in prepared.data

    @pytest.mark.parametrize(
        ("orientation", "expected", "size"),
        [
            (1, "RBBR", (64, 48)),
            (2, "BRRB", (64, 48)),
            (3, "BRRB", (64, 48)),
            (4, "RBBR", (64, 48)),
            (5, "RRBB", (48, 64)),
            (6, "RRBB", (48, 64)),
            (7, "BBRR", (48, 64)),
            (8, "BBRR", (48, 64)),
            (99, "RBBR", (64, 48)),
        ],
    )
    def test_it_stands_upright_as_it_was_held(self, orientation, expected, size):
        prepared = prepare_image(with_camera_data(orientation))
        assert (corners(prepared.data), opened(prepared.data).size) == (expected, size)

    def test_it_is_shrunk_to_the_longest_edge_with_its_shape(self):
        prepared = prepare_image(photo(5120, 2000))
        assert (prepared.width, prepared.height) == opened(prepared.data).size == (2560, 1000)
        assert max(opened(prepared.preview).size) == 480

    def test_a_turned_long_photo_keeps_its_shape(self):
        prepared = prepare_image(with_camera_data(6, width=4000, height=1000))
        assert (prepared.width, prepared.height) == (640, 2560)

    def test_the_same_photo_twice_is_the_same_file(self):
        assert prepare_image(photo()).sha256 == prepare_image(photo()).sha256


class TestModes:
    @pytest.mark.parametrize(
        ("mode", "form"),
        [("CMYK", "JPEG"), ("L", "JPEG"), ("L", "PNG"), ("1", "PNG"), ("P", "PNG"), ("LA", "PNG"), ("RGBA", "PNG")],
    )
    def test_every_mode_becomes_plain_colour(self, mode, form):
        prepared = prepare_image(saved(drawn().convert(mode), form))
        assert opened(prepared.data).mode == "RGB"

    def test_cmyk_keeps_its_colours(self):
        assert corners(prepare_image(saved(drawn().convert("CMYK"), "JPEG")).data) == "RBBR"

    def test_sixteen_bits_of_grey_are_scaled_not_clipped(self):
        deep = Image.new("I;16", (64, 48), 32_768)
        level = opened(prepare_image(saved(deep, "PNG")).data).convert("L").getpixel((5, 5))
        assert 120 <= level <= 136

    def test_see_through_parts_become_white(self):
        clear = Image.new("RGBA", (64, 48), (0, 0, 0, 0))
        assert min(opened(prepare_image(saved(clear, "PNG")).data).convert("RGB").getpixel((5, 5))) > 250

    def test_a_palette_with_a_see_through_colour_becomes_white_there(self):
        flat = Image.new("P", (64, 48), 0)
        flat.putpalette([10, 20, 30] + [0] * 765)
        data = saved(flat, "PNG", transparency=0)
        assert min(opened(prepare_image(data).data).convert("RGB").getpixel((5, 5))) > 250

    def test_a_photo_with_a_second_frame_as_phones_store_it_is_taken(self):
        data = saved(drawn(), "MPO", save_all=True, append_images=[Image.new("RGB", (64, 48), "green")])
        assert opened(data).format == "MPO"
        assert corners(prepare_image(data).data) == "RBBR"


class TestRefusals:
    @pytest.mark.parametrize("name", CORPUS)
    def test_bad_input_is_refused_with_a_sentence_that_names_the_photo(self, name):
        with pytest.raises((Invalid, TooLarge)) as refused:
            prepare_image(CORPUS[name], name="IMG_7.jpg", number=2)
        assert "第 2 张照片（IMG_7.jpg）" in str(refused.value)

    def test_a_bomb_is_refused_before_it_is_decoded(self):
        data = bomb()
        assert len(data) < 20_000
        tracemalloc.start()
        with pytest.raises(TooLarge, match="5000 万像素"):
            prepare_image(data)
        _now, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 2_000_000

    def test_too_many_bytes_are_refused_with_both_numbers(self):
        with pytest.raises(TooLarge, match="最多 12 MB"):
            prepare_image(b"\xff\xd8" + b"\0" * (12 * 1024 * 1024))

    def test_the_limit_on_bytes_is_given(self):
        with pytest.raises(TooLarge):
            prepare_image(photo(), limits=Limits(bytes=100))

    @pytest.mark.parametrize(
        ("name", "shown"),
        [
            ("../../etc/passwd", "照片（passwd）"),
            ("C:\\photos\\a.jpg", "照片（a.jpg）"),
            ("a\u202egpj.exe\x00\n", "照片（agpj.exe）"),
            ("", "这张照片"),
        ],
    )
    def test_a_name_is_shown_short_and_without_hidden_signs(self, name, shown):
        with pytest.raises(Invalid) as refused:
            prepare_image(b"words", name=name)
        assert str(refused.value).startswith(shown)

    @hypothesis_settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(
        st.sampled_from([photo(), photo(form="PNG"), photo(form="WEBP"), with_camera_data(6)]),
        st.lists(st.tuples(st.integers(0, 5000), st.binary(min_size=1, max_size=4)), min_size=1, max_size=6),
        st.integers(0, 5000) | st.none(),
    )
    def test_any_damage_ends_in_a_clean_image_or_a_refusal(self, upload, hits, cut):
        data = bytearray(upload)
        for place, new in hits:
            place %= len(data)
            data[place : place + len(new)] = new
        try:
            prepared = prepare_image(bytes(data[:cut]))
        except Refusal:
            return
        assert not opened(prepared.data).getexif()
        assert max(prepared.width, prepared.height) <= 2560

    @hypothesis_settings(max_examples=100, deadline=None)
    @given(st.binary(max_size=600))
    def test_any_bytes_end_in_a_refusal(self, data):
        with pytest.raises(Refusal):
            prepare_image(data)


@pytest.mark.real_data
def test_real_aerial_photos_lose_their_position(real_data):
    folder = real_data / "drone-images"
    photos = sorted(folder.glob("*.JPG"))[:4] if folder.is_dir() else []
    if not photos:
        pytest.skip("HUYING_REAL_DATA holds no folder drone-images")
    for path in photos:
        upload = path.read_bytes()
        assert opened(upload).getexif().get_ifd(0x8825), "the photo should carry a position to lose"
        prepared = prepare_image(upload, limits=Limits(bytes=40 * 1024 * 1024))
        for data in (prepared.data, prepared.preview):
            assert not opened(data).getexif()
            assert {name for name, _content in opened(data).applist} == {"APP0"}
            assert b"http://ns.adobe.com" not in data
