"""Recordings made by code: containers with the right lengths and nothing to hear."""

import struct


def _element(name, body):
    return bytes.fromhex(name) + (0x01_00_00_00_00_00_00_00 | len(body)).to_bytes(8, "big") + body


def webm(seconds=5, track=2, doc=b"webm"):
    """As a browser records it: no length in the head, clusters of a second."""
    head = _element("1A45DFA3", _element("4282", doc))
    tracks = _element("1654AE6B", _element("AE", _element("83", bytes([track]))))
    clusters = b"".join(
        _element(
            "1F43B675",
            _element("E7", (number * 1000).to_bytes(4, "big")) + _element("A3", b"\x81\x03\xe8\x80" + b"x" * 20),
        )
        for number in range(seconds)
    )
    body = _element("1549A966", _element("2AD7B1", (1_000_000).to_bytes(3, "big"))) + tracks + clusters
    return head + bytes.fromhex("18538067") + b"\x01\xff\xff\xff\xff\xff\xff\xff" + body


def _page(body, samples, number, first=False):
    head = b"OggS\0" + (b"\x02" if first else b"\0") + struct.pack("<QIII", samples, 7, number, 0)
    return head + bytes([1, len(body)]) + body


def ogg(seconds=5):
    opus = b"OpusHead\x01\x01" + (312).to_bytes(2, "little") + (48000).to_bytes(4, "little") + b"\0\0\0"
    return (
        _page(opus, 0, 0, first=True) + _page(b"OpusTags" + bytes(8), 0, 1) + _page(b"x" * 60, 312 + seconds * 48000, 2)
    )


def _box(name, body):
    return struct.pack(">I", 8 + len(body)) + name + body


def m4a(seconds=5, handler=b"soun", told=True):
    head = bytes(12) + struct.pack(">II", 1000, seconds * 1000 if told else 0) + bytes(80)
    media = _box(b"hdlr", bytes(8) + handler + bytes(12)) + _box(b"mdhd", head[:24])
    return _box(b"ftyp", b"M4A \0\0\0\0") + _box(b"moov", _box(b"mvhd", head) + _box(b"trak", _box(b"mdia", media)))


def fragmented(seconds=5):
    """As a phone records it: the lengths stand in the fragments alone."""
    run = bytes([0, 0, 1, 0]) + struct.pack(">I", seconds) + struct.pack(">I", 1000) * seconds
    moof = _box(b"moof", _box(b"traf", _box(b"tfhd", bytes(4) + struct.pack(">I", 1)) + _box(b"trun", run)))
    return m4a(told=False) + moof + _box(b"mdat", b"x" * 10)


def mp3(seconds=5):
    frame = b"\xff\xfb\x90\x00" + bytes(413)  # 128 kbit/s, 44.1 kHz, 26 ms
    return b"ID3\x03\x00\x00\x00\x00\x00\x04abcd" + frame * round(seconds * 44100 / 1152)


def good_ones(seconds=5):
    yield "webm", webm(seconds)
    yield "ogg", ogg(seconds)
    yield "m4a", m4a(seconds)
    yield "m4a", fragmented(seconds)
    yield "mp3", mp3(seconds)


def bad_corpus():
    yield "nothing", b"", "是空的"
    yield "words", b"hello" * 30, "不是能收的录音"
    yield "a photo", b"\xff\xd8\xff\xe0" + bytes(300), "录音"
    yield "a film", webm(track=1), "有画面"
    yield "a film in MP4", m4a(handler=b"vide"), "有画面"
    yield "another EBML file", webm(doc=b"other"), "不是能收的录音"
    yield "half an OGG", ogg()[:40], "没有录完整"
    yield "half an MP4", m4a()[:-20], "没有录完整"
    yield "MP4 without a length", m4a(told=False), "看不出有多长"
    yield "a WebM without a block", webm(0), "没有录完整"
    yield "an MP3 with something behind it", mp3() + b"PK\x03\x04" + bytes(100), "没有录完整"
    yield "four minutes", webm(240), "太长"
    yield "four minutes in OGG", ogg(240), "太长"
