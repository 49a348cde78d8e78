"""The reading process: looks into one hostile document or recording, says what it found, and ends.

Run as `python -I -B -m huying.files.child LIMITS`, the file on its input, JSON lines on its output: first what the file
is (or a fault's code), then its text. Before a byte is read it takes from itself whatever it does not need: time,
memory, files, children, the network. It knows neither the database nor the settings, and writes no log.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import json
import re
import signal
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pypdf
from defusedxml.ElementTree import iterparse  # type: ignore[import-untyped, unused-ignore]
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

from huying.files.sound import NoSound, sound_of

try:
    import resource
except ImportError:  # no such thing on this platform: the parent's clock remains
    resource = None  # type: ignore[assignment]

Texts = Iterator[str]
_LOCKED = "EncryptedPackage".encode("utf-16-le")


class Fault(Exception):
    """Why the file is not taken; the argument is a code that the parent has a sentence for."""


class Tired(BaseException):
    """The file takes too much work; no parser that swallows every Exception swallows this."""


@dataclass(frozen=True)
class Bounds:
    pages: int
    inflated: int
    entries: int
    depth: int
    text: int


@dataclass
class Found:
    kind: str
    pages: int | None = None
    seconds: int | None = None


def close_down(cpu_seconds: int, memory: int) -> None:
    """Give up what reading does not need. From here on nothing can be opened, sent, started or written to disk."""
    _leave_the_network()
    if resource is None:
        return
    for name, value in (
        ("RLIMIT_CPU", cpu_seconds),
        ("RLIMIT_AS", memory),
        ("RLIMIT_CORE", 0),
        ("RLIMIT_FSIZE", 0),
        ("RLIMIT_NPROC", 0),
        ("RLIMIT_NOFILE", 3),  # the three that are open: no file and no socket can follow
    ):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            resource.setrlimit(getattr(resource, name), (value, value))


def grow_tired(seconds: float) -> None:
    """After so many seconds of work stop, wherever that is."""

    def stop(*_given: object) -> None:
        raise Tired

    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGPROF, stop)
        signal.setitimer(signal.ITIMER_PROF, seconds)


def _leave_the_network() -> None:
    """Linux: no new privileges, and a network of its own with nothing in it, where the kernel lets us."""
    if not sys.platform.startswith("linux"):
        return
    with contextlib.suppress(Exception):
        import ctypes

        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS
        libc.prctl(1, 9, 0, 0, 0)  # PR_SET_PDEATHSIG, SIGKILL
        libc.unshare(0x10000000 | 0x40000000)  # CLONE_NEWUSER | CLONE_NEWNET


# documents


def read(data: bytes, bounds: Bounds) -> tuple[Found, Callable[[], Texts]]:
    """What a document is, and how its text is taken; raises Fault."""
    if data[:5] == b"%PDF-":
        return _pdf(data, bounds)
    if data[:4] == b"PK\x03\x04":
        return _office(data, bounds)
    if data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise Fault("encrypted" if _LOCKED in data else "old_office")
    return _plain(data)


# PDF

_ACTIVE = {"/JavaScript", "/Launch", "/ImportData", "/GoToE", "/Rendition", "/RichMediaExecute", "/Movie", "/Sound"}
_CARRIED = {"/EmbeddedFile", "/RichMedia", "/3D", "/Screen"}
_MOST_OBJECTS = 100_000


def _pdf(data: bytes, bounds: Bounds) -> tuple[Found, Callable[[], Texts]]:
    reader = pypdf.PdfReader(io.BytesIO(data), strict=False)
    if reader.is_encrypted:
        raise Fault("encrypted")
    pages = len(reader.pages)
    if pages == 0:
        raise Fault("broken")
    if pages > bounds.pages:
        raise Fault("pages")
    _without_programs(reader)

    def texts() -> Texts:
        for page in reader.pages:
            yield page.extract_text() or ""

    return Found("pdf", pages=pages), texts


def _without_programs(reader: pypdf.PdfReader) -> None:
    """Every object of the file, also those that no page shows."""
    count = 0
    numbers = {(number, generation) for generation, found in reader.xref.items() for number in found}
    numbers |= {(number, 0) for number in reader.xref_objStm}
    for number, generation in sorted(numbers):
        count += 1
        if count > _MOST_OBJECTS:
            raise Fault("entries")
        try:
            found = reader.get_object(IndirectObject(number, generation, reader))
        except (MemoryError, RecursionError):
            raise Fault("broken") from None
        except Exception:
            continue
        _look(found)


def _look(found: Any) -> None:
    rest, seen = [found], 0
    while rest:
        seen += 1
        if seen > _MOST_OBJECTS:
            raise Fault("entries")
        one = rest.pop()
        if isinstance(one, DictionaryObject):
            if str(one.get("/S", "")) in _ACTIVE or "/JS" in one or "/XFA" in one or "/AA" in one:
                raise Fault("programs")
            if str(one.get("/Type", "")) in _CARRIED or str(one.get("/Subtype", "")) in _CARRIED or "/EF" in one:
                raise Fault("embedded")
            rest.extend(dict.values(one))
        elif isinstance(one, ArrayObject):
            rest.extend(list.__iter__(one))


# Office: zip files of XML

_MACROS = re.compile(r"vbaproject|vbadata|macrosheet|dialogsheet|activex|(^|/)basic/|(^|/)scripts/", re.I)
_HEADS = (
    b"MZ", b"\x7fELF", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xd0\xcf\x11\xe0",
    b"PK\x03\x04", b"Rar!", b"7z\xbc\xaf", b"%PDF-", b"\x1f\x8b", b"#!",
)  # fmt: skip
_MAIN = {
    "wordprocessingml.document.main": "docx",
    "spreadsheetml.sheet.main": "xlsx",
    "presentationml.presentation.main": "pptx",
}
_OPEN = {"application/vnd.oasis.opendocument.text": "odt", "application/vnd.oasis.opendocument.spreadsheet": "ods"}


def _office(data: bytes, bounds: Bounds) -> tuple[Found, Callable[[], Texts]]:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        names = _entries(packed, bounds)
        if "mimetype" in names:
            kind = _OPEN.get(packed.read("mimetype")[:200].decode("ascii", "replace").strip(), "")
            if "META-INF/manifest.xml" in names and b"encryption-data" in packed.read("META-INF/manifest.xml"):
                raise Fault("encrypted")
        elif "[Content_Types].xml" in names:
            listed = packed.read("[Content_Types].xml").decode("utf-8", "replace")
            if "macroenabled" in listed.lower():
                raise Fault("programs")
            kind = next((one for main, one in _MAIN.items() if f"{main}+xml" in listed), "")
        else:
            kind = ""
        if not kind:
            raise Fault("unknown")
        _nothing_outside(packed, names, bounds)
        pages = _pages(packed, kind, names, bounds)
        if pages is not None and pages > bounds.pages:
            raise Fault("pages")
        parts = [(name, packed.read(name)) for name in _texts_in(kind, names)]

    def texts() -> Texts:
        for _name, part in parts:
            yield from _words(part, bounds)

    for _name, part in parts:
        _depth(part, bounds)
    return Found(kind, pages=pages), texts


def _entries(packed: zipfile.ZipFile, bounds: Bounds) -> dict[str, zipfile.ZipInfo]:
    """Every entry inflated once, as far as it says: names, sizes, sums and beginnings are what they should be."""
    listed = packed.infolist()
    if len(listed) > bounds.entries:
        raise Fault("entries")
    if sum(one.file_size for one in listed) > bounds.inflated:
        raise Fault("inflated")
    names: dict[str, zipfile.ZipInfo] = {}
    for one in listed:
        name = one.filename
        if name in names or name.startswith("/") or "\\" in name or ".." in name.split("/"):
            raise Fault("broken")
        names[name] = one
        if one.flag_bits & 1:
            raise Fault("encrypted")
        if one.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Fault("unknown")
        if _MACROS.search(name):
            raise Fault("programs")
        with packed.open(one) as part:
            if part.read(16).startswith(_HEADS):
                raise Fault("embedded")
            while part.read(1 << 20):
                pass
    return names


_RELATION = re.compile(rb"<(?:\w+:)?Relationship\b[^>]*>")
_OUTSIDE = re.compile(rb"""TargetMode\s*=\s*["']External""", re.I)
_LINKS = re.compile(rb"""Type\s*=\s*["'][^"']*/(?:hyperlink|attachedToc)["']""", re.I)


