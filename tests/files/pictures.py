"""Pictures made by code: good ones of each kind, and a corpus of bad ones."""

import io
import struct
import zlib

from PIL import Image

GPS, MAKE, ORIENTATION, COMMENT = 0x8825, 0x010F, 0x0112, 0x9286
SECRET = b"SecretDevice"


def drawn(width=64, height=48):
    """Left half red, right half blue."""
    image = Image.new("RGB", (width, height), (220, 30, 30))
    image.paste((30, 30, 220), (width // 2, 0, width, height))
    return image


def saved(image, form="JPEG", **options):
    written = io.BytesIO()
    image.save(written, form, **options)
    return written.getvalue()


def photo(width=64, height=48, form="JPEG", **options):
    return saved(drawn(width, height), form, **options)


def with_camera_data(orientation=1, form="JPEG", **size):
    """A photo as a phone takes it: place, maker, a comment, turned as held."""
    exif = Image.Exif()
    exif[MAKE] = SECRET.decode()
    exif[ORIENTATION] = orientation
    exif.get_ifd(GPS).update({1: "N", 2: (23.0, 6.0, 30.0), 3: "E", 4: (113.0, 19.0, 0.0)})
    exif[COMMENT] = SECRET
    options = {"comment": SECRET} if form == "JPEG" else {}
    return photo(form=form, exif=exif, icc_profile=SECRET * 20, **options, **size)


def png_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, *chunks, depth=8, colour=2):
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + png_chunk(b"IEND", b"")


def bomb(width=9000, height=9000):
    """A few kilobytes that decode to 81 million pixels."""
    packer = zlib.compressobj(9)
    row = b"\0" * (1 + width // 8)
    data = b"".join(packer.compress(row) for _row in range(height)) + packer.flush()
    return png(width, height, png_chunk(b"IDAT", data), depth=1, colour=0)


def huge_header_jpeg():
    """A small JPEG whose header says 65,000 by 65,000."""
    data = bytearray(photo())
    place = data.index(b"\xff\xc0")
    data[place + 5 : place + 9] = struct.pack(">HH", 65_000, 65_000)
    return bytes(data)


def moving(form):
    frames = [drawn(), Image.new("RGB", (64, 48), "green")]
    return saved(frames[0], form, save_all=True, append_images=frames[1:], duration=100)


def bad_corpus():
    """Name and bytes of what must be refused with a sentence, never with a fault of ours."""
    good, good_png, good_webp = photo(), photo(form="PNG"), photo(form="WEBP")
    yield "nothing", b""
    yield "one byte", b"\xff"
    yield "words", "不是照片".encode() * 50
    yield "a web page", b"<html><script>alert(1)</script></html>"
    yield "a drawing with script", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    yield "a GIF", saved(drawn().convert("P"), "GIF")
    yield "a TIFF", saved(drawn(), "TIFF")
    yield "a BMP", saved(drawn(), "BMP")
    yield "an ICO", saved(drawn(), "ICO")
    yield "a PDF", b"%PDF-1.7\n" + b"0" * 500
    yield "a ZIP", b"PK\x03\x04" + b"\0" * 500
    yield "a JPEG's head alone", good[:20]
    yield "a PNG's head alone", good_png[:20]
    yield "a WebP's head alone", good_webp[:20]
    yield "half a JPEG", photo(800, 600)[: len(photo(800, 600)) // 2]
    yield "half a PNG", good_png[: len(good_png) // 2]
    yield "half a WebP", good_webp[: len(good_webp) // 2]
    yield "a JPEG of noise", b"\xff\xd8\xff\xe0" + bytes(range(256)) * 8
    yield "a PNG of noise", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8
    yield "a WebP of noise", b"RIFF\xff\xff\x00\x00WEBPVP8 " + bytes(range(256)) * 8
    yield "a PNG without pixels", png(10, 10)
    yield "a PNG of no width", png(0, 10, png_chunk(b"IDAT", zlib.compress(b"\0" * 10)))
    yield "a PNG with a broken sum", good_png[:40] + b"\0\0\0\0" + good_png[44:]
    yield "a bomb", bomb()
    yield "a longer bomb", bomb(40_000, 100)
    yield "a header that boasts", huge_header_jpeg()
    yield "a PNG header that boasts", png(2**31 - 1, 2**31 - 1, png_chunk(b"IDAT", b""))
    yield (
        "a PNG with an inflating text",
        png(64, 48, png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"a" * 80_000_000, 9))),
    )
    yield "a moving PNG", moving("PNG")
    yield "a moving WebP", moving("WEBP")
