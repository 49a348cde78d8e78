"""Hostile files through every door that takes one: nothing dies, nothing swells, nothing of a place is served.

The doors are opened in a process of its own, because a file may end it; this process only counts. The other one says
before each file which it is, so that a file that ends it is named.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import resource
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any
from unittest import mock

from prove.frame import Goal, Prover, Run, Sabotage
from prove.inside import NOBODY, STRONGEST, Answer, Street, street

MOST_ROOM = 3 << 30
"""What the other process may take at all: this machine is somebody else's too."""
PICTURES = ("portal-photo", "parts-photo", "api")
FIXED = (
    *PICTURES, "portal-paper", "portal-voice", "parts-paper", "parts-sound", "areas", "polygons", "plan", "catalogue",
    "open-data", "cases", "tickets",
)  # fmt: skip
FITS = {
    **dict.fromkeys(("jpg", "jpeg", "png", "webp", "gif", "tif", "svg"), PICTURES),
    "pdf": ("portal-paper", "parts-paper", "api"), "docx": ("portal-paper", "parts-paper", "api"),
    "pptx": ("portal-paper", "api"), "odt": ("parts-paper", "api"), "mp3": ("portal-voice", "parts-sound"),
    "webm": ("portal-voice", "parts-sound"), "ogg": ("parts-sound", "api"), "m4a": ("parts-sound", "api"),
    "geojson": ("polygons", "plan"), "json": ("polygons",),
    "csv": ("areas", "register", "cases", "tickets", "portal-paper"),
    "xlsx": ("areas", "register", "catalogue", "cases", "tickets", "portal-paper", "api"), "zip": ("open-data",),
}  # fmt: skip
SHORT = ("jpg", "pdf", "xlsx", "webm")
KNOWN_FORMS = {
    "huying.places.forms.ImportForm": "areas, polygons", "huying.places.forms.PlanForm": "plan",
    "huying.matters.forms.ImportForm": "catalogue", "huying.registers.forms.ImportForm": "register",
    "huying.cases.forms.tickets.SheetForm": "tickets",
}  # fmt: skip
"""Forms with a plain field for a file, and the door that stands for each; one that is not named here is a find."""


class Upload(Prover):
    name = "upload"
    what = "Sends hostile files through every door that takes a file, and looks at what is kept and served."
    item = "files"
    smoke, full = 24, 6000
    per_step, per_smoke_step = 40, 24
    sabotages = (
        Sabotage("metadata-kept", "a photo is stored with the camera's own data, its place among them"),
        Sabotage("pixels-unlimited", "a picture is decoded however many pixels its header says"),
        Sabotage("names-unchecked", "the name of a file is kept as it was sent"),
        Sabotage("sheet-uncounted", "a workbook goes to the reader without being counted before"),
    )
    goals = {
        "died": Goal("==", 0),
        "server_errors": Goal("==", 0),
        "position_tags": Goal("==", 0),
        "added_mib": Goal("<=", 300),
        "work_seconds_max": Goal("<=", 2.0),
        "took_seconds_max": Goal("<=", 2.0, full=True),
    }

    def open(self, run: Run) -> None:
        self.others: list[Other] = [Other(run, number) for number in range(1 if run.smoke else 2)]
        for name in ("died", "server_errors", "position_tags"):
            run.count(name, 0)
        run.most("added_mib", 0)
        for one in self.others:
            one.begin()

    def close(self, run: Run) -> None:
        for one in getattr(self, "others", ()):
            one.end()

    def do(self, run: Run, rng: random.Random, items: int) -> None:
        seed = rng.randrange(2**62)
        first = run.step * self.size(run)
        shares: list[list[int]] = [[] for _one in self.others]
        for number in range(items):
            shares[number % len(shares)].append(first + number)
        threads = [
            threading.Thread(target=one.work, args=(seed, share))
            for one, share in zip(self.others, shares, strict=True)
        ]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        for other in self.others:
            if other.fault is not None:
                raise other.fault


