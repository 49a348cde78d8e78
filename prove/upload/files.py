"""Hostile files, made from seeds: each generator gives name and bytes, and most change a good file in one place."""

# Tables of values are wide.
# ruff: noqa: E501

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from PIL import Image

from tests.files import papers, pictures, sounds

HTML = b"<!doctype html><html><script>window.__canary='run'</script><img src=x onerror=alert(1)></html>"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'
XXE = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "' + "&a;" * 100 + '"><!ENTITY c "' + "&b;" * 100
    + '"><!ENTITY d "' + "&c;" * 100 + '"><!ENTITY e "' + "&d;" * 100 + '">]>'
)  # fmt: skip
SHEET = "xl/worksheets/sheet1.xml"
SHEET_HEAD = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
SHEET_TAIL = "</sheetData></worksheet>"
NAMES = (
    "../../../../etc/passwd", "..\\..\\windows\\win.ini", "/etc/shadow", "C:\\boot.ini", "a\x00.jpg", "\x00", "CON", "NUL.jpg",
    "aux.pdf", "LPT1.png", "a" * 300 + ".jpg", "报" * 200 + ".pdf", "photo\u202egpj.exe", "\u2066a\u2069.pdf", ".", "..", "...",
    " ", "", ".htaccess", "a.jpg.php", "a.php;.jpg", "a%00.jpg", "%2e%2e%2fa", "a\r\nSet-Cookie: x=y.jpg", 'a"; filename="b.exe',
    "a';alert(1)//.jpg", "<img src=x onerror=alert(1)>.jpg", "=cmd|' /C calc'!A0.csv", "現場\u3000照片.jpg", "𠮷\ufe0f.jpg", "e\u0301.png",
    "\u2028a.jpg", "\ufeffa.jpg", "\x1b[2Ja.jpg", "|ls", "$(id).jpg", "`id`.png", "-rf", "~root", "a.jpg/", "a.jpg::$DATA", "a:b.jpg",
    "\ud800.jpg",
)  # fmt: skip


@dataclass(frozen=True)
class File:
    kind: str
    name: str
    data: bytes
    type: str = "application/octet-stream"


@cache
def good() -> dict[str, bytes]:
    """Files that are in order, by their ending."""
    shot = pictures.photo(640, 480)
    return {
        "jpg": shot, "png": pictures.photo(320, 240, form="PNG"), "webp": pictures.photo(320, 240, form="WEBP"),
        "pdf": papers.pdf(pages=3), "docx": papers.docx("路灯不亮。"), "xlsx": book([["代码", "名称"], ["1", "甲"]]),
        "pptx": papers.pptx("一"), "odt": papers.odt("路灯不亮。"), "webm": sounds.webm(), "ogg": sounds.ogg(), "m4a": sounds.m4a(),
        "mp3": sounds.mp3(), "csv": "代码,名称\r\n990101001003,茉莉社区\r\n".encode("utf-8-sig"), "txt": "路灯不亮。\n".encode(),
        "gif": gif(2), "tiff": saved("TIFF"), "bmp": saved("BMP"), "json": geojson(1),
    }  # fmt: skip


def saved(form: str, **options: Any) -> bytes:
    out = io.BytesIO()
    pictures.drawn(80, 60).save(out, form, **options)
    return out.getvalue()


def gif(frames: int) -> bytes:
    out = io.BytesIO()
    several = [Image.new("P", (40, 30), number % 250) for number in range(frames)]
    several[0].save(out, "GIF", save_all=True, append_images=several[1:])
    return out.getvalue()


def book(rows: list[list[str]]) -> bytes:
    import xlsxwriter

    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as made:
        sheet = made.add_worksheet()
        for number, row in enumerate(rows):
            for place, words in enumerate(row):
                sheet.write_string(number, place, words)
    return out.getvalue()


def geojson(count: int, depth: int = 0) -> bytes:
    ring = "[[113.3,23.1],[113.31,23.1],[113.31,23.11],[113.3,23.11],[113.3,23.1]]"
    one = (
        '{"type":"Feature","properties":{"code":"990101001001001"},"geometry":{"type":"Polygon","coordinates":['
        + ring
        + "]}}"
    )
    deep = "[" * depth + "]" * depth
    tail = f',"a":{deep}' if depth else ""
    return ('{"type":"FeatureCollection","features":[' + ",".join([one] * count) + "]" + tail + "}").encode()