def _nothing_outside(packed: zipfile.ZipFile, names: dict[str, zipfile.ZipInfo], bounds: Bounds) -> None:
    """Nothing that is fetched from elsewhere when the file is opened; links to click are fine."""
    for name in names:
        if name.endswith(".rels"):
            for found in _RELATION.findall(packed.read(name)):
                if _OUTSIDE.search(found) and not _LINKS.search(found):
                    raise Fault("outside")
        elif name.startswith("xl/externalLinks/") and b"ddeLink" in packed.read(name):
            raise Fault("programs")


def _pages(packed: zipfile.ZipFile, kind: str, names: dict[str, zipfile.ZipInfo], bounds: Bounds) -> int | None:
    if kind == "pptx":
        return sum(bool(re.fullmatch(r"ppt/slides/slide\d+\.xml", name)) for name in names)
    if kind == "xlsx":
        return sum(bool(re.fullmatch(r"xl/worksheets/[\w-]+\.xml", name)) for name in names)
    if kind == "ods":
        return min(packed.read("content.xml").count(b"<table:table "), 100_000) if "content.xml" in names else None
    source, asked = (
        ("docProps/app.xml", rb"<Pages>(\d{1,6})<") if kind == "docx" else ("meta.xml", rb'page-count="(\d{1,6})"')
    )
    told = re.search(asked, packed.read(source)) if source in names else None
    return int(told[1]) if told else None