class Other:
    """The process with the doors, made again when a file has ended it."""

    lock = threading.Lock()

    def __init__(self, run: Run, number: int) -> None:
        self.run, self.number = run, number
        self.process: Any = None
        self.line: Any = None
        self.fault: Exception | None = None

    def begin(self) -> None:
        self.line, theirs = multiprocessing.Pipe()
        context = multiprocessing.get_context("fork")
        self.process = context.Process(target=live, args=(theirs, self.run, self.number), daemon=True)
        self.process.start()
        theirs.close()
        if self._heard() != ("ready",):
            raise RuntimeError("the process with the doors did not start")

    def end(self) -> None:
        if self.process is not None and self.process.is_alive():
            with suppress(OSError):
                self.line.send(None)
            self.process.join(20)
            if self.process.is_alive():
                self.process.kill()
                self.process.join(5)

    def work(self, seed: int, numbers: list[int]) -> None:
        try:
            self._work(seed, list(numbers))
        except Exception as why:
            self.fault = why

    def _work(self, seed: int, left: list[int]) -> None:
        while left:
            if self.process is None or not self.process.is_alive():
                self.begin()
            self.line.send((seed, left))
            about: dict[str, Any] = {}
            while True:
                said = self._heard()
                if said is None:
                    with self.lock:
                        self.run.count("died")
                        self.run.find("the process ended", code=self.process.exitcode, **about)
                        self.run.done()
                    left = [one for one in left if one > about.get("number", -1)]
                    self.process = None
                    break
                if said[0] == "end":
                    left = []
                    break
                if said[0] == "about":
                    about = said[1]
                else:
                    with self.lock:
                        getattr(self.run, said[0])(*said[1], **said[2])

    def _heard(self) -> Any:
        try:
            return self.line.recv()
        except (EOFError, OSError):
            self.process.join(10)
            return None


class Teller:
    """Stands for the run on the other side: what is called here is done there."""

    def __init__(self, line: Any) -> None:
        self.line = line

    def __getattr__(self, name: str) -> Any:
        return lambda *given, **facts: self.line.send((name, given, facts))


def live(line: Any, run: Run, number: int) -> None:
    """The other process: doors, until nothing more is asked for."""
    from prove.upload import files

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with ExitStack() as stack:
        run = Run(run.seed, run.target, run.form, run.sabotage, run.only, run.folder / str(number))
        run.folder.mkdir(parents=True, exist_ok=True)
        one = stack.enter_context(street(run, rows=True))
        for who in (STRONGEST, "keeper"):
            one.browser(who), one.token(who)
        stack.enter_context(broken(run))
        doors = Doors(one)
        tell = Teller(line)
        _used, most = resource.getrlimit(resource.RLIMIT_AS)
        doors.warm_up(run.smoke)
        resource.setrlimit(resource.RLIMIT_AS, (_size() + MOST_ROOM, most))
        watch = stack.enter_context(Watch())
        if number == 0:
            for words in undeclared():
                tell.find("a form takes a file and no door here stands for it", form=words)
        line.send(("ready",))
        while (asked := line.recv()) is not None:
            seed, numbers = asked
            for place in numbers:
                rng = random.Random(f"{seed}:{place}")
                file = files.made(rng, place)
                door = door_for(rng, file.name, doors, place)
                if run.smoke and place < len(files.sure()):
                    file, door = files.sure()[place]
                    door = f"register:{doors.registers[0]}" if door == "register" else door
                shown = file.name.encode("unicode_escape").decode()[:80]
                facts = {"number": place, "door": door, "kind": file.kind, "name": shown,
                         "bytes": len(file.data)}  # fmt: skip
                line.send(("about", facts))
                watch.begin()
                began, work = time.monotonic(), _work()
                with one.undone():
                    answer = doors.through(door, file)
                    took, worked = time.monotonic() - began, _work() - work
                    added = watch.added()
                    judge(tell, one, doors, door, file, answer, facts)
                tell.done()
                tell.count(f"kind_{file.kind}", 0)
                tell.count("refused" if answer.status >= 400 else "taken")
                tell.sample("took_seconds", took)
                tell.sample("work_seconds", worked)
                tell.most("added_mib", added)
                if worked > 2:
                    tell.find("it took more than two seconds of work", seconds=round(worked, 2), **facts)
                if added > 300:
                    tell.find("it took more than 300 MiB", mib=added, **facts)
            line.send(("end",))


