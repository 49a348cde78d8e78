"""Recordings by their content: which container, how long, and that there is no picture in it. Nothing is decoded.

Runs in the reading process (see `child`), so it knows nothing of Django.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


class NoSound(Exception):
    """Not a recording of a kind that we keep; the argument is a code."""


@dataclass(frozen=True)
class Sound:
    kind: str
    seconds: float


def sound_of(data: bytes) -> Sound:
    """The kind and the length; raises NoSound (unknown, picture, length)."""
    if data[:4] == b"\x1a\x45\xdf\xa3":
        return Sound("webm", _webm(data))
    if data[:4] == b"OggS":
        return Sound("ogg", _ogg(data))
    if data[4:8] == b"ftyp":
        return Sound("m4a", _mp4(data))
    if data[:3] == b"ID3" or (len(data) > 3 and data[0] == 0xFF and data[1] & 0xE6 in (0xE2, 0xE4, 0xE6)):
        return Sound("mp3", _mp3(data))
    raise NoSound("unknown")


# WebM: elements of EBML; length from the last block

_SEGMENT, _INFO, _TRACKS, _CLUSTER = 0x18538067, 0x1549A966, 0x1654AE6B, 0x1F43B675
_TRACK_ENTRY, _TRACK_TYPE, _BLOCK_GROUP = 0xAE, 0x83, 0xA0
_SCALE, _DURATION, _TIMECODE, _SIMPLE_BLOCK, _BLOCK, _DOC_TYPE = 0x2AD7B1, 0x4489, 0xE7, 0xA3, 0xA1, 0x4282
_PARENTS = {_SEGMENT, _INFO, _TRACKS, _CLUSTER, _TRACK_ENTRY, _BLOCK_GROUP, 0x1A45DFA3}


def _vint(data: bytes, place: int, keep_mark: bool) -> tuple[int, int]:
    first = data[place]
    length = 1
    while length <= 8 and not first & (0x80 >> (length - 1)):
        length += 1
    if length > 8 or place + length > len(data):
        raise NoSound("broken")
    value = first if keep_mark else first & (0xFF >> length)
    for one in data[place + 1 : place + length]:
        value = value << 8 | one
    unknown = not keep_mark and value == (1 << 7 * length) - 1
    return (-1 if unknown else value), place + length


def _elements(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Every element in order, parents before their children: id, where its body begins and ends."""
    place, end = 0, len(data)
    while place + 2 <= end:
        found, place = _vint(data, place, keep_mark=True)
        if place >= end:
            return
        size, place = _vint(data, place, keep_mark=False)
        stop = end if size < 0 else min(place + size, end)
        yield found, place, stop
        if found not in _PARENTS:
            place = stop


def _number(data: bytes, start: int, stop: int) -> int:
    return int.from_bytes(data[start : min(stop, start + 8)], "big")


def _webm(data: bytes) -> float:
    import struct

    scale, told, cluster, last, sounds, seen = 1_000_000, 0.0, 0, 0, 0, False
    for found, start, stop in _elements(data):
        if found == _DOC_TYPE and data[start:stop].rstrip(b"\0") not in (b"webm", b"matroska"):
            raise NoSound("unknown")
        if found == _SCALE:
            scale = _number(data, start, stop) or scale
        elif found == _DURATION and stop - start in (4, 8):
            told = float(struct.unpack(">f" if stop - start == 4 else ">d", data[start:stop])[0])
        elif found == _TRACK_TYPE:
            if _number(data, start, stop) != 2:
                raise NoSound("picture")
            sounds += 1
        elif found == _TIMECODE:
            cluster = _number(data, start, stop)
        elif found in (_SIMPLE_BLOCK, _BLOCK):
            _track, place = _vint(data, start, keep_mark=False)
            if place + 2 <= stop:
                last = max(last, cluster + int.from_bytes(data[place : place + 2], "big", signed=True))
                seen = True
    if not sounds or not seen:
        raise NoSound("broken")
    return max(last, told if told == told and told < 1e9 else 0) * scale / 1e9


# Ogg: the last page says how many samples there are


def _ogg(data: bytes) -> float:
    place, rate, skip, last, pages, ended = 0, 0, 0, 0, 0, False
    while place + 27 <= len(data):
        if data[place : place + 4] != b"OggS":
            raise NoSound("broken")
        count = data[place + 26]
        sizes = data[place + 27 : place + 27 + count]
        body = place + 27 + count
        if pages == 0:
            head = data[body : body + 64]
            if head[:8] == b"OpusHead" and len(head) >= 12:
                rate, skip = 48_000, int.from_bytes(head[10:12], "little")
            elif head[:7] == b"\x01vorbis" and len(head) >= 16:
                rate = int.from_bytes(head[12:16], "little")
            else:
                raise NoSound("picture" if head[:7] in (b"\x80theora", b"OVP80\x01\x01") else "unknown")
        elif data[place + 5] & 2:  # another stream begins: a picture, or a second recording behind the first
            raise NoSound("picture")
        samples = int.from_bytes(data[place + 6 : place + 14], "little")
        if samples < 1 << 62:
            last = max(last, samples)
        pages += 1
        place = body + sum(sizes)
        ended = place <= len(data)
    if not rate or pages < 3 or not ended:
        raise NoSound("broken")
    return max(last - skip, 0) / rate