def _texts_in(kind: str, names: dict[str, zipfile.ZipInfo]) -> list[str]:
    if kind == "docx":
        found = [name for name in names if re.fullmatch(r"word/(document|header\d*|footer\d*|footnotes)\.xml", name)]
        found.sort(key=lambda name: (name != "word/document.xml", name))
    elif kind == "xlsx":
        found = [name for name in names if name == "xl/sharedStrings.xml"]
        found += sorted(name for name in names if re.fullmatch(r"xl/worksheets/[\w-]+\.xml", name))
    elif kind == "pptx":
        slides = [name for name in names if re.fullmatch(r"ppt/slides/slide\d+\.xml", name)]
        found = sorted(slides, key=lambda name: int(re.sub(r"\D", "", name)[:9] or 0))
    else:
        found = [name for name in names if name == "content.xml"]
    main = {"docx": "word/document.xml", "odt": "content.xml", "ods": "content.xml"}.get(kind)
    if main is not None and main not in found:
        raise Fault("broken")
    return found


def _depth(part: bytes, bounds: Bounds) -> None:
    depth = 0
    for what, one in iterparse(io.BytesIO(part), events=("start", "end"), forbid_dtd=True):
        depth += 1 if what == "start" else -1
        if depth > bounds.depth:
            raise Fault("entries")
        if what == "end":
            one.clear()


_LINE_ENDS = {"p", "h", "br", "si", "row", "table-row", "tr"}
_HOLDERS = {"t", "p", "h", "span", "a", "is"}


def _words(part: bytes, bounds: Bounds) -> Texts:
    """The text of one part, a line for each paragraph."""
    line: list[str] = []
    for what, one in iterparse(io.BytesIO(part), events=("start", "end"), forbid_dtd=True):
        tag = str(one.tag).rpartition("}")[2]
        if what == "start":
            continue
        if one.text and tag in _HOLDERS:
            line.append(one.text)
        if one.tail and one.tail.strip() and tag in ("span", "a", "s", "tab", "line-break"):
            line.append(one.tail)
        if tag in _LINE_ENDS:
            if line:
                yield "".join(line)
            line = []
        one.clear()
    if line:
        yield "".join(line)