def _size() -> int:
    return int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")


def _work() -> float:
    """Seconds of work of this process and of the children that it has waited for."""
    return sum(
        one.ru_utime + one.ru_stime for one in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


BEGINNING = 0.5  # seconds; a child that goes on as a copy of this process counts like any other


class Watch:
    """How much more room this process and its children take while a file is on its way."""

    def __enter__(self) -> Watch:
        self.on = True
        self.base = self.most = 0
        self.seen: dict[str, float] = {}
        self.thread = threading.Thread(target=self._look, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_told: object) -> None:
        self.on = False
        self.thread.join()

    def begin(self) -> None:
        with suppress(OSError):  # from here on the peak of this process is counted anew
            Path("/proc/self/clear_refs").write_text("5")
        self.base = self.most = _status("self", "VmRSS")
        self.peaks: dict[str, int] = {}

    def added(self) -> float:
        own = _status("self", "VmHWM") - self.base
        return round(max(own, self.most - self.base, 0) / 1024, 1)

    def _is_beginning(self, child: str) -> bool:
        """Whether a child has not begun its own program: for that moment it is this process's memory, seen twice."""
        return _is_we(child) and time.monotonic() - self.seen.setdefault(child, time.monotonic()) < BEGINNING

    def _look(self) -> None:
        while self.on:
            total = _status("self", "VmRSS")
            with suppress(OSError):
                for task in Path("/proc/self/task").iterdir():
                    for child in (task / "children").read_text().split():
                        if not self._is_beginning(child):
                            total += _status(child, "VmRSS")
            self.most = max(self.most, total)
            time.sleep(0.004)


def _is_we(process: str) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{process}/cmdline").read_bytes() == Path("/proc/self/cmdline").read_bytes()
    return True  # gone


def _status(process: str, name: str) -> int:
    """Kilobytes."""
    with suppress(OSError):
        for line in Path(f"/proc/{process}/status").read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1])
    return 0


def undeclared() -> Iterator[str]:
    """Forms with a plain field for a file that no door here stands for."""
    from django import forms
    from django.urls import get_resolver

    assert get_resolver().url_patterns  # imports every form

    def below(kind: type) -> Iterator[type]:
        for one in kind.__subclasses__():
            yield one
            yield from below(one)

    for one in below(forms.BaseForm):
        name = f"{one.__module__}.{one.__qualname__}"
        fields = getattr(one, "base_fields", {})
        plain = any(isinstance(field, forms.FileField) for field in fields.values())
        if plain and one.__module__.startswith("huying.") and ".ui." not in name and name not in KNOWN_FORMS:
            yield name


def door_for(rng: random.Random, name: str, doors: Doors, place: int) -> str:
    """Where this kind of file belongs, most of the time."""
    ending = name.rpartition(".")[2].lower()
    fitting = FITS.get(ending, FIXED)
    door = rng.choice(fitting) if rng.random() < 0.75 else rng.choice((*FIXED, "register"))
    return f"register:{doors.registers[place % len(doors.registers)]}" if door == "register" else door


