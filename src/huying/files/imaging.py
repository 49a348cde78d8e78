"""From any upload to a clean image: looked at before decoding, turned upright, made anew without its data.

Nothing of the upload but its pixels survives: no position, device, comment, colour profile, hidden tail.
"""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import filetype

from huying.files.rules import (
    PREVIEW_EDGE,
    STORED_EDGE,
    THUMB_EDGE,
    WHOLE,
    Box,
    FileKind,
    Limits,
    PreparedImage,
)
from huying.kernel.late import late
from huying.kernel.refusals import Invalid, TooLarge
from huying.kernel.terms import Label, _

if TYPE_CHECKING:
    from PIL import Image, ImageDraw, ImageOps
else:
    Image = late("PIL.Image")
    ImageDraw = late("PIL.ImageDraw")
    ImageOps = late("PIL.ImageOps")

_TAKEN = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
_ORIENTATION = 0x0112
_UPRIGHT = {
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}
_COVER = (31, 35, 41)
# A decoded photo takes up to 200 MB: only two at a time, however many threads serve.
_decoding = threading.BoundedSemaphore(2)


def prepare_image(
    data: bytes, *, name: str = "", number: int | None = None, limits: Limits | None = None
) -> PreparedImage:
    """The slow part of keeping an image, without any database: check, decode, turn, shrink, encode.

    `name` and `number` (from 1) only say in a refusal which photo is meant.
    Raises TooLarge (bytes, pixels) or Invalid (not a photo of the three kinds, broken, moving).
    """
    limits = limits or Limits()
    which = _which(name, number)
    check_size(len(data), name=name, number=number, limits=limits)
    guessed = filetype.guess(data[:8192])
    form = _TAKEN.get(guessed.mime if guessed else "")
    if form is None:
        raise Invalid(_("%(which)s不是 JPEG、PNG 或 WebP 照片，没有收下。请换一张。") % {"which": which})
    with _decoding:
        pixels = _pixels(data, form, which, limits)
        kind = FileKind.JPEG if form == "JPEG" else FileKind.WEBP
        stored = _encoded(pixels, kind)
        return PreparedImage(
            kind=kind,
            data=stored,
            preview=_encoded(_shrunk(pixels, PREVIEW_EDGE), kind),
            width=pixels.width,
            height=pixels.height,
            size=len(stored),
            sha256=hashlib.sha256(stored).hexdigest(),
        )


