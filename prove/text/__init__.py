"""Strings that break things, through every field for text to every place that shows it: none changed, none run.

What the documented text type promises is written here once more, apart from the product: ends of lines become one
sign, outer space goes, names and single lines are put into the composed form. Anything else comes back as it was
sent, or is refused with a sentence.
"""

from __future__ import annotations

import csv
import io
import json
import random
import re
import unicodedata
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import cached_property
from html.parser import HTMLParser
from typing import Any
from unittest import mock
from urllib.parse import urlencode

from prove.frame import Goal, Prover, Run, Sabotage
from prove.inside import STRONGEST, Answer, Street, street
from prove.text import strings

SMOKE = 36
DEEP = 6
IN_SMOKE = ("facility", "inspection")
RISKY = ("=", "+", "-", "@", "\t", "\r")
BIDI = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True)
class Field:
    """A field for text: of a register's column, of a report, of a form on a page."""

    place: str
    name: str
    line: bool
    limit: int
    path: str = ""

    @property
    def label(self) -> str:
        return f"{self.place}.{self.name}"


class Text(Prover):
    name = "text"
    what = "Sends naughty and Chinese strings through every field for text, and reads them wherever they are shown."
    item = "strings through fields"
    smoke, full = SMOKE, 9_000
    per_step, per_smoke_step = 100, SMOKE
    sabotages = (
        Sabotage("autoescape-off", "the component that shows strangers' words takes them for safe markup"),
        Sabotage("csv-guard-off", "cells of a CSV file are written as they are, formulas too"),
        Sabotage("controls-unchecked", "controls and NUL pass the text type"),
        Sabotage("words-changed", "text is stored in the compatibility form: 〇 and full width become others"),
    )
    goals = {
        "errors": Goal("==", 0), "scripts": Goal("==", 0), "changed": Goal("==", 0), "formulas": Goal("==", 0),
        "pages_in_browser": Goal(">=", 10, full=True),
    }  # fmt: skip

    def open(self, run: Run) -> None:
        self.stack = ExitStack()
        self.street: Street = self.stack.enter_context(street(run))
        for name in ("errors", "scripts", "changed", "formulas"):
            run.count(name, 0)
        for who in (STRONGEST, "head"):
            self.street.browser(who), self.street.token(who)
        self.rows: dict[str, Any] = {}
        self.fields = [*self._of_registers(run), *self._of_reports(), *self._of_pages(run)]
        if not run.smoke:
            self._run_undeclared(run)
        run.put("fields", len(self.fields))
        run.put("strings", len(self.corpus))
        self._break(run)

    def close(self, run: Run) -> None:
        if hasattr(self, "stack"):
            self.stack.close()

    @cached_property
    def corpus(self) -> tuple[str, ...]:
        found = list(strings.every())
        random.Random("text").shuffle(found)
        return tuple(found)

    def do(self, run: Run, rng: random.Random, items: int) -> None:
        first = run.step * self.size(run)
        for number in range(first, first + items):
            self.deep = number % DEEP == 0
            if run.smoke:
                field, text = self._smoke(number)
            else:
                # Each string goes on to other fields in the next round.
                around, place = divmod(number, len(self.corpus))
                text, field = (
                    self.corpus[place],
                    self.fields[(place * 7 + around * 31 + place // 97) % len(self.fields)],
                )
            self._one(run, field, text)
            run.done()
        if run.step % 40 == 1:
            for text in strings.huge():
                self._one(run, self.fields[rng.randrange(len(self.fields))], text)

    def _smoke(self, number: int) -> tuple[Field, str]:
        """Of each kind something, in few fields."""
        kinds = ("register:", "report", "page:")
        fields = [
            one for one in self.fields if one.place.startswith(kinds[number % 3 if number % 2 else 0])
        ] or self.fields
        picked = (
            "=1+1",
            "<img src=x onerror=window.huying_canary=1>",
            "a\x00b",
            "李〇ＡＢ①",
            "\ud800",
            "王\U000e0101",
            "榕树\u202e路",
        )
        text = picked[number // 2 % len(picked)] if number % 4 < 2 else self.corpus[number]
        return fields[number % len(fields)], text

    deep = True
    """Whether lists and sheets are read too: whole registers, so not for each string."""

    def _one(self, run: Run, field: Field, text: str) -> None:
        with self.street.undone():
            if field.place.startswith("register:"):
                self._register(run, field, text)
            elif field.place == "report":
                self._report(run, field, text)
            else:
                self._page(run, field, text)

    # Registers: by the API in, by every view out

    def _of_registers(self, run: Run) -> list[Field]:
        from huying.kernel.text import WORDS_LIMIT
        from huying.people.queries import actor_for
        from huying.registers import cells
        from huying.registers.declared import REGISTERS, ColumnKind

        actor, found, bare = actor_for(self.street.accounts[STRONGEST], self.street.now), [], []
        keys = [key for key in sorted(REGISTERS) if not run.smoke or key in IN_SMOKE]
        for key in keys:
            register = REGISTERS[key]
            row = self._row(register, actor)
            if row is None:
                bare.append(key)
                continue
            self.rows[key] = row
            for column in register.columns:
                if column.kind not in (ColumnKind.TEXT, ColumnKind.LONG_TEXT) or column.derived or column.fixed:
                    continue
                line = column.kind == ColumnKind.TEXT
                limit = column.most or cells._longest(register, column, 200 if line else 2000)
                found.append(Field(f"register:{key}", column.name, line, min(limit, WORDS_LIMIT)))
        run.put("registers", len(self.rows))
        run.put("registers_without_a_row", bare)
        return found

    def _row(self, register: Any, actor: Any, depth: int = 0) -> Any:
        """A row of this register: one that is there, else one made of plain values."""
        from django.http import QueryDict

        from huying.kernel.refusals import Refusal
        from huying.registers import actions, queries
        from huying.registers.filters import wanted_of

        for row in queries.export_rows(register, actor, wanted_of(register, QueryDict("")), now=self.street.now):
            if register.may_write(actor, row):
                return row
        if depth > 3:
            return None
        with suppress(Refusal, LookupError, ValueError):
            values = {one.name: self._value(register, one, actor, depth) for one in register.columns if not one.derived}
            values = {name: value for name, value in values.items() if value is not None}
            return actions.put(
                register=register, row_id=None, values=values, actor=actor, now=self.street.now, key=None
            )
        return None

    def _value(self, register: Any, column: Any, actor: Any, depth: int) -> Any:
        from huying.registers.declared import ColumnKind, get
        from tests.world import GRID, middle

        kind = column.kind
        if kind == ColumnKind.LINK:
            row = self._row(get(column.links_to), actor, depth + 1) if column.needed else None
            return str(row.pk) if row is not None else None
        if kind in (ColumnKind.CHOICE, ColumnKind.CHOICES):
            words = [value for value, _label in column.offered()]
            return words[0] if kind == ColumnKind.CHOICE else words[:1]
        return {
            ColumnKind.TEXT: "甲", ColumnKind.LONG_TEXT: "乙", ColumnKind.NUMBER: 1, ColumnKind.DECIMAL: "1",
            ColumnKind.YES: False,
            ColumnKind.DATE: "2026-10-01", ColumnKind.TIME: "08:30", ColumnKind.AREA: GRID, ColumnKind.AREAS: [GRID],
            ColumnKind.POINT: list(middle(GRID)),
        }[kind]  # fmt: skip

    def _register(self, run: Run, field: Field, text: str) -> None:
        key = field.place.partition(":")[2]
        row = self.rows[key]
        path = f"/api/v1/registers/{key}/{row.pk}"
        answer = self._api(run, field, text, "PUT", path, {"values": {field.name: text}})
        wanted = self._stored(run, field, text, answer)
        if wanted is None:
            return
        read = self._seen(run, field, text, self.street.api(STRONGEST, "GET", path))
        with suppress(ValueError):
            self._same(run, field, text, wanted, json.loads(read.content).get("values", {}).get(field.name), "API")
        page = f"/desk/registers/{key}/{row.pk}/"
        shown = self._seen(run, field, text, self.street.ask(STRONGEST, "GET", page))
        if shown.status == 200 and len(wanted) < 400:
            self._shows(run, field, text, wanted, shown, page)
        if self.deep:
            for tail in ("", "print/", "points.json"):
                self._seen(run, field, text, self.street.ask(STRONGEST, "GET", f"/desk/registers/{key}/{tail}"))
            self._sheets(run, field, text, key, wanted)

    def _sheets(self, run: Run, field: Field, text: str, key: str, wanted: str) -> None:
        from huying.people.queries import actor_for
        from huying.registers.declared import get
        from huying.registers.importing import import_rows

        actor = actor_for(self.street.accounts[STRONGEST], self.street.now)
        register = get(key)
        heading = str(register.column(field.name).label)
        for ending in ("csv", "xlsx"):
            answer = self._seen(
                run, field, text,
                # What has run out by the day of the run is wanted too.
                self.street.ask(STRONGEST, "GET", f"/desk/registers/{key}/export.{ending}", QUERY_STRING="ended=1"),
            )  # fmt: skip
            if answer.status != 200:
                continue
            path = self.street.folder / f"sheet.{ending}"
            path.write_bytes(answer.content)
            if ending == "csv":
                lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
                for cells in lines[1:]:
                    for cell in cells:
                        if cell.lstrip("\ufeff").startswith(RISKY):
                            run.count("formulas")
                            run.find("a cell that a sheet would run", field=field.label, cell=repr(cell[:60]))
                held = [dict(zip(lines[0], cells, strict=False)).get(heading, "") for cells in lines[1:]]
                if wanted and not any(plain_cell(one) == wanted for one in held):
                    self._same(run, field, text, wanted, held[0] if held else None, "CSV")
            with mock.patch.object(type(register), "most_rows", 20_000):
                outcome = import_rows(register=register, path=path, actor=actor, now=self.street.now, dry_run=True)
            if outcome.changed or outcome.created or (outcome.rejected_rows and not outcome.same):
                why = [str(one) for one in outcome.rejected[:2]]
                run.count("changed")
                run.find(
                    f"read back from its {ending}, a row is not the same",
                    field=field.label,
                    text=repr(text[:80]),
                    why=why,
                )

    # Reports

    def _of_reports(self) -> list[Field]:
        return [
            Field("report", "words", False, 1000),
            Field("report", "place_words", True, 200),
            Field("report", "contact", True, 60),
        ]

    def _report(self, run: Run, field: Field, text: str) -> None:
        from tests.world import GRID, STREET, middle

        lng, lat = middle(GRID)
        body: dict[str, Any] = {
            "words": "榕树路口的垃圾桶满了。",
            "area_code": STREET,
            "lng": lng,
            "lat": lat,
            "channel": "hotline",
        }
        if field.name == "contact":
            return self._search(run, field, text)
        body[field.name] = text
        answer = self._api(run, field, text, "POST", "/api/v1/reports", body)
        wanted = self._stored(run, field, text, answer)
        if wanted is None:
            return None
        said = json.loads(answer.content)
        from huying.cases.models import Case, Report

        stored = getattr(Report.objects.get(pk=said["report_id"]), field.name, None)
        if stored is None:
            stored = getattr(Case.objects.get(pk=said["case_id"]), field.name)
        self._same(run, field, text, wanted, stored, "database")
        for page in (
            f"/desk/cases/{said['case_id']}/",
            "/desk/list/",
            f"/desk/triage/{said['case_id']}/",
            "/desk/",
            f"/desk/new/{said['report_id']}/",
        ):
            if not self.deep and not page.startswith("/desk/cases/"):
                continue
            shown = self._seen(run, field, text, self.street.ask(STRONGEST, "GET", page))
            if page.startswith("/desk/cases/") and shown.status == 200 and len(wanted) < 400:
                self._shows(run, field, text, wanted, shown, page)
        for path in (
            f"/api/v1/cases/{said['case_id']}",
            "/api/v1/cases",
            "/api/v1/events",
            f"/api/v1/cases/{said['case_id']}/history",
        ):
            self._seen(run, field, text, self.street.api(STRONGEST, "GET", path))
        return None

    def _search(self, run: Run, field: Field, text: str) -> None:
        """What is looked for stands in the box again."""
        query = urlencode({"q": text.encode("utf-8", "replace")}) if len(text) < 50_000 else ""
        for page in ("/desk/search/", "/desk/list/", "/desk/registers/facility/"):
            self._seen(run, field, text, self.street.ask(STRONGEST, "GET", page, QUERY_STRING=query))

    # Forms of pages

    def _of_pages(self, run: Run) -> list[Field]:
        """Every field for text of every form that a page shows to the strongest."""
        from prove.fuzz import doors, forms_in, page_path

        rng, found = random.Random("text pages"), {}
        pages = [
            one
            for one in doors()
            if not one.api and not one.path.startswith(("ui/", "account/", "password/", "sign-", "oauth"))
        ]
        self.forms: dict[str, Any] = {}
        for door in pages[3::20] if run.smoke else pages:
            path = page_path(door, self.street, rng)
            with self.street.undone():
                shown = self.street.ask(STRONGEST, "GET", path)
            if shown.status != 200 or shown.kind != "text/html":
                continue
            for form in forms_in(shown.text, path):
                for name in text_names(shown.text):
                    if any(name == one for one, _choices in form.fields):
                        key = f"page:{door.path}>{re.sub('[0-9a-f-]{36}', '*', form.action)}"
                        found.setdefault((key, name), Field(key, name, False, 0, form.action))
                        self.forms[key] = form
        return list(found.values())

    def _page(self, run: Run, field: Field, text: str) -> None:
        form = self.forms[field.place]
        rng = random.Random(f"{field.label}")
        given = form.filled(rng) | {field.name: [text]}
        given.pop("csrfmiddlewaretoken", None)
        data = urlencode([(name, one.encode("utf-8", "replace")) for name, values in given.items() for one in values])
        if form.method == "get":
            answer = self.street.ask(STRONGEST, "GET", field.path, QUERY_STRING=data if len(data) < 50_000 else "")
        else:
            answer = self.street.ask(
                STRONGEST, "POST", field.path, data.encode(), content_type="application/x-www-form-urlencoded"
            )
        self._seen(run, field, text, answer)
        if answer.status in (301, 302, 303) and answer.headers.get("Location", "").startswith("/"):
            where, _mark, query = answer.headers["Location"].partition("?")
            self._seen(run, field, text, self.street.ask(STRONGEST, "GET", where.partition("#")[0], QUERY_STRING=query))
        run.count(f"forms_{answer.status // 100}xx")

    def _run_undeclared(self, run: Run) -> None:
        """Columns of text in the model of a register that have no field here are told as a figure."""
        run.put("fields_of_registers", sum(one.place.startswith("register:") for one in self.fields))
        run.put("fields_of_pages", sum(one.place.startswith("page:") for one in self.fields))

    # What must be

    def _api(self, run: Run, field: Field, text: str, method: str, path: str, body: dict[str, Any]) -> Answer:
        data = json.dumps(body, ensure_ascii=True).encode()
        return self._seen(
            run, field, text, self.street.api(STRONGEST, method, path, data, content_type="application/json")
        )

    def _seen(self, run: Run, field: Field, text: str, answer: Answer) -> Answer:
        """No fault, and nothing in it that a browser would run."""
        if answer.status >= 500 or answer.refused_late:
            run.count("errors")
            run.find(
                "a fault of ours", field=field.label, text=repr(text[:80]), fault=answer.fault, late=answer.refused_late
            )
        if answer.kind == "text/html" and (wrong := runs(answer.text)):
            run.count("scripts")
            run.find("a browser would run it", field=field.label, text=repr(text[:80]), wrong=wrong[:160])
        return answer

    def _stored(self, run: Run, field: Field, text: str, answer: Answer) -> str | None:
        """What must be kept now, by the promise; None where it was refused."""
        wanted, refused = promised(text, field.line, field.limit)
        if answer.status >= 400:
            run.count("refused")
            if answer.status not in (413, 422, 400) or "。" not in answer.text:
                run.count("errors")
                run.find("no clear sentence", field=field.label, text=repr(text[:80]), status=answer.status,
                         said=answer.text[:200])  # fmt: skip
            return None
        if refused:
            run.count("changed")
            run.find("taken though the promise is to refuse it", field=field.label, text=repr(text[:80]), why=refused)
            return None
        run.count("taken")
        return wanted

    def _same(self, run: Run, field: Field, text: str, wanted: str, found: Any, where: str) -> None:
        if (found or "") != wanted:
            run.count("changed")
            run.find(
                f"changed on its way to the {where}", field=field.label, text=repr(text[:80]), found=repr(found)[:120]
            )

    def _shows(self, run: Run, field: Field, text: str, wanted: str, answer: Answer, page: str) -> None:
        from huying.registers.declared import get

        if field.place.startswith("register:"):
            column = get(field.place.partition(":")[2]).column(field.name)
            if column.apart or wanted.strip() == "":
                return
        # Pages make marks of direction visible, so that nothing turns round; the words between them stay.
        seen = words_of(answer.text)
        pieces = re.split(rf"[\n\u2028\u2029]|{BIDI.pattern}", wanted)
        for line in filter(None, (squeezed(one) for one in pieces)):
            if line not in seen:
                run.count("changed")
                run.find("not shown as it is kept", field=field.label, text=repr(text[:80]), page=page)
                return

    # In a browser

    def settle(self, run: Run) -> None:
        if run.smoke:
            return
        from prove.text.browser import look

        look(
            run, self.street, self.corpus, self.rows, [one for one in self.fields if one.place.startswith("register:")]
        )

    def _break(self, run: Run) -> None:
        if run.broken("autoescape-off"):
            from django.utils.safestring import mark_safe

            self.stack.enter_context(
                mock.patch("huying.ui.words.isolated", lambda words: mark_safe(f"<bdi>{words or ''}</bdi>"))
            )
        if run.broken("csv-guard-off"):
            self.stack.enter_context(mock.patch("huying.registers.sheets.harmless", str))
        if run.broken("controls-unchecked"):
            nothing = re.compile(r"(?!)")
            self.stack.enter_context(mock.patch("huying.kernel.text._CONTROLS", nothing))
        if run.broken("words-changed"):
            real_form = unicodedata.normalize
            changed = mock.MagicMock(wraps=unicodedata)
            changed.normalize = lambda _form, words: real_form("NFKC", words)
            self.stack.enter_context(mock.patch("huying.kernel.text.unicodedata", changed))


def promised(text: str, line: bool, limit: int) -> tuple[str, str]:
    """What `kernel.text` says it keeps, and why it says it refuses ("" where it does not)."""
    found = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if line:
        found = unicodedata.normalize("NFC", found.replace("\t", " "))
    if CONTROLS.search(found):
        return "", "a control or half a character"
    if line and re.search("[\n\u2028\u2029]", found):
        return "", "more than one line"
    return (found, "") if len(found) <= limit or not limit else ("", "too long")


def plain_cell(cell: str) -> str:
    """A cell of an export as the import reads it."""
    cell = cell.strip()
    return cell[1:] if re.match(r"'+\s*[=+\-@\t\r＝＋－＠]", cell) else cell


_RUNNING = re.compile(r"[\x00-\x20]*(?:j\s*a\s*v\s*a\s*s\s*c\s*r\s*i\s*p\s*t|data|vbscript)\s*:", re.IGNORECASE)
"""Addresses that a browser runs; white space within is left out by it."""


_ADDRESSES = ("src", "href", "action", "formaction", "data")


def _asked(address: str) -> str:
    """An address without the question of one of our own pages: words that were typed may stand there."""
    own = address.startswith(("/", "?")) and not address.startswith(("//", "/\\"))
    return address.partition("?")[0] if own else address


def squeezed(text: str) -> str:
    return " ".join(text.split())


class _Words(HTMLParser):
    """The words of a page with marks left out, and what stands in its fields."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.wrong = ""

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        self.words.append(given.get("value", ""))
        asks = any(strings.CANARY in _asked(given.get(one, "")) for one in _ADDRESSES)
        asks = asks or any(strings.CANARY in given.get(one, "") for one in ("srcdoc", "style"))
        runs = any(_RUNNING.match(given.get(one, "")) for one in _ADDRESSES)
        if asks or runs or any(name.startswith("on") for name in given):
            self.wrong = self.wrong or self.get_starttag_text() or tag
        if tag == "script" and "src" not in given and not given.get("type", "").endswith("json"):
            self.wrong = self.wrong or "an inline script"
        if tag in ("object", "embed", "base") or (tag == "meta" and given.get("http-equiv", "").lower() == "refresh"):
            self.wrong = self.wrong or f"<{tag}>"


def runs(html: str) -> str:
    """What of a page a browser would run besides the page's own scripts; nothing where that is so."""
    reader = _Words()
    reader.feed(html)
    return reader.wrong


def words_of(html: str) -> str:
    reader = _Words()
    reader.feed(html)
    return squeezed("".join(reader.words))


def text_names(html: str) -> list[str]:
    """The names of fields that take free words."""
    found = re.findall(r"<textarea\b[^>]*\bname=\"([^\"]+)\"", html)
    for tag in re.findall(r"<input\b[^>]*>", html):
        kind = re.search(r"\btype=\"([^\"]*)\"", tag)
        name = re.search(r"\bname=\"([^\"]+)\"", tag)
        if name and (kind is None or kind[1] in ("text", "search", "tel", "email", "url")):
            found.append(name[1])
    return list(dict.fromkeys(found))