class Doors:
    """Every door that takes a file."""

    def __init__(self, one: Street) -> None:
        from django.urls import reverse

        from huying.cases.models import Source
        from huying.cases.rules.tickets import SourceKind, SourceTier
        from huying.matters.models import CatalogueVersion
        from huying.matters.rules import VersionState
        from huying.registers.declared import REGISTERS
        from tests.world import STREET

        self.street = one
        draft = CatalogueVersion.objects.filter(state=VersionState.DRAFT).first()
        self.catalogue = (
            (reverse("matters:import", args=[draft.number]), draft.revision) if draft else ("/desk/matters/", 0)
        )
        self.plan = reverse("places:new_plan")
        self.source = Source.objects.create(
            code="upload", name="上级平台", area_code=STREET, kind=SourceKind.TICKET, tier=SourceTier.CITY
        )
        actor = None
        from huying.people.queries import actor_for

        actor = actor_for(one.accounts[STRONGEST], one.now)
        self.registers = sorted(key for key, found in REGISTERS.items() if found.may_write(actor))

    def warm_up(self, short: bool) -> None:
        """What is loaded on first use is no file's doing."""
        from prove.upload import files

        for ending, data in files.good().items():
            for door in FITS.get(ending, ())[: 1 if short else None] if not short or ending in SHORT else ():
                door = f"register:{self.registers[0]}" if door == "register" else door
                with self.street.undone():
                    self.through(door, files.File("good", f"good.{ending}", data))

    def through(self, door: str, file: Any) -> Answer:
        if door.startswith("portal-"):
            return self._portal(door.removeprefix("portal-"), file)
        if door.startswith("parts-"):
            return self._parts(door.removeprefix("parts-"), file)
        if door.startswith("register:"):
            path = f"/desk/registers/{door.partition(':')[2]}/import/"
            return self._posted(STRONGEST, path, {}, "file", file)
        if door in ("areas", "polygons"):
            given = {"kind": door, "system": "wgs84"}
            return self._posted(STRONGEST, "/desk/places/import/", given, "file", file)
        if door == "plan":
            given = {"kind": "redraw", "effective_on": "2026-12-01", "system": "wgs84", "name": "甲"}
            return self._posted(STRONGEST, self.plan + "?kind=redraw&code=990101001001001", given, "file", file)
        if door == "tickets":
            given = {"source": str(self.source.pk)}
            return self._posted(STRONGEST, "/desk/cases/tickets/import/", given, "file", file)
        if door == "catalogue":
            path, revision = self.catalogue
            return self._posted(STRONGEST, path, {"revision": str(revision)}, "file", file)
        if door == "api":
            body, kind = multipart({}, "file", file)
            return self.street.api(STRONGEST, "POST", "/api/v1/files", body, content_type=kind)
        return self._command(door, file)

    def _posted(self, who: str, path: str, given: dict[str, str], field: str, file: Any, browser: Any = None) -> Answer:
        body, kind = multipart(given, field, file)
        path, _mark, query = path.partition("?")
        return self.street.ask(who, "POST", path, body, content_type=kind, QUERY_STRING=query, browser=browser)

    def _resident(self) -> Any:
        from tests.portal.walk import Resident

        return Resident(self.street.browser(NOBODY))

    def _portal(self, what: str, file: Any) -> Answer:
        """A report with this file, to its end where it is taken; the answer is that of the first step."""
        from tests.portal.walk import WORDS

        resident = self._resident()
        given = {"words": WORDS} | ({"voice_agreed": "on"} if what == "voice" else {})
        field = {"photo": "photos", "paper": "papers", "voice": "voice"}[what]
        answer = self._posted(NOBODY, "/report/", given, field, file, browser=resident.client)
        if answer.status == 302:
            client = resident.client
            client.post("/report/danger/")
            client.post("/report/kind/", {"kind": "0103"})
            resident.where()
            client.post("/report/likely/", {"same": ""})
            page = client.get("/report/check/")
            with suppress(KeyError):
                resident.submit(page)
        return answer

    def _parts(self, wanted: str, file: Any) -> Answer:
        browser = self.street.browser(NOBODY)
        about = json.dumps({"wanted": wanted, "name": file.name, "size": len(file.data), "sha256": ""}).encode()
        answer = self.street.ask(
            NOBODY, "POST", "/files/parts/", about, content_type="application/json", browser=browser
        )
        if answer.status != 201:
            return answer
        where, offset = answer.headers["Location"], 0
        while offset < len(file.data):
            piece = file.data[offset : offset + (1 << 20)]
            answer = self.street.ask(
                NOBODY, "PATCH", where, piece, content_type="application/offset+octet-stream", browser=browser,
                HTTP_UPLOAD_OFFSET=str(offset),
            )  # fmt: skip
            if answer.status >= 300:
                return answer
            offset += len(piece)
        return answer

    def _command(self, door: str, file: Any) -> Answer:
        """What the command line takes: a file by its path. A refusal is what it should be; anything else is a fault."""
        import zipfile

        from huying.kernel import sheets
        from huying.kernel.refusals import Refusal
        from huying.opendata import reading

        path = self.street.folder / "brought"
        path.write_bytes(file.data)
        try:
            if door == "cases":
                for _line in sheets.lines(path):
                    pass
            else:
                try:
                    with zipfile.ZipFile(path) as packed:
                        reading._checked(packed)
                except (zipfile.BadZipFile, OSError, EOFError) as why:
                    raise Refusal from why
        except Refusal as why:
            return Answer(why.status, {"Content-Type": "text/html"}, (str(why) or "。").encode())
        except Exception as why:
            from prove.inside import _told

            return Answer(599, {}, b"", _told(why))
        finally:
            path.unlink(missing_ok=True)
        return Answer(200, {"Content-Type": "text/html"}, b"")