def check_size(size: int, *, name: str = "", number: int | None = None, limits: Limits | None = None) -> None:
    """Refuse by the number of bytes alone, before anything is read."""
    limits = limits or Limits()
    which = _which(name, number)
    if size == 0:
        raise Invalid(_("%(which)s是空的，没有收下。请重新选择照片。") % {"which": which})
    if size > limits.bytes:
        raise TooLarge(
            _("%(which)s有 %(size)s MB，最多 %(most)s MB。请压缩后再传。")
            % {"which": which, "size": f"{size / 1048576:.1f}", "most": limits.bytes // 1048576}
        )


def burnt(data: bytes, kind: FileKind, boxes: Sequence[Box]) -> PreparedImage:
    """A stored photo with rectangles painted over its pixels: what lay under them is in neither picture any more."""
    with _decoding, Image.open(io.BytesIO(data), formats=("JPEG", "WEBP")) as image:
        pixels = Image.new("RGB", image.size)
        pixels.paste(image.convert("RGB"))
        pen = ImageDraw.Draw(pixels)
        for box in boxes:
            left, top = box.left * pixels.width // WHOLE, box.top * pixels.height // WHOLE
            right = -(-(box.left + box.width) * pixels.width // WHOLE)
            bottom = -(-(box.top + box.height) * pixels.height // WHOLE)
            pen.rectangle((left, top, max(right - 1, left), max(bottom - 1, top)), fill=_COVER)
        stored = _encoded(pixels, kind)
        return PreparedImage(
            kind=kind,
            data=stored,
            preview=_encoded(_shrunk(pixels, PREVIEW_EDGE), kind),
            width=pixels.width,
            height=pixels.height,
            size=len(stored),
            sha256=hashlib.sha256(stored).hexdigest(),
        )


def thumb(preview: bytes) -> bytes:
    """A small JPEG of a stored preview, light enough to stand inside a page."""
    with Image.open(io.BytesIO(preview), formats=("JPEG", "WEBP")) as image:
        return _encoded(_shrunk(image.convert("RGB"), THUMB_EDGE), FileKind.JPEG)


def _which(name: str, number: int | None) -> str:
    short = "".join(one for one in name.replace("\\", "/").rsplit("/", 1)[-1] if one.isprintable())[-40:]
    if number is not None and short:
        return str(_("第 %(number)s 张照片（%(name)s）") % {"number": number, "name": short})
    if number is not None:
        return str(_("第 %(number)s 张照片") % {"number": number})
    return str(_("照片（%(name)s）") % {"name": short}) if short else str(_("这张照片"))


def _pixels(data: bytes, form: str, which: str, limits: Limits) -> Image.Image:
    """The upright pixels, opaque RGB, at most STORED_EDGE; every fault of the file becomes its refusal."""
    broken = _("%(which)s打不开，可能没有传完整或已损坏。请重新拍照或换一张。") % {"which": which}
    try:
        image = Image.open(io.BytesIO(data), formats=(form,))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as why:
        raise _too_many_pixels(which, limits) from why
    except Exception as why:  # whatever a hostile header makes a decoder raise, the file is what is wrong
        raise Invalid(broken) from why
    with image:
        width, height = image.size
        if width * height > limits.pixels or max(width, height) > limits.edge:
            raise _too_many_pixels(which, limits)
        # A JPEG with further frames is a phone's or drone's own extra picture: its first frame is the photo.
        if form != "JPEG" and getattr(image, "is_animated", False):
            raise Invalid(_("%(which)s是会动的图片，没有收下。请换一张普通照片。") % {"which": which})
        try:
            turn = _UPRIGHT.get(_orientation(image))
            image.draft("RGB", (STORED_EDGE, STORED_EDGE))  # decodes a big JPEG at a half or a quarter
            image.load()
            flat = _opaque(image)
        except Exception as why:
            raise Invalid(broken) from why
    small = _shrunk(flat, STORED_EDGE)
    return small.transpose(Image.Transpose[turn]) if turn is not None else small


def _too_many_pixels(which: str, limits: Limits) -> TooLarge:
    says: Label = _("%(which)s的像素太多，最多 %(most)s 万像素。请缩小后再传。") % {
        "which": which,
        "most": limits.pixels // 10_000,
    }
    return TooLarge(says)


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # camera data is often broken; the photo itself is not
        return 1


def _opaque(image: Image.Image) -> Image.Image:
    """8-bit RGB on white, in a fresh image that carries none of the upload's metadata."""
    if image.mode in ("I", "I;16", "I;16B", "I;16L", "I;16N"):
        # Sixteen bits of grey: Pillow's own conversion would clip instead of scale.
        image = image.convert("I").point(lambda level: level * (1 / 256)).convert("L")
    if "A" in image.getbands() or "a" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA")
        flat = Image.new("RGB", image.size, "white")
        flat.paste(image, mask=image.getchannel("A"))
        return flat
    flat = Image.new("RGB", image.size)
    flat.paste(image if image.mode == "RGB" else image.convert("RGB"))
    return flat


def _shrunk(image: Image.Image, edge: int) -> Image.Image:
    if max(image.size) <= edge:
        return image
    return ImageOps.contain(image, (edge, edge), method=Image.Resampling.LANCZOS)


def _encoded(image: Image.Image, kind: FileKind) -> bytes:
    options: dict[str, Any] = (
        {"format": "JPEG", "quality": 85, "optimize": True, "progressive": True}
        if kind == FileKind.JPEG
        else {"format": "WEBP", "quality": 86, "method": 4}
    )
    written = io.BytesIO()
    image.save(written, **options)
    return written.getvalue()