# MP4: boxes; length from the header, or from the fragments


def _boxes(data: bytes, start: int, stop: int, depth: int = 0) -> Iterator[tuple[bytes, int, int]]:
    """Every box, parents before their children."""
    place, count = start, 0
    while place + 8 <= stop:
        count += 1
        if count > 20_000:
            raise NoSound("broken")
        size, name = int.from_bytes(data[place : place + 4], "big"), data[place + 4 : place + 8]
        body = place + 8
        if size == 1:
            size, body = int.from_bytes(data[place + 8 : place + 16], "big"), place + 16
        elif size == 0:
            size = stop - place
        if size < body - place or place + size > stop:
            raise NoSound("broken")
        yield name, body, place + size
        if depth < 8 and name in (b"moov", b"trak", b"mdia", b"minf", b"moof", b"traf", b"mvex"):
            yield from _boxes(data, body, place + size, depth + 1)
        place += size


def _mp4(data: bytes) -> float:
    length, scale, sounds, standard, ticks, per = 0.0, 0, 0, 0, 0, 0
    for name, start, stop in _boxes(data, 0, len(data)):
        body = data[start:stop]
        wide = bool(body[:1] == b"\x01")
        if name in (b"mvhd", b"mdhd"):
            at = 20 if wide else 12
            unit = int.from_bytes(body[at : at + 4], "big")
            span = int.from_bytes(body[at + 4 : at + (12 if wide else 8)], "big")
            if unit and span not in (0xFFFFFFFF, (1 << 64) - 1):
                length = max(length, span / unit)
            if name == b"mdhd":
                scale = unit
        elif name == b"hdlr":
            handler = body[8:12]
            if handler == b"soun":
                sounds += 1
            elif handler in (b"vide", b"auxv"):
                raise NoSound("picture")
        elif name == b"trex":
            standard = int.from_bytes(body[12:16], "big")
        elif name == b"tfhd":
            flags, at = int.from_bytes(body[1:4], "big"), 8
            at += (8 if flags & 1 else 0) + (4 if flags & 2 else 0)
            per = int.from_bytes(body[at : at + 4], "big") if flags & 8 else standard
        elif name == b"trun":
            ticks += _run(body, per)
    if not sounds:
        raise NoSound("broken")
    if ticks and scale:
        length = max(length, ticks / scale)
    if not length:
        raise NoSound("length")
    return length


def _run(body: bytes, per: int) -> int:
    """The ticks of one run of samples."""
    flags, count = int.from_bytes(body[1:4], "big"), int.from_bytes(body[4:8], "big")
    if not flags & 0x100:
        return per * count
    at = 8 + (4 if flags & 1 else 0) + (4 if flags & 4 else 0)
    step = sum(4 for one in (0x100, 0x200, 0x400, 0x800) if flags & one)
    count = min(count, max(len(body) - at, 0) // step)
    return sum(int.from_bytes(body[at + one * step : at + one * step + 4], "big") for one in range(count))


# MP3: frames, one after the other

_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_BITS_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_BITS_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)


def mp3_frames(data: bytes) -> Iterator[tuple[int, int, float]]:
    """Each frame: where it begins and ends, how long it lasts."""
    place = 0
    if data[:3] == b"ID3" and len(data) >= 10:
        size = 0
        for one in data[6:10]:
            size = size << 7 | one & 0x7F
        place = 10 + size
    while place + 4 <= len(data):
        version, layer = data[place + 1] >> 3 & 3, data[place + 1] >> 1 & 3
        bits, rate = data[place + 2] >> 4, data[place + 2] >> 2 & 3
        whole = data[place] == 0xFF and data[place + 1] & 0xE0 == 0xE0
        if not whole or version == 1 or layer != 1 or bits in (0, 15) or rate == 3:
            return
        hertz = _RATES[version][rate]
        samples = 1152 if version == 3 else 576
        size = samples // 8 * (_BITS_1 if version == 3 else _BITS_2)[bits] * 1000 // hertz + (data[place + 2] >> 1 & 1)
        if size < 4:
            return
        yield place, min(place + size, len(data)), samples / hertz
        place += size


def _mp3(data: bytes) -> float:
    length, count, stop = 0.0, 0, 0
    for _start, stop, seconds in mp3_frames(data):  # noqa: B007  the last one's end is asked below
        length += seconds
        count += 1
    rest = data[stop:]
    if count < 5 or (rest and not (rest[:3] in (b"TAG", b"APE") and len(rest) < 200_000)):
        raise NoSound("broken")
    return length