def multipart(given: dict[str, str], field: str, file: Any) -> tuple[bytes, str]:
    edge = "prove-edge-7f3a"
    parts = [
        f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in given.items()
    ]
    name = file.name.replace("\\", "\\\\").replace('"', '\\"') if file.name.count('"') % 2 else file.name
    head = f'--{edge}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n'
    head += f"Content-Type: {file.type}\r\n\r\n"
    parts += [head.encode("utf-8", "surrogatepass"), file.data, f"\r\n--{edge}--\r\n".encode()]
    return b"".join(parts), f"multipart/form-data; boundary={edge}"


# What must be


def judge(tell: Any, one: Street, doors: Doors, door: str, file: Any, answer: Answer, facts: dict[str, Any]) -> None:
    if answer.status >= 500:
        tell.count("server_errors")
        tell.find("a fault of ours", status=answer.status, fault=answer.fault, **facts)
    elif answer.status >= 400 and not _is_sentence(answer):
        tell.find("a refusal without a sentence", status=answer.status, answered=answer.text[:200], **facts)
    if answer.refused_late:
        tell.find("only the database refused a value", said=answer.refused_late, **facts)
    if answer.status >= 400:
        return
    _kept(tell, file, facts)
    _served(tell, one, facts)


def _is_sentence(answer: Answer) -> bool:
    if answer.kind.endswith("json"):
        with suppress(ValueError):
            return len(json.loads(answer.content).get("detail", "")) > 4
        return False
    return "。" in answer.text


def _kept(tell: Any, file: Any, facts: dict[str, Any]) -> None:
    """Names and bytes of what waits for its form."""
    from huying.files.models import HeldUpload
    from huying.files.storage import path_of

    for row in HeldUpload.objects.order_by("-held_at", "-pk")[:3]:
        if wrong := _bad_name(row.name):
            tell.find(
                "a name is kept that is none", kept=row.name.encode("unicode_escape").decode(), wrong=wrong, **facts
            )
        path = path_of(row.pk, row.kind, preview=False)
        if path.exists():
            _looked(tell, row.kind, path.read_bytes(), facts, "kept")


def _bad_name(name: str) -> str:
    if any(not one.isprintable() for one in name):
        return "a sign that is not shown"
    if any(one in name for one in '/\\<>:"|?*') or name in (".", ".."):
        return "a sign that names a place"
    return "longer than names are" if len(name) > 80 else ""


def _looked(tell: Any, kind: str, data: bytes, facts: dict[str, Any], where: str) -> None:
    import io

    from PIL import Image

    if kind not in ("jpg", "webp"):
        return
    tell.count("pictures_looked_at")
    with Image.open(io.BytesIO(data)) as picture:
        left = {
            name
            for name in picture.info
            if name in ("exif", "icc_profile", "comment", "xmp", "photoshop", "XML:com.adobe.xmp")
        }
        if picture.getexif() or left or b"GPS" in data or b"SecretDevice" in data or b"<script" in data:
            tell.count("position_tags")
            tell.find(
                f"a {where} picture tells more than its pixels", left=sorted(left), tags=len(picture.getexif()), **facts
            )
    if not (data.endswith(b"\xff\xd9") if kind == "jpg" else len(data) == int.from_bytes(data[4:8], "little") + 8):
        tell.find(f"a {where} picture has something behind its end", **facts)