# plain text

_MARKUP = re.compile(r"<\s*(?:!doctype|html|script|svg|\?xml|body|iframe)", re.I)


def _plain(data: bytes) -> tuple[Found, Callable[[], Texts]]:
    text = _decoded(data)
    head = text[:4096]
    if _MARKUP.search(head) or head.startswith(("#!", "{\\rtf", "%!PS", "@echo")):
        raise Fault("unknown")
    if any(ord(one) < 32 and one not in "\t\n\r\f" for one in text):
        raise Fault("unknown")
    lines = [one for one in text.splitlines() if one.strip()]
    if not lines:
        raise Fault("empty")
    return Found("csv" if _is_table(lines[:20]) else "txt"), lambda: iter(lines)


def _decoded(data: bytes) -> str:
    for coding in ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030"):
        try:
            return data.decode(coding)
        except UnicodeDecodeError:
            continue
    raise Fault("unknown")


def _is_table(lines: list[str]) -> bool:
    """Two lines or more with the same number of the same mark between their cells."""
    if len(lines) < 2:
        return False
    return any(len({line.count(mark) for line in lines}) == 1 and mark in lines[0] for mark in (",", "\t", ";", "，"))


# recordings


def hear(data: bytes, most_seconds: int) -> Found:
    try:
        found = sound_of(data)
    except NoSound as why:
        raise Fault(f"sound_{why}") from None
    if found.seconds > most_seconds + 1:
        raise Fault("sound_long")
    return Found(found.kind, seconds=max(round(found.seconds), 1))


# the process


def answer(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def main() -> None:
    asked = json.loads(sys.argv[1])
    _warm_up()
    close_down(asked["cpu_seconds"], asked["memory"])
    grow_tired(asked["patience"])
    data = sys.stdin.buffer.read(asked["bytes"] + 1)
    try:
        if len(data) > asked["bytes"]:
            raise Fault("bytes")
        if asked["sound"]:
            answer(vars(hear(data, asked["seconds"])))
            return
        bounds = Bounds(**{name: asked[name] for name in ("pages", "inflated", "entries", "depth", "text")})
        found, texts = read(data, bounds)
        answer(vars(found))
        answer({"text": taken(texts, bounds.text)})
    except Fault as why:
        answer({"fault": str(why)})
    except (MemoryError, RecursionError, Tired):
        answer({"fault": "entries"})
    except Exception:  # whatever a hostile file makes a parser raise, the file is what is wrong
        answer({"fault": "broken"})


def taken(texts: Callable[[], Texts], most: int) -> str:
    """The first `most` characters; what is broken further down takes nothing from what came before."""
    found: list[str] = []
    length = 0
    with contextlib.suppress(Exception, Tired):
        for one in texts():
            found.append(one)
            length += len(one) + 1
            if length >= most:
                break
    return "\n".join(found)[:most]


_CODINGS = (
    "ascii", "latin-1", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gb18030", "gbk", "gb2312",
    "big5", "big5hkscs", "shift_jis", "cp932", "euc_jp", "euc_kr", "cp949", "cp437", "cp1252", "mac_roman", "charmap",
    "unicode_escape", "idna",
)  # fmt: skip


def _warm_up() -> None:
    """Load what the libraries load late, as long as files can be opened."""
    import xml.etree.ElementTree

    assert xml.etree.ElementTree
    for coding in _CODINGS:
        with contextlib.suppress(LookupError):
            codecs.lookup(coding)
    with contextlib.suppress(Exception):
        writer, kept = pypdf.PdfWriter(), io.BytesIO()
        writer.add_blank_page(20, 20)
        writer.write(kept)
        kept.seek(0)
        pypdf.PdfReader(kept).pages[0].extract_text()


if __name__ == "__main__":
    main()
