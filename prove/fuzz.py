"""Made-up requests to every operation of the API and to every page: no fault of ours, and answers as described.

A unit is one door (an operation, a page) with one person; a step is one unit's block of cases. Half of what an
operation gets comes from its description (right and wrong values by schemathesis), the other half is a right request
with something of our own corpora in it. What a page gets follows from its own forms and from all forms of the system.
"""

# Tables of values are wide.
# ruff: noqa: E501

from __future__ import annotations

import base64
import itertools
import json
import os
import random
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache, cached_property
from html.parser import HTMLParser
from typing import Any
from unittest import mock
from urllib.parse import quote, urlencode

from prove.frame import Goal, Prover, Run, Sabotage
from prove.inside import ROLES, STRONGEST, Answer, Street, png, street

STRONG, STRONG_PAGE = 500, 100
BLOCK = 20
OTHERS_OF_A_PAGE = 4
"""Every operation is tried by every other role, every page by nobody and by some of them in turn."""
SMOKE_BLOCK = 4
FIRST = (
    "POST /api/v1/reports",
    "GET /api/v1/cases",
    "page report/",
    "page desk/search/",
    "page desk/registers/<slug:key>/new/",
)
"""Of these the smoke form has a block each time; of the others every so-manieth."""

# What no value should be. Kept as text that JSON can say, except where bytes are asked for.
WORDS = (
    "", " ", "\x00", "a\x00b", "\ud800", "x\udfffy", "\u202egnp.exe", "\u2028", "\ufeff", "\x1b[31m", "\x7f", "\r\n",
    "null", "None", "undefined", "NaN", "true", "-1", "0", "1e309", "9" * 19, "9" * 400, "0x7fffffff", "1,000", "٣", "１２",
    "'", '"', "';--", "' OR 1=1--", "%", "%s%s%n", "%00", "_", "\\", "\\x", "../../etc/passwd", "..\\..\\", "/", "//", "?",
    "#", "<script>alert(1)</script>", "{{7*7}}", "${7*7}", "{% debug %}", "[]", "{}", "[object Object]", "a" * 10_001,
    "呼" * 201, "𠮷𪚥", "👨‍👩‍👧‍👦", "e\u0301" * 50, "Z̡͖̗͎" * 20, "2026-02-30", "0000-00-00", "9999-12-31T23:59:60Z",
    "2026-10-20T10:00", "1969-12-31T23:59:59Z", "+275760-09-13T00:00:00Z", "00000000-0000-0000-0000-000000000000",
    "ffffffff-ffff-ffff-ffff-ffffffffffff", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFF", "{00000000000000000000000000000000}",
    "990101", "99010100100100100100100100", "９９０１", "0103", "received", "RECEIVED",
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, -(2**31) - 1, 2**63, -(2**63) - 1, 10**30, 1.5, -0.0, 1e308, 180.0000001, [], {},
    [[]], [None], {"": ""}, ["a"] * 300, {"a": {"b": {"c": {}}}}, *WORDS,
)  # fmt: skip
BODIES = (
    b"", b"{", b"[", b"null", b"1", b'"a"', b"[" * 5_000, b'{"a":' * 2_000 + b"1" + b"}" * 2_000, b"{}" * 2, b'{"a":NaN}',
    b'{"a":1e999}', b'{"words":"\\ud800"}', b'{"words":"\\u0000"}', b"\xff\xfe{\x00}\x00", b"\xef\xbb\xbf{}", b'{"a":"\xff"}',
    b'{"a":1,"a":2}', b"a=b&c=d", b"<a/>", b"\x00" * 100, b'{"words":"' + b"a" * 300_000 + b'"}',
    b'{"words":' + b"1" * 5_000 + b"}",
)  # fmt: skip
TYPES = (
    "application/json", "application/json; charset=utf-16", "application/JSON", "text/plain", "", "application/xml", "a",
    "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=" + "x" * 300,
    "multipart/form-data; boundary=\xff", "application/x-www-form-urlencoded; charset=none", "application/json; charset=none",
    "application/octet-stream", "text/html", "/", "application/problem+json",
)  # fmt: skip
PARTS = (
    b"--x\r\n", b"--x--\r\n", b"--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--\r\n",
    b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n' + b"\x89PNG",
    b'--x\r\nContent-Disposition: form-data; name="file"; filename=""\r\n\r\n\r\n--x--\r\n',
    b'--x\r\nContent-Disposition: form-data; name="file"; filename="\x00/../a"\r\nContent-Type: \xff\r\n\r\na\r\n--x--\r\n',
    b'--x\r\nContent-Disposition: form-data; name="file"\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!\r\n--x--\r\n',
    b'--x\r\nContent-Disposition: form-data; name="file"; filename*=UTF-8\'\'%ff%00\r\n\r\na\r\n--x--\r\n',
    b'--x\r\nContent-Disposition: form-data; name="\xff\xfe"\r\n\r\n\xff\r\n--x--\r\n',
    b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n' * 700 + b"--x--\r\n",
    b"--x\r\n" + b"A: " + b"b" * 70_000 + b"\r\n\r\n--x--",
)  # fmt: skip
CURSORS = tuple(
    base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=")
    for one in (
        [["v", 1], ["v", 2]],
        [["v", "x"], ["v", "y"]],
        [["d", "2026-01-01"], ["v", 1]],
        [["u", "0" * 32], ["t", "2026-01-01T00:00:00+00:00"]],
        [["t", "0001-01-01T00:00:00+23:59"], ["u", "f" * 32]],
        [],
        [1, 2],
        {"a": 1},
        None,
        [["v", 1]] * 3,
        [["v", 2**61], ["v", -(2**61)]],
    )
)
"""Marks of pages as they are written, with values that no column has."""
KEYS = (
    "",
    "a",
    "a" * 101,
    "键键键键键键键键",
    "with space in it",
    "\t\t\t\t\t\t\t\t",
    "'; drop--",
    "same-key-each-time",
    "a" * 100,
    "%00%00%00%00",
)
HEADERS: tuple[dict[str, str], ...] = (
    {}, {}, {"HTTP_RANGE": "bytes=0-"}, {"HTTP_RANGE": "bytes=9-1"}, {"HTTP_RANGE": "bytes=" + "9" * 30 + "-"},
    {"HTTP_RANGE": "bytes=0-0,1-1,2-2"}, {"HTTP_ACCEPT_LANGUAGE": "en"}, {"HTTP_ACCEPT_LANGUAGE": "zh-hant;q=9,*;q=\x80"},
    {"HTTP_ACCEPT_LANGUAGE": "a-" * 600}, {"HTTP_ACCEPT": "application/xml"}, {"HTTP_ACCEPT": ""}, {"HTTP_ACCEPT": "*/*;q=x"},
    {"HTTP_IF_NONE_MATCH": '"' + "a" * 500}, {"HTTP_IF_MODIFIED_SINCE": "yesterday"}, {"HTTP_COOKIE": "sessionid=\xff; a"},
    {"HTTP_COOKIE": "huying_area=" + "9" * 300}, {"HTTP_HX_REQUEST": "true"}, {"HTTP_HX_CURRENT_URL": "%zz", "HTTP_HX_REQUEST": "true"},
    {"HTTP_X_FORWARDED_FOR": "256.1.1.1, ::1%x"}, {"HTTP_REFERER": "http://["}, {"HTTP_ORIGIN": "null"},
    {"HTTP_UPLOAD_OFFSET": "-1"}, {"HTTP_UPLOAD_OFFSET": "9" * 30, "HTTP_UPLOAD_CHECKSUM": "sha256 !"},
    {"HTTP_LAST_EVENT_ID": "\xff"}, {"HTTP_AUTHORIZATION": "Bearer"}, {"HTTP_AUTHORIZATION": "Bearer hyp_" + "0" * 32 + "_"},
    {"HTTP_AUTHORIZATION": "Bearer hyb_e30:x:y"}, {"HTTP_AUTHORIZATION": "Basic \xff"}, {"HTTP_AUTHORIZATION": "Bearer " + "a" * 9000},
)  # fmt: skip
METHODS = ("GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "FOO")
SILENT = frozenset({"channels:live"})  # an answer without an end: the stream has provers of its own


@dataclass(frozen=True)
class Door:
    """An operation of the API, or a page."""

    name: str
    path: str
    method: str = ""
    raw: Any = None

    @property
    def api(self) -> bool:
        return bool(self.method)


@dataclass(frozen=True)
class Unit:
    door: Door
    who: str
    block: int


class Fuzz(Prover):
    name = "fuzz"
    what = "Sends made-up requests to every operation and every page, as the strongest and as each other role."
    item = "cases"
    smoke, full = 1, 1  # what it really is follows from the tables: see `target`
    per_step, per_smoke_step = BLOCK, SMOKE_BLOCK
    sabotages = (
        Sabotage("text-unchecked", "the text type lets controls and lone surrogates through to the database"),
        Sabotage("field-dropped", "answers of the API lose a field that the description promises"),
        Sabotage("paging-unchecked", "a cursor of a page is taken as it comes"),
    )
    goals = {"server_errors": Goal("==", 0), "schema_violations": Goal("==", 0), "refused_late": Goal("==", 0)}

    def target(self, form: str) -> int:
        if form == "smoke":
            return SMOKE_BLOCK * len(self.smoke_units)
        return BLOCK * len(self.units)

    @cached_property
    def units(self) -> list[Unit]:
        """Everybody at every door, blocks of one door far apart, so that a stopped run has seen a little of each."""
        found = [
            Unit(door, STRONGEST, block)
            for door in doors()
            for block in range((STRONG if door.api else STRONG_PAGE) // BLOCK)
        ]
        for number, door in enumerate(doors()):
            turn = (ROLES[1:] * 2)[number % len(ROLES[1:]) :][:OTHERS_OF_A_PAGE]
            found += [Unit(door, who, 0) for who in (ROLES if door.api else (ROLES[0], *turn))]
        random.Random("fuzz").shuffle(found)
        return found

    @cached_property
    def smoke_units(self) -> list[Unit]:
        every = [one for one in self.units if one.block == 0]
        some = [one for one in self.units if one.who == STRONGEST and one.door.name in FIRST and one.block < 4]
        api = [one for one in every if one.door.api and one not in some]
        pages = [one for one in every if not one.door.api and one not in some]
        return some + api[:16] + pages[:16]

    def open(self, run: Run) -> None:
        self.stack = ExitStack()
        self.street: Street = self.stack.enter_context(street(run))
        self.judge = Judge(run)
        self.brief = run.smoke
        self.forms: dict[str, list[Form]] = {}
        run.put("doors", len(doors()))
        run.put("operations", sum(one.api for one in doors()))
        run.put("server_errors", 0), run.put("schema_violations", 0), run.put("refused_late", 0)
        for who in (STRONGEST, *ROLES):
            self.street.token(who)
        if run.broken("text-unchecked"):
            nothing = re.compile(r"(?!)")
            self.stack.enter_context(mock.patch("huying.kernel.text._CONTROLS", nothing))
            self.stack.enter_context(mock.patch("huying.kernel.text._SURROGATES", nothing))
        if run.broken("field-dropped"):
            self.stack.enter_context(mock.patch("huying.kernel.api.dumped", _without_ids))
        if run.broken("paging-unchecked"):
            self.stack.enter_context(
                mock.patch("huying.kernel.paging.Page.place", lambda page, columns: page._values(len(columns)))
            )

    def close(self, run: Run) -> None:
        if hasattr(self, "stack"):
            self.stack.close()

    def do(self, run: Run, rng: random.Random, items: int) -> None:
        unit = (self.smoke_units if run.smoke else self.units)[run.step]
        cases = self._operation(unit, rng, items) if unit.door.api else self._page(unit, rng, items)
        for number, asked in enumerate(itertools.islice(cases, items)):
            with self.street.undone():
                asked(number)
            run.done()

    # Operations

    def _operation(self, unit: Unit, rng: random.Random, items: int) -> Iterator[Any]:
        from_schema = iter(described(unit.door, rng.randrange(2**32), max(items // 2, 2)))
        for number in itertools.count():
            case = next(from_schema, None) if number % 2 == 0 else None
            request = self._described(unit.door, case, rng) if case is not None else self._own(unit.door, rng)
            if self.brief and unit.block:
                request = self._sure(unit.door, rng, number)
            yield lambda _number, request=request: self._sent(unit, request)

    def _sent(self, unit: Unit, request: Request) -> Answer:
        answer = self.street.api(
            unit.who, request.method, request.path, request.body, content_type=request.kind,
            QUERY_STRING=request.query, **request.headers,
        )  # fmt: skip
        self.judge.operation(unit, request, answer)
        return answer

    def _described(self, door: Door, case: Any, rng: random.Random) -> Request:
        """What schemathesis made of the description; in every second one the names are of this street."""
        given = {**(case.path_parameters or {})}
        body = case.body if isinstance(case.body, (dict, list, str, int, float, bool, type(None))) else None
        if rng.random() < 0.6:
            given = {name: self.street.named(name, rng) for name in given}
            if isinstance(body, dict):
                real = self.real()
                body = body | {name: rng.choice(real[name]) for name in body if name in real}
        headers = {
            f"HTTP_{name.upper().replace('-', '_')}": str(value)
            for name, value in (case.headers or {}).items()
            if str(value).isprintable() and name.isascii()
        }
        query = case.query if isinstance(case.query, dict) else {}
        data, kind = b"", "application/octet-stream"
        if door.method != "GET" and case.media_type == "multipart/form-data":
            data, kind = file_body(png() if rng.random() < 0.5 else b"x"), "multipart/form-data; boundary=x"
        elif door.method != "GET" and case.media_type is not None:
            data, kind = dumped(body), "application/json"
        return Request(door.method, path_of(door, given), encoded(query), data, kind, headers)

    def _sure(self, door: Door, rng: random.Random, number: int) -> Request:
        """What the smoke form is not to miss by chance: controls in words, cursors that are none."""
        given = {name: self.street.named(name, rng) for name in names_in(door.path)}
        wrong = ("a\x00b", "\ud800", "a\x1bb", "\x7f")[number % 4]
        if door.method == "GET":
            query = {"after": CURSORS[number % len(CURSORS)]}
            return Request("GET", path_of(door, given), encoded(query))
        real = self.real()
        body = {name: real[name][0] for name in ("area_code", "lng", "lat")} | {"words": f"榕树路口{wrong}的垃圾桶"}
        return Request(door.method, path_of(door, given), "", dumped(body), "application/json", {})

    def _own(self, door: Door, rng: random.Random) -> Request:
        """A right request with something wrong in one place."""
        given = {name: self.street.named(name, rng) for name in names_in(door.path)}
        query = {
            one["name"]: self.right(one.get("schema", {}), one["name"], rng)
            for one in door.raw.get("parameters", []) if one["in"] == "query" and rng.random() < 0.5
        }  # fmt: skip
        schema = schema_of_body(door)
        body = self.right(schema, "", rng) if schema else None
        headers = dict(rng.choice(HEADERS))
        data, kind = (dumped(body), "application/json") if body is not None else (b"", "application/octet-stream")
        if "multipart/form-data" in door.raw.get("requestBody", {}).get("content", {}):
            data, kind = file_body(png()), "multipart/form-data; boundary=x"
        method = door.method
        where = rng.choice(
            ("path", "query", "value", "value", "value", "body", "type", "part", "key", "method", "cursor")
        )
        if where == "path" and given:
            given[rng.choice(sorted(given))] = rng.choice(WORDS)
        elif where == "query" and door.raw.get("parameters"):
            query[rng.choice(door.raw["parameters"])["name"]] = rng.choice(WORDS)
        elif where == "cursor":
            query |= {
                "after": rng.choice((*WORDS, *CURSORS)),
                "limit": rng.choice(WORDS),
            }
        elif where == "value" and isinstance(body, dict) and body:
            data = dumped(changed(body, rng))
        elif where == "body":
            data = rng.choice(BODIES)
        elif where == "type":
            kind = rng.choice(TYPES)
        elif where == "part":
            data, kind = rng.choice(PARTS), "multipart/form-data; boundary=x"
        elif where == "key":
            headers["HTTP_IDEMPOTENCY_KEY"] = rng.choice(KEYS)
        elif where == "method":
            method = rng.choice(METHODS)
        return Request(method, path_of(door, given), encoded(query), data, kind, headers)

    @cache  # noqa: B019  one prover a process
    def real(self) -> dict[str, list[Any]]:
        """Values that this street takes, by the name of a field."""
        from tests.world import GRID, STREET, middle

        lng, lat = middle(GRID)
        pools = self.street.pools
        return {
            "area_code": [STREET], "grid_code": [GRID], "area": [STREET], "type_code": ["0103"], "lng": [lng], "lat": [lat],
            "url": ["https://example.org/hook"], "channel": ["hotline", "portal"], "grade": ["ordinary"], "photos": [[]],
            "lead": [str(self.street.world.units["sanitation"].pk)], "case_id": pools["case"], "key": pools["key"],
        }  # fmt: skip

    def right(self, schema: dict[str, Any], name: str, rng: random.Random, depth: int = 0) -> Any:
        """A value that fits the schema, of this street where the name is known."""
        if name in self.real():
            return rng.choice(self.real()[name])
        schema = resolved(schema)
        for union in ("anyOf", "oneOf", "allOf"):
            if schema.get(union):
                return self.right(rng.choice(schema[union]), name, rng, depth)
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return rng.choice(schema["enum"])
        kind = schema.get("type", "string")
        if kind == "object" or "properties" in schema:
            if depth > 4:
                return {}
            needed = set(schema.get("required", ()))
            return {
                key: self.right(one, key, rng, depth + 1) for key, one in schema.get("properties", {}).items()
                if key in needed or rng.random() < 0.4
            }  # fmt: skip
        if kind == "array":
            return (
                [self.right(schema.get("items", {}), name, rng, depth + 1)] if depth < 5 and rng.random() < 0.7 else []
            )
        if kind in ("integer", "number"):
            return schema.get("minimum", 1)
        if kind == "boolean":
            return rng.random() < 0.5
        if kind == "null":
            return None
        if schema.get("format") == "uuid":
            return self.street.named(name or "*", rng)
        if schema.get("format") == "date-time":
            return "2026-10-20T09:00:00+08:00"
        return (schema.get("examples") or ["榕树路口的垃圾桶满了。"])[0]

    # Pages

    def _page(self, unit: Unit, rng: random.Random, items: int) -> Iterator[Any]:
        path = page_path(unit.door, self.street, rng)
        shown = self._forms_of(unit, path)
        for number in itertools.count():
            if number % 7 == 6:
                path = page_path(unit.door, self.street, rng, odd=0.5)
            request = self._visit(unit.door, path, shown, rng, number)
            yield lambda _number, request=request: self._visited(unit, request)

    def _forms_of(self, unit: Unit, path: str) -> list[Form]:
        """The forms that the page shows; asking for it is a case of its own kind and judged like one."""
        with self.street.undone():
            answer = self._visited(unit, Request("GET", path))
        return forms_in(answer.text, path) if answer.kind == "text/html" else []

    def _visit(self, door: Door, path: str, shown: list[Form], rng: random.Random, number: int) -> Request:
        headers = dict(rng.choice(HEADERS))
        headers.pop("HTTP_AUTHORIZATION", None)
        form = rng.choice(shown) if shown and rng.random() < 0.75 else None
        fields = form.filled(rng) if form else any_fields(rng)
        for name in rng.sample(sorted(fields), min(len(fields), rng.choice((0, 1, 1, 1, 2, 9)))):
            fields[name] = [rng.choice(WORDS)] * rng.choice((1, 1, 1, 2))
        where = form.action if form else path
        if number % 3 == 0 or (form and form.method == "get"):
            return Request("GET", where, encoded(fields), headers=headers)
        chance = rng.random()
        if chance < 0.1:
            return Request(rng.choice(METHODS), where, encoded(fields), headers=headers)
        if chance < 0.2:
            return Request("POST", where, "", rng.choice(BODIES), rng.choice(TYPES), headers)
        if chance < 0.27:
            return Request("POST", where, "", rng.choice(PARTS), "multipart/form-data; boundary=x", headers)
        if chance < 0.5 or (form and form.files):
            return Request("POST", where, "", form_body(fields, form, rng), "multipart/form-data; boundary=x", headers)
        return Request("POST", where, "", encoded(fields).encode(), "application/x-www-form-urlencoded", headers)

    def _visited(self, unit: Unit, request: Request) -> Answer:
        answer = self.street.ask(
            unit.who, request.method, request.path, request.body, content_type=request.kind,
            QUERY_STRING=request.query, **request.headers,
        )  # fmt: skip
        self.judge.page(unit, request, answer)
        return answer


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: str = ""
    body: bytes = b""
    kind: str = "application/octet-stream"
    headers: Any = None

    def __post_init__(self) -> None:
        if self.headers is None:
            object.__setattr__(self, "headers", {})

    def told(self) -> dict[str, Any]:
        return {
            "method": self.method, "path": self.path[:300], "query": self.query[:300], "kind": self.kind[:80],
            "body": repr(self.body[:300]), "headers": {name: value[:80] for name, value in self.headers.items()},
        }  # fmt: skip


class Judge:
    """What an answer must be."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.validators: dict[Any, Any] = {}

    def operation(self, unit: Unit, request: Request, answer: Answer) -> None:
        facts = {"door": unit.door.name, "who": unit.who, "status": answer.status, **request.told()}
        if self._common(answer, facts):
            return
        declared = {int(status) for status in unit.door.raw["responses"]}
        elsewhere = request.method != unit.door.method or not same_place(unit.door, request.path)
        known = declared | ({404, 405, 200, 301, 302} if elsewhere else set())
        if answer.status not in known:
            self._violation("a status that the description does not name", facts, answer)
        elif answer.status >= 400:
            if answer.kind != "application/problem+json" and request.method != "HEAD":
                self._violation("a refusal that is no problem document", facts, answer)
            elif not elsewhere and (wrong := self._fits(unit.door, answer)):
                self._violation("a refusal in another shape than described", {**facts, "wrong": wrong}, answer)
        elif not elsewhere and (wrong := self._fits(unit.door, answer)):
            self._violation("an answer in another shape than described", {**facts, "wrong": wrong}, answer)
        self.run.count(f"answered_{answer.status // 100}xx")

    def page(self, unit: Unit, request: Request, answer: Answer) -> None:
        facts = {"door": unit.door.name, "who": unit.who, "status": answer.status, **request.told()}
        if self._common(answer, facts):
            return
        if (
            answer.status >= 400
            and request.method != "HEAD"
            and answer.kind == "text/html"
            and len(answer.content) < 40
        ):
            self._violation("a refusal without a sentence", facts, answer)
        self.run.count(f"shown_{answer.status // 100}xx")

    def _common(self, answer: Answer, facts: dict[str, Any]) -> bool:
        if answer.refused_late:
            self.run.count("refused_late")
            self.run.find("only the database refused a value", said=answer.refused_late, **facts)
        if answer.status < 500:
            return False
        self.run.count("server_errors")
        self.run.find("a fault of ours", fault=answer.fault or answer.text[:200], **facts)
        return True

    def _violation(self, words: str, facts: dict[str, Any], answer: Answer) -> None:
        self.run.count("schema_violations")
        self.run.find(words, answered=answer.text[:300], kind_answered=answer.kind, **facts)

    def _fits(self, door: Door, answer: Answer) -> str:
        """What is wrong with the body, by the description; nothing where it is as described."""
        said = door.raw["responses"].get(str(answer.status), {})
        content = said.get("content", {})
        if not content:
            return ""
        if answer.kind not in content:
            return f"content type {answer.kind!r} is not among {sorted(content)}"
        if not answer.kind.endswith("json"):
            return ""
        key = (door.name, answer.status)
        if key not in self.validators:
            import jsonschema_rs

            schema = {**content[answer.kind]["schema"], "components": description()["components"]}
            self.validators[key] = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
        try:
            body = json.loads(answer.content)
        except ValueError as why:
            return f"no JSON: {why}"
        for wrong in self.validators[key].iter_errors(body):
            return f"{'.'.join(map(str, wrong.instance_path))}: {wrong.message[:160]}"
        return ""


# The tables


@cache
def description() -> dict[str, Any]:
    from huying.config import api

    made: dict[str, Any] = api.openapi()
    return made


@cache
def doors() -> tuple[Door, ...]:
    """Every operation of the description and every page of the resolver."""
    from django.urls import URLPattern, URLResolver, get_resolver

    from prove.bench import set_up

    set_up()
    found = [
        Door(f"{method.upper()} {path}", path, method.upper(), one)
        for path, methods in description()["paths"].items()
        for method, one in methods.items()
    ]

    def walk(resolver: Any, before: str, space: str) -> Iterator[Door]:
        for one in resolver.url_patterns:
            if isinstance(one, URLResolver):
                yield from walk(one, before + str(one.pattern), f"{one.namespace}:" if one.namespace else space)
            elif isinstance(one, URLPattern):
                name = f"{space}{one.name}"
                kind = getattr(one.callback, "door", ("", None))[0]
                if kind != "api" and name not in SILENT:
                    yield Door(f"page {before}{one.pattern}", before + str(one.pattern))

    return (*found, *walk(get_resolver(), "", ""))


@cache
def strategies(name: str) -> Any:
    """What schemathesis makes of one operation: right and wrong requests."""
    import schemathesis
    from hypothesis import strategies as st
    from schemathesis.generation import GenerationMode

    os.environ["SCHEMATHESIS_HOOKS"] = ""
    for found in _schema().get_all_operations():
        operation = found.ok()
        if f"{operation.method.upper()} {operation.path}" == name:
            modes = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
            return st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in modes))
    raise LookupError(f"{name} in {schemathesis}")


@cache
def _schema() -> Any:
    import schemathesis

    return schemathesis.openapi.from_dict(description())


def described(door: Door, seed: int, most: int) -> list[Any]:
    """So many requests from the description; the same ones for the same seed."""
    import hypothesis
    from hypothesis import HealthCheck, Phase, given, settings

    made: list[Any] = []

    @hypothesis.seed(seed)
    @settings(
        max_examples=most,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategies(door.name))
    def one(case: Any) -> None:
        made.append(case)

    one()
    return made


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = description()["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return schema


def schema_of_body(door: Door) -> dict[str, Any]:
    content = door.raw.get("requestBody", {}).get("content", {})
    found: dict[str, Any] = content.get("application/json", {}).get("schema", {})
    return found


def names_in(path: str) -> list[str]:
    return re.findall(r"\{(\w+)\}", path)


def path_of(door: Door, given: dict[str, Any]) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: part(given.get(found[1], "x")), door.path)


def part(value: Any) -> str:
    return quote(str(value).encode("utf-8", "surrogatepass"), safe="")


def same_place(door: Door, path: str) -> bool:
    """Whether an address still leads to this operation: none of its parts is empty or holds a slash."""
    from urllib.parse import unquote_to_bytes

    from django.urls import Resolver404, resolve
    from django.utils.encoding import repercent_broken_unicode

    try:
        plain = repercent_broken_unicode(unquote_to_bytes(path)).decode()
        view = resolve(plain).func
    except (Resolver404, UnicodeDecodeError):
        return False
    return door.raw["operationId"] in {one.operation_id for one in getattr(view, "operations", ())}


def encoded(query: dict[str, Any]) -> str:
    pairs = []
    for name, value in query.items():
        for one in value if isinstance(value, list) else [value]:
            text = one if isinstance(one, str) else json.dumps(one)
            pairs.append((str(name).encode("utf-8", "replace"), text.encode("utf-8", "replace")))
    return urlencode(pairs)


def dumped(body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=True).encode()


def changed(body: Any, rng: random.Random) -> Any:
    """The same with one value somewhere replaced, removed or added."""
    if isinstance(body, dict) and body:
        name = rng.choice(sorted(body))
        if isinstance(body[name], (dict, list)) and body[name] and rng.random() < 0.6:
            return {**body, name: changed(body[name], rng)}
        chance = rng.random()
        if chance < 0.1:
            return {key: value for key, value in body.items() if key != name}
        if chance < 0.15:
            return {**body, rng.choice(WORDS) or "x": 1}
        return {**body, name: rng.choice(VALUES)}
    if isinstance(body, list) and body:
        place = rng.randrange(len(body))
        return [changed(one, rng) if number == place else one for number, one in enumerate(body)]
    return rng.choice(VALUES)


def file_body(data: bytes, name: str = "a.png", field: str = "file") -> bytes:
    head = f'--x\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n\r\n'
    return head.encode() + data + b"\r\n--x--\r\n"


# Pages


@dataclass(frozen=True)
class Form:
    """A form as a page shows it: where it goes, its fields with their values or choices."""

    action: str
    method: str
    fields: tuple[tuple[str, tuple[str, ...]], ...]
    files: tuple[str, ...]

    def filled(self, rng: random.Random) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name, choices in self.fields:
            found.setdefault(name, []).append(rng.choice(choices) if choices else "榕树路口")
        return {name: values[:1] if len(set(values)) == 1 else values for name, values in found.items()}


class _Reader(HTMLParser):
    def __init__(self, path: str) -> None:
        super().__init__()
        self.path, self.found = path, []
        self.open: dict[str, Any] | None = None
        self.select = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "form":
            self.open = {"action": given.get("action") or self.path, "method": given.get("method", "get").lower()}
            self.open |= {"fields": {}, "files": []}
        elif self.open is not None and given.get("name"):
            name = given["name"]
            if tag == "input" and given.get("type") == "file":
                self.open["files"].append(name)
            elif tag == "input":
                self.open["fields"].setdefault(name, []).append(given.get("value", ""))
            elif tag == "select":
                self.select = name
                self.open["fields"].setdefault(name, [])
            elif tag in ("textarea", "button"):
                self.open["fields"].setdefault(name, []).append(given.get("value", "榕树路口"))
        elif self.open is not None and tag == "option" and self.select:
            self.open["fields"][self.select].append(given.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self.select = ""
        if tag == "form" and self.open is not None:
            one, self.open = self.open, None
            fields = tuple((name, tuple(values)) for name, values in one["fields"].items())
            self.found.append(
                Form(one["action"].split("?")[0] or self.path, one["method"], fields, tuple(one["files"]))
            )


def forms_in(html: str, path: str) -> list[Form]:
    reader = _Reader(path)
    reader.feed(html)
    return [one for one in reader.found if one.action.startswith("/") and "/sign-out/" not in one.action]


@cache
def every_field() -> tuple[tuple[str, ...], ...]:
    """The names of the fields of every form of the system."""
    from django import forms

    def below(kind: type) -> Iterator[type]:
        for one in kind.__subclasses__():
            yield one
            yield from below(one)

    found = {
        tuple(one.base_fields) for one in below(forms.BaseForm)
        if one.__module__.startswith("huying.") and getattr(one, "base_fields", None)
    }  # fmt: skip
    return tuple(sorted(found))


def any_fields(rng: random.Random) -> dict[str, list[str]]:
    return {name: [rng.choice(("榕树路口", "1", "on", ""))] for name in rng.choice(every_field())}


def form_body(fields: dict[str, list[str]], form: Form | None, rng: random.Random) -> bytes:
    parts = []
    for name, values in fields.items():
        for value in values:
            head = f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            parts.append(head.encode("utf-8", "surrogatepass"))
    for name in form.files if form else ("file",):
        data = rng.choice((png(), b"", b"x", b"\x00" * 2000, "代码,名称\r\n1,甲\r\n".encode()))
        parts.append(
            file_body(data, rng.choice(("a.png", "a.csv", "", "\x00", "../a")), name).removesuffix(b"--x--\r\n")
        )
    return b"".join(parts) + b"--x--\r\n"


def page_path(door: Door, one: Street, rng: random.Random, odd: float = 0.0) -> str:
    """The address with its parts filled in from what there is, or with something odd."""

    def filled(found: re.Match[str]) -> str:
        kind, _colon, name = found[1].rpartition(":")
        if rng.random() < odd:
            return part(rng.choice(WORDS))
        return part(one.named(name, rng)) if kind != "int" else rng.choice(("2026", "2027", "0", "9999", "99999"))

    return "/" + re.sub(r"<([^>]+)>", filled, door.path)


# Sabotages


def _without_ids(data: Any) -> bytes:
    import orjson

    def cut(one: Any) -> Any:
        if isinstance(one, dict):
            return {key: cut(value) for key, value in one.items() if key not in ("id", "title", "next")}
        return [cut(each) for each in one] if isinstance(one, list) else one

    return orjson.dumps(cut(data), default=str, option=orjson.OPT_NON_STR_KEYS)