def _served(tell: Any, one: Street, facts: dict[str, Any]) -> None:
    """What became part of a call, as the desk and the resident get it."""
    from huying.cases.models import Report
    from huying.files.models import Attachment

    for row in Attachment.objects.order_by("-pk")[:6]:
        report = Report.objects.filter(pk=row.owner_id).first()
        if report is None or row.emptied_at is not None:
            continue
        for tail in ("", "preview/"):
            path = f"/desk/cases/{report.case_id}/files/{row.pk}/{tail}"
            answer = one.ask(STRONGEST, "GET", path)
            if answer.status != 200:
                if not tail and row.scan != "hit":
                    tell.find("a kept file is not served", status=answer.status, file_kind=row.kind, **facts)
                continue
            tell.count("served")
            headers = answer.headers
            picture = row.kind in ("jpg", "webp")
            shown = picture or row.kind in ("webm", "ogg", "m4a", "mp3")
            wrong = []
            if headers.get("X-Content-Type-Options") != "nosniff":
                wrong.append("no nosniff")
            if (
                "sandbox" not in headers.get("Content-Security-Policy", "")
                or "'none'" not in headers["Content-Security-Policy"]
            ):
                wrong.append("no closed policy")
            told = headers.get("Content-Disposition", "")
            if not told.startswith("inline" if shown else "attachment"):
                wrong.append(f"handed over as {told[:40]}")
            if any(ord(sign) < 32 or ord(sign) > 126 for sign in told) or "public" in headers.get("Cache-Control", ""):
                wrong.append("headers of its own")
            if wrong:
                tell.find("a file is served otherwise than declared", wrong=wrong, file_kind=row.kind, **facts)
            if picture:
                _looked(tell, row.kind, answer.content, facts, "served")


# Sabotages


@contextmanager
def broken(run: Run) -> Iterator[None]:
    from huying.files import imaging, reading
    from huying.files.actions import parts

    with ExitStack() as stack:
        if run.broken("metadata-kept"):
            stack.enter_context(_metadata_kept(imaging))
        if run.broken("pixels-unlimited"):
            from dataclasses import replace

            from PIL import Image

            real = imaging._pixels
            stack.enter_context(mock.patch.object(Image, "MAX_IMAGE_PIXELS", None))
            stack.enter_context(
                mock.patch.object(
                    imaging, "_pixels",
                    lambda data, form, which, limits: real(
                        data, form, which, replace(limits, pixels=10**12, edge=10**9)
                    ),
                )
            )  # fmt: skip
        if run.broken("names-unchecked"):
            for room in (reading, parts):
                stack.enter_context(mock.patch.object(room, "readable_name", lambda name: name))
        if run.broken("sheet-uncounted"):
            stack.enter_context(
                mock.patch(
                    "huying.kernel.workbooks.counted",
                    lambda file, _bounds: file if isinstance(file, bytes) else file.read_bytes(),
                )
            )
        yield


@contextmanager
def _metadata_kept(imaging: Any) -> Iterator[None]:
    import io

    from PIL import Image

    last: list[bytes] = [b""]
    pixels, encoded = imaging._pixels, imaging._encoded

    def opened(data: bytes, *given: Any) -> Any:
        found = pixels(data, *given)
        with suppress(Exception), Image.open(io.BytesIO(data)) as picture:
            last[0] = picture.getexif().tobytes()
        return found

    def kept(image: Any, kind: Any) -> bytes:
        out = io.BytesIO()
        image.save(out, "JPEG" if str(kind) == "jpg" else "WEBP", exif=last[0])
        return out.getvalue()

    assert encoded
    with mock.patch.object(imaging, "_pixels", opened), mock.patch.object(imaging, "_encoded", kept):
        yield