def repacked(data: bytes, changes: dict[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """The same zip with parts replaced or added."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", method) as new:
        for one in old.namelist():
            if one not in changes:
                new.writestr(one, old.read(one))
        for name, part in changes.items():
            new.writestr(name, part)
    return out.getvalue()


@cache
def zeros(mib: int) -> bytes:
    """So many mebibytes of nothing, packed."""
    packer = zlib.compressobj(9)
    return b"".join(packer.compress(b" " * (1 << 20)) for _number in range(mib)) + packer.flush()


def cell(place: str, words: str = "x") -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{words}</t></is></c>'


# Generators: each takes a generator of numbers and gives a file.


def bomb_picture(rng: random.Random) -> File:
    edge = rng.choice((7100, 8000, 9000, 12000, 20000, 29000))
    if rng.random() < 0.2:
        return File("bomb_picture", "b.jpg", pictures.huge_header_jpeg())
    if rng.random() < 0.2:
        return File("bomb_picture", "b.png", pictures.png(60000, 60000, depth=8))
    return File("bomb_picture", "b.png", flat_png(edge, edge))


@cache
def flat_png(width: int, height: int) -> bytes:
    return pictures.bomb(width, height)


def bomb_text_chunk(rng: random.Random) -> File:
    """A PNG whose compressed text or profile inflates."""
    packed = zeros(rng.choice((20, 60)))
    kind, head = rng.choice(((b"zTXt", b"Comment\0\0"), (b"iCCP", b"icc\0\0"), (b"iTXt", b"k\0\1\0\0\0")))
    data = pictures.photo(64, 48, form="PNG")
    return File("bomb_text_chunk", "t.png", data[:33] + pictures.png_chunk(kind, head + packed) + data[33:])


def bomb_zip(rng: random.Random) -> File:
    mib = rng.choice((60, 130, 200))
    kind = rng.choice(("docx", "xlsx", "pptx", "odt"))
    part = {"docx": "word/document.xml", "xlsx": SHEET, "pptx": "ppt/slides/slide1.xml", "odt": "content.xml"}[kind]
    return File(
        "bomb_zip", f"z.{kind}", _blown(kind, rng.choice((part, "xl/sharedStrings.xml", "docProps/app.xml")), mib)
    )


@cache
def _blown(kind: str, part: str, mib: int) -> bytes:
    return repacked(good()[kind], {part: b"<a>" + b" " * (mib << 20) + b"</a>"})


def lying_zip(rng: random.Random) -> File:
    """Sizes in the directory that are not those of the parts."""
    data = bytearray(good()[rng.choice(("docx", "xlsx", "odt"))])
    for mark, at in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        place = data.find(mark)
        if place >= 0 and rng.random() < 0.7:
            data[place + at : place + at + 4] = struct.pack("<I", rng.choice((0, 1, 0x7FFFFFFF, 0xFFFFFFFF)))
    return File("lying_zip", "l.xlsx", bytes(data))


def many_parts(rng: random.Random) -> File:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for number in range(rng.choice((600, 3500, 20000))):
            packed.writestr(f"xl/{number}.xml", b"")
    return File("many_parts", "m.xlsx", out.getvalue())


def same_part_often(rng: random.Random) -> File:
    """Entries that share their bytes: a zip that holds more than its length."""
    data = bytearray(good()["xlsx"])
    start, end = data.find(b"PK\x01\x02"), data.rfind(b"PK\x05\x06")
    directory, count = bytes(data[start:end]), rng.choice((5, 50))
    tail = bytearray(data[end:])
    total = struct.unpack("<H", tail[10:12])[0] * count
    tail[8:12] = struct.pack("<HH", total & 0xFFFF, total & 0xFFFF)
    tail[12:16] = struct.pack("<I", len(directory) * count)
    return File("same_part_often", "s.xlsx", bytes(data[:start]) + directory * count + bytes(tail))


def far_cell(rng: random.Random) -> File:
    place = rng.choice(
        ("XFD1048576", "A1048576", "XFD1", "ZZZZZZ1", "A99999999999", "XFD20000", "IV65536", "A0", "1A", "", "AB-1")
    )
    rows = f'<row r="1">{cell("A1", "代码")}{cell("B1", "名称")}</row><row>{cell(place)}</row>'
    return File("far_cell", "f.xlsx", repacked(good()["xlsx"], {SHEET: SHEET_HEAD + rows + SHEET_TAIL}))


def far_dimension(rng: random.Random) -> File:
    head = SHEET_HEAD.replace("<sheetData>", '<dimension ref="A1:XFD1048576"/><sheetData>')
    merged = '</sheetData><mergeCells count="99999999"><mergeCell ref="A1:XFD1048576"/></mergeCells></worksheet>'
    rows = f'<row r="1" spans="1:16384">{cell("A1", "代码")}</row>'
    return File("far_dimension", "d.xlsx", repacked(good()["xlsx"], {SHEET: head + rows + merged}))


@cache
def _wide(rows: int, columns: int) -> bytes:
    one = "".join("<c><v>1</v></c>" for _column in range(columns))
    return repacked(good()["xlsx"], {SHEET: SHEET_HEAD + f"<row>{one}</row>" * rows + SHEET_TAIL})


def inflating_sheet(rng: random.Random) -> File:
    """Many rows or columns that pack well."""
    return File(
        "inflating_sheet", "i.xlsx", _wide(*rng.choice(((400_000, 1), (50, 9_000), (20_500, 50), (200_000, 8))))
    )


def strings_of_sheet(rng: random.Random) -> File:
    count = rng.choice((10, 4_000_000_000))
    part = (
        f'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" count="{count}" uniqueCount="{count}">'
    )
    part += f"<si><t>{'长' * rng.choice((10, 250_000))}</t></si>" * rng.choice((1, 20)) + "</sst>"
    rows = '<row r="1">' + "".join(
        f'<c r="{letter}1" t="s"><v>{n}</v></c>' for letter, n in zip("ABC", (0, 5, 10**18), strict=True)
    )
    return File(
        "strings_of_sheet", "s.xlsx",
        repacked(good()["xlsx"], {"xl/sharedStrings.xml": part, SHEET: SHEET_HEAD + rows + "</row>" + SHEET_TAIL}),
    )  # fmt: skip


def entities(rng: random.Random) -> File:
    kind = rng.choice(("docx", "xlsx", "odt"))
    part = {
        "docx": "word/document.xml",
        "xlsx": rng.choice((SHEET, "xl/workbook.xml", "[Content_Types].xml")),
        "odt": "content.xml",
    }[kind]
    return File(
        "entities", f"e.{kind}", repacked(good()[kind], {part: rng.choice((XXE + "<a>&x;</a>", LAUGHS + "<a>&e;</a>"))})
    )


def macros(rng: random.Random) -> File:
    kind = rng.choice(("docx", "xlsx", "pptx"))
    top = {"docx": "word", "xlsx": "xl", "pptx": "ppt"}[kind]
    part = rng.choice(
        (f"{top}/vbaProject.bin", f"{top}/activeX/activeX1.bin", "Basic/Standard/a.xml", "customUI/a.bin")
    )
    return File(
        "macros",
        f"m.{kind}",
        repacked(good()[kind], {part: rng.choice((b"MZ\x90", b"\xd0\xcf\x11\xe0" * 9, b"Sub x()"))}),
    )


def outside(rng: random.Random) -> File:
    kind = rng.choice(("docx", "xlsx", "pptx"))
    top = {
        "docx": "word/_rels/document.xml.rels",
        "xlsx": "xl/_rels/workbook.xml.rels",
        "pptx": "ppt/_rels/presentation.xml.rels",
    }[kind]
    target = rng.choice(("http://127.0.0.1:9/a.dotm", "file:///etc/passwd", "\\\\127.0.0.1\\a"))
    what = rng.choice(("attachedTemplate", "oleObject", "image", "frame", "externalLinkPath"))
    part = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r9" '
        f'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{what}" Target="{target}" TargetMode="External"/>'
        "</Relationships>"
    )
    return File("outside", f"o.{kind}", repacked(good()[kind], {top: part}))


def deep_xml(rng: random.Random) -> File:
    depth = rng.choice((200, 5_000, 200_000))
    part = "<a>" * depth + "</a>" * depth
    return File("deep_xml", "d.docx", repacked(good()["docx"], {"word/document.xml": part}))


def polyglot(rng: random.Random) -> File:
    goods = good()
    made: list[Callable[[], tuple[str, bytes]]] = [
        lambda: ("gifar.gif", goods["gif"] + goods["docx"]),
        lambda: ("p.pdf", goods["pdf"].replace(b"%PDF-1.4\n", b"%PDF-1.4\n%" + HTML + b"\n", 1)),
        lambda: ("h.pdf", HTML + goods["pdf"]),
        lambda: ("j.jpg", goods["jpg"][:2] + b"\xff\xfe\x00\x40" + b"*/=1;alert(1);/*".ljust(62) + goods["jpg"][2:]),
        lambda: ("t.jpg", goods["jpg"] + HTML),
        lambda: ("z.jpg", goods["jpg"] + goods["xlsx"]),
        lambda: ("p.png", goods["png"] + b"<?php system($_GET[0]);?>"),
        lambda: ("w.webp", goods["webp"] + SVG),
        lambda: ("x.pdf", goods["pdf"] + goods["docx"]),
        lambda: ("a.mp3", goods["mp3"] + HTML),
        lambda: ("b.docx", b"MZ" + goods["docx"]),
        lambda: ("c.csv", b"PK\x03\x04" + goods["csv"]),
        lambda: ("d.xlsx", goods["xlsx"] + goods["pdf"]),
    ]
    name, data = rng.choice(made)()
    return File("polyglot", name, data)


def markup(rng: random.Random) -> File:
    name = rng.choice(("a.svg", "a.jpg", "a.png", "a.html", "a.txt", "a.csv", "a.webp", "a.pdf", "a.xlsx", "a.json"))
    before = rng.choice(
        (b"", b"\xef\xbb\xbf", b"\n" * 5000, b"GIF89a", b"\xff\xd8\xff\xe0", b"RIFF\0\0\0\0WEBP", b"<!--", b"x" * 4090)
    )
    return File(
        "markup", name, before + rng.choice((HTML, SVG, HTML.upper(), HTML.decode().encode("utf-16"))), "image/jpeg"
    )


def wrong_ending(rng: random.Random) -> File:
    ending, other = rng.sample(sorted(good()), 2)
    return File(
        "wrong_ending", f"w.{ending}", good()[other], rng.choice(("image/jpeg", "text/html", "application/pdf", ""))
    )


def cut(rng: random.Random) -> File:
    ending = rng.choice(sorted(good()))
    data = good()[ending]
    return File("cut", f"c.{ending}", data[: rng.randrange(len(data))])


def noisy(rng: random.Random) -> File:
    ending = rng.choice(sorted(good()))
    data = bytearray(good()[ending])
    for _time in range(rng.choice((1, 3, 10, 100))):
        data[rng.randrange(min(len(data), rng.choice((64, 4096, len(data)))))] = rng.randrange(256)
    return File("noisy", f"n.{ending}", bytes(data))


def swapped(rng: random.Random) -> File:
    """Parts doubled, dropped or moved."""
    ending = rng.choice(sorted(good()))
    data = good()[ending]
    first, second = sorted((rng.randrange(len(data)), rng.randrange(len(data))))
    change = rng.choice((data[:first] + data[second:], data[:second] + data[first:], data[second:] + data[:second]))
    return File("swapped", f"s.{ending}", change)


def odd_name(rng: random.Random) -> File:
    ending = rng.choice(("jpg", "png", "pdf", "docx", "csv", "txt", "xlsx", "mp3"))
    return File("odd_name", rng.choice(NAMES), good()[ending])


def placed_photo(rng: random.Random) -> File:
    """With a position, a maker, a profile, a comment; in order otherwise."""
    form = rng.choice(("JPEG", "PNG", "WEBP"))
    data = pictures.with_camera_data(
        rng.randrange(0, 10), form=form, width=rng.choice((64, 700)), height=rng.choice((48, 500))
    )
    if form == "JPEG" and rng.random() < 0.5:
        packet = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta><exif:GPSLatitude>23,6.5N</exif:GPSLatitude></x:xmpmeta>"
        data = data[:2] + b"\xff\xe1" + struct.pack(">H", len(packet) + 2) + packet + data[2:]
    return File("placed_photo", f"p.{form.lower()}", data, f"image/{form.lower()}")


def broken_profile(rng: random.Random) -> File:
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (rng.random(), 0.0, 0.0)} if rng.random() < 0.5 else {}
    profile = rng.choice((b"", b"\0" * 128, b"\xff" * 4000, struct.pack(">I", 0xFFFFFFFF) + b"a" * 200))
    data = pictures.photo(form=rng.choice(("JPEG", "PNG", "WEBP")), icc_profile=profile, exif=exif.tobytes())
    return File("broken_profile", "i.jpg", data)


def moving(rng: random.Random) -> File:
    form = rng.choice(("WEBP", "PNG", "GIF"))
    return File(
        "moving", f"m.{form.lower()}", gif(rng.choice((2, 300, 900))) if form == "GIF" else pictures.moving(form)
    )


def tiff(rng: random.Random) -> File:
    data = bytearray(
        saved("TIFF", compression=rng.choice(("raw", "tiff_lzw", "jpeg"))) if rng.random() < 0.7 else saved("TIFF")
    )
    data[4:8] = struct.pack("<I", rng.choice((8, 0, 0xFFFFFFFF, len(data))))
    return File("tiff", rng.choice(("t.tif", "t.jpg")), bytes(data), "image/jpeg")


def pdf_heavy(rng: random.Random) -> File:
    which = rng.randrange(8)
    if which == 0:
        return File("pdf_heavy", "h.pdf", papers.pdf(pages=rng.choice((501, 3000))))
    if which == 1:
        return File("pdf_heavy", "h.pdf", _pdf_stream(zeros(rng.choice((50, 200))), "FlateDecode", "Contents"))
    if which == 2:
        return File(
            "pdf_heavy", "h.pdf", b"%PDF-1.4\n" + b"".join(b"%d 0 obj\n<<>>\nendobj\n" % n for n in range(1, 60_000))
        )
    if which == 3:
        return File(
            "pdf_heavy",
            "h.pdf",
            b"%PDF-1.4\n1 0 obj\n" + b"[" * 100_000 + b"]" * 100_000 + b"\nendobj\ntrailer<</Root 1 0 R>>",
        )
    if which == 4:
        return File(
            "pdf_heavy",
            "h.pdf",
            good()["pdf"].replace(b"/Count 3", b"/Count 999999999").replace(b"/Kids [6", b"/Kids [2"),
        )
    if which == 5:
        return File(
            "pdf_heavy", "h.pdf", b"%PDF-1.7\nxref\n0 999999999\n" + b"0000000000 00000 n \n" * 5_000 + b"trailer<<>>"
        )
    if which == 6:
        nested = zeros(20)
        for _time in range(3):
            nested = zlib.compress(nested, 9)
        return File(
            "pdf_heavy", "h.pdf", _pdf_stream(nested, "FlateDecode /FlateDecode /FlateDecode /FlateDecode", "Contents")
        )
    words = b"BT /F1 1 Tf " + b"(a) Tj " * rng.choice((20_000, 200_000)) + b"ET"
    return File("pdf_heavy", "h.pdf", _pdf_stream(zlib.compress(words, 9), "FlateDecode", "Contents"))


def _pdf_stream(packed: bytes, filters: str, _what: str) -> bytes:
    head = b"%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n"
    head += b"3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>\nendobj\n"
    head += b"4 0 obj\n<</Length %d/Filter [/%b]>>\nstream\n" % (len(packed), filters.encode())
    tail = b"\nendstream\nendobj\n5 0 obj\n<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>\nendobj\ntrailer<</Root 1 0 R>>\n%%EOF"
    return head + packed + tail


def pdf_active(rng: random.Random) -> File:
    extra = rng.choice(
        (
            b"<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(app.alert(1))>>>>",
            b"<</Type/Catalog/Pages 2 0 R/OpenAction<</S/Launch/F(calc.exe)>>>>",
            b"<</Type/Catalog/Pages 2 0 R/AA<</WC<</S/URI/URI(http://127.0.0.1:9)>>>>>>",
            b"<</Type/Catalog/Pages 2 0 R/AcroForm<</XFA[(a)(b)]>>>>",
            b"<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles<</Names[(a)<</EF<</F 4 0 R>>>>]>>>>>>",
        )
    )
    return File("pdf_active", "a.pdf", papers.pdf().replace(b"<< /Type /Catalog /Pages 2 0 R >>", extra, 1))


def sound(rng: random.Random) -> File:
    which = rng.randrange(5)
    if which == 0:
        return File("sound", "s.mp3", sounds.mp3(rng.choice((200, 2000))))
    if which == 1:
        return File("sound", "s.webm", sounds.webm(5, track=1))
    if which == 2:
        return File("sound", "s.m4a", sounds.m4a(5, handler=b"vide"))
    ending = rng.choice(("webm", "ogg", "m4a", "mp3"))
    data = bytearray(good()[ending])
    for _time in range(rng.choice((1, 4, 30))):
        place = rng.randrange(min(len(data), 400))
        data[place : place + 4] = struct.pack(">I", rng.choice((0, 1, 0x7FFFFFFF, 0xFFFFFFFF, 0x01FFFFFF)))
    return File("sound", f"s.{ending}", bytes(data), "audio/webm")


def bad_table(rng: random.Random) -> File:
    which = rng.randrange(9)
    head = "代码,名称\r\n"
    texts: list[Callable[[], bytes]] = [
        lambda: (head + '"' + "a" * 300_000).encode(),
        lambda: (head + "1,甲\r\n" * 40_000).encode(),
        lambda: ("代码," * 20_000 + "\r\n" + "1," * 20_000).encode(),
        lambda: (head + "\x00,\x00\r\n").encode(),
        lambda: head.encode("utf-16"),
        lambda: head.encode("gb18030") + b"\x81\x30\x81",
        lambda: (head + "1," + "长" * 250_000).encode(),
        lambda: ("代码,代码,名称,\u202e\r\n" + "9" * 400 + ",=cmd|' /C calc'!A0\r\n").encode(),
        lambda: b"\n" * 1_000_000,
    ]
    return File("bad_table", "t.csv", texts[which]())


def bad_shapes(rng: random.Random) -> File:
    which = rng.randrange(7)
    texts: list[Callable[[], bytes]] = [
        lambda: geojson(25_000), lambda: geojson(1, depth=100_000), lambda: b"[" * 1_000_000,
        lambda: geojson(1).replace(b"113.3,23.1", b"1e999,-1e999"), lambda: geojson(1).replace(b"113.3", b"NaN"),
        lambda: geojson(1).replace(b'"Polygon"', b'"GeometryCollection"'),
        lambda: b'{"type":"FeatureCollection","features":[' + b'{"type":"Feature","geometry":{"type":"Polygon","coordinates":[['
        + b",".join(b"[113.%07d,23.%07d]" % (rng.randrange(10**7), rng.randrange(10**7)) for _n in range(30_000)) + b"]]}}]}",
    ]  # fmt: skip
    return File("bad_shapes", "s.geojson", texts[which]())


def big(rng: random.Random) -> File:
    ending = rng.choice(("jpg", "pdf", "csv", "xlsx", "mp3"))
    return File("big", f"b.{ending}", good()[ending] + b"\0" * (rng.choice((13, 16, 21)) << 20))


def empty(rng: random.Random) -> File:
    return File(
        "empty", rng.choice(("e.jpg", "e.pdf", "e.xlsx")), rng.choice((b"", b"\0", b"\0" * 4096, b"\xff" * 512))
    )


MAKERS: tuple[Callable[[random.Random], File], ...] = (
    bomb_picture, bomb_text_chunk, bomb_zip, lying_zip, many_parts, same_part_often, far_cell, far_dimension,
    inflating_sheet, strings_of_sheet, entities, macros, outside, deep_xml, polyglot, markup, wrong_ending, cut, noisy,
    swapped, odd_name, placed_photo, broken_profile, moving, tiff, pdf_heavy, pdf_active, sound, bad_table, bad_shapes,
    big, empty,
)  # fmt: skip
PLAIN = (cut, noisy, swapped, odd_name, placed_photo, polyglot, wrong_ending, markup, sound)
"""Of these there are endlessly many different ones, so they are made more often."""


@cache
def sure() -> tuple[tuple[File, str], ...]:
    """What the smoke form is not to miss by chance, each with its door."""
    far = SHEET_HEAD + f'<row r="1">{cell("A1", "代码")}</row><row>{cell("XFD1048576")}</row>' + SHEET_TAIL
    placed = pictures.with_camera_data(6, width=640, height=480)
    return (
        (File("far_cell", "f.xlsx", repacked(good()["xlsx"], {SHEET: far})), "register"),
        (File("placed_photo", "p.jpg", placed, "image/jpeg"), "portal-photo"),
        (File("bomb_picture", "b.png", flat_png(9000, 9000)), "api"),
        (File("odd_name", "../../x\u202egnp.pdf", good()["pdf"]), "parts-paper"),
        (File("odd_name", "a\x1b[2J<b>.pdf", good()["pdf"]), "api"),
    )


def made(rng: random.Random, number: int) -> File:
    """Every kind in turn, then the endless ones."""
    if number % 2 == 0:
        return MAKERS[number // 2 % len(MAKERS)](rng)
    return rng.choice(PLAIN)(rng)
