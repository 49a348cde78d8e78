"""Which values are planted, which sinks are searched, and what may stand where."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable
from functools import cache
from html import escape
from typing import Any
from urllib.parse import quote

from prove.frame import Run
from prove.privacy import fields, han, identity, letters, limits, mobile
from prove.privacy.fields import SEALED, STAFF, WORDS

Item = tuple[str, ...]
Make = Callable[[random.Random], str]

FIELDS: dict[str, tuple[str, Make]] = {
    # What somebody leaves of themselves: sealed, and nowhere in the clear.
    "portal_name": (SEALED, han),
    "portal_phone": (SEALED, mobile),
    "desk_name": (SEALED, han),
    "desk_phone": (SEALED, mobile),
    "desk_address": (SEALED, lambda rng: f"{han(rng, 5)}路{rng.randrange(100, 999)}号"),
    "api_name": (SEALED, han),
    "api_phone": (SEALED, mobile),
    "skill_name": (SEALED, han),
    "skill_phone": (SEALED, mobile),
    "skill_offers": ("small", lambda rng: f"会修{han(rng)}"),
    "staff_sms": (SEALED, mobile),
    "staff_email": (SEALED, lambda rng: f"{letters(rng)}@example.org"),
    "staff_wecom": (SEALED, letters),
    "code_phone": (SEALED, mobile),
    # What is said of a matter, and names somebody.
    "words_name": (WORDS, han),
    "words_phone": (WORDS, mobile),
    "words_identity": (WORDS, identity),
    "words_email": (WORDS, lambda rng: f"{letters(rng)}@example.org"),
    "words_wechat": (WORDS, lambda rng: f"wxid{letters(rng)}"),
    "place_name": (WORDS, lambda rng: f"{han(rng, 4)}家门口"),
    "added_name": (WORDS, han),
    "instruction_name": (WORDS, han),
    "contact_note_name": (WORDS, han),
    "answer_name": (WORDS, han),
    "internal_name": (WORDS, han),
    "feedback_name": (WORDS, han),
    "remark_name": (WORDS, han),
    "shift_name": (WORDS, han),
    "filter_name": (WORDS, han),
    "paper_name": ("dropped", lambda rng: f"{letters(rng)}.jpg"),
    # Who works here, and what strangers type.
    "account_name": (STAFF, han),
    "typed_name": ("typed", letters),
    "typed_address": ("typed", han),
    "user_agent": ("typed", lambda rng: f"Mozilla/5.0 {letters(rng)}"),
}
"""Each value with what kind of column may hold it, and how it is made."""

BEFORE = (
    "logs", "server_log", "error_pages", "problems", "metrics", "public_pages", "public_json", "search_index", "export",
    "sheets", "file_names", "files", "history", "events", "webhooks", "live", "job_arguments", "kept_answers",
    "sessions",
    "cache", "backup", "cookies", "addresses", "tables",
)  # fmt: skip
AFTER = (
    "tables_after",
    "sealed_after",
    "files_after",
    "history_after",
    "search_after",
    "jobs_after",
    "sessions_after",
    "chain",
)

MAY: dict[tuple[str, str], str] = {
    ("export", WORDS): "the street's own words of its cases, without any number in them",
    ("error_pages", WORDS): "a form that is sent back shows its sender what was typed",
    ("error_pages", "typed"): "a form that is sent back shows its sender what was typed",
    ("search_index", WORDS): "staff find a case by the words of its caller; long numbers are left out",
    ("export", STAFF): "who works here: the street's own list of its accounts",
}
ANSWERS = {"answer_name"}
"""What a unit says to the public; the places under which it stands there."""
NUMBERS = {"words_phone", "words_identity"}
"""Of words these are taken out of what is searched and exported."""
AFTER_MAY: dict[str, str] = {
    WORDS: "the record of the matter: kept as an archive; passages that name somebody are blanked on demand, and were",
    STAFF: "public servants in their office; an account is closed, not erased, because histories point to it",
}


@cache
def items() -> list[Item]:
    found: list[Item] = [("declared",)]
    found += [("before", field, sink) for field in FIELDS for sink in BEFORE]
    found += [("after", field, sink) for field in FIELDS for sink in AFTER if sink != "chain"]
    found += [("after", "", "chain")]
    found += [("limit", str(one.number)) for one in limits.LINES]
    return found


@cache
def shapes(value: str) -> tuple[bytes, ...]:
    """A value as it may be written: plain, escaped, in an address, in a page, in base64, in UTF-16, in hexadecimal."""
    plain = value.encode()
    found = {
        plain,
        value.encode("utf-16-le"),
        value.encode("utf-16-be"),
        plain.hex().encode(),
        plain.hex().upper().encode(),
    }
    escaped = json.dumps(value)[1:-1]
    found |= {escaped.encode(), escaped.upper().replace("\\U", "\\u").encode(), escaped.replace("\\", "\\\\").encode()}
    found |= {
        quote(value, safe="").encode(),
        quote(value, safe="").lower().encode(),
        quote(quote(value, safe=""), safe="").encode(),
    }
    found |= {escape(value).encode(), "".join(f"&#{ord(one)};" for one in value).encode()}
    found |= {
        "".join(f"&#x{ord(one):x};" for one in value).encode(),
        "".join(f"&#x{ord(one):X};" for one in value).encode(),
    }
    for before in range(3):  # where in its three bytes base64 begins, the middle is the same
        coded = base64.b64encode(b"\0" * before + plain)
        middle = coded[4 if before else 0 : len(coded) - 4]
        if len(middle) >= 8:
            found |= {middle, middle.replace(b"+", b"-").replace(b"/", b"_")}
    return tuple(one for one in found if len(one) >= 6)


def holds(blob: bytes, value: str) -> bool:
    return any(one in blob for one in shapes(value))


def check(run: Run, seen: Any, planted: dict[str, str], item: Item) -> None:
    if item[0] == "declared":
        run.put("undeclared", undeclared(run))
    elif item[0] == "limit":
        _limit(run, seen, int(item[1]))
    elif item[2] == "chain":
        if not seen.chain_ok:
            run.find("the chain does not verify after erasure", says=seen.chain_says)
    elif item[0] == "before":
        _before(run, seen, item[1], planted[item[1]], item[2])
    else:
        _after(run, seen, item[1], planted[item[1]], item[2])


def undeclared(run: Run) -> int:
    unknown = [label for label, field in fields.text_columns() if not fields.kind_of(label, field)]
    for label in unknown:
        run.find("a text column that nobody has declared", column=label)
    return len(unknown)


def _before(run: Run, seen: Any, field: str, value: str, sink: str) -> None:
    kind = FIELDS[field][0]
    if sink == "tables":
        _in_tables(run, seen.before_columns, field, kind, value)
        return
    blob = seen.sinks.get(sink)
    if blob is None:
        run.find("a sink was not looked at", sink=sink)
        return
    run.count("searched")
    if (sink, kind) in MAY and field not in NUMBERS | ({"words_phone"} if sink == "export" else set()):
        return
    if sink == "error_pages" and field in NUMBERS:
        return  # the same form, sent back to whoever typed it
    if sink in ("public_pages", "public_json") and field in ANSWERS:
        return  # the unit's own answer, which it publishes
    if holds(blob, value):
        run.find("a value is where it must not be", field=field, sink=sink, near=near(blob, value))


def _in_tables(run: Run, columns: dict[str, bytes], field: str, kind: str, value: str) -> None:
    """Only columns that are declared to hold such a thing, and never one that is sealed."""
    found = [label for label, blob in columns.items() if holds(blob, value)]
    allowed = {SEALED: (), WORDS: (WORDS,), STAFF: (STAFF,), "small": ("small",), "typed": (STAFF,), "dropped": ()}[
        kind
    ]
    kinds = _kinds()
    for label in found:
        if kinds.get(label, "") not in allowed:
            run.find(
                "a value stands in a column that is not for it", field=field, column=label, kind=kinds.get(label, "")
            )
    if kind in (WORDS, STAFF, "small") and not found:
        run.find("a planted value was never entered", field=field)


@cache
def _kinds() -> dict[str, str]:
    """By table and column as the database calls them."""
    return {
        f"{field.model._meta.db_table}.{field.column}": fields.kind_of(label, field)
        for label, field in fields.text_columns()
    }


def _after(run: Run, seen: Any, field: str, value: str, sink: str) -> None:
    kind = FIELDS[field][0]
    if sink == "tables_after":
        found = [label for label, blob in seen.after_columns.items() if holds(blob, value)]
        if kind == STAFF:
            found = [label for label in found if label not in ("people_account.name",)]
        for label in found:
            run.find("a value survives erasure", field=field, column=label)
    elif sink == "sealed_after":
        for label in seen.sealed_after.get(field, ()):
            run.find("a sealed value survives erasure", field=field, column=label)
    else:
        blob = seen.sinks.get(sink)
        if blob is None:
            run.find("a sink was not looked at", sink=sink)
        elif holds(blob, value):
            run.find("a value survives erasure", field=field, sink=sink, near=near(blob, value))
    run.count("searched")


def _limit(run: Run, seen: Any, number: int) -> None:
    line = next(one for one in limits.LINES if one.number == number)
    for name in limits.built(line):
        run.find("something that a limit speaks of is there without its own test", limit=line.says, name=name)
    if not line.tests and not line.absent:
        run.find("a limit without a check", limit=line.says)
    for name in line.tests:
        told = seen.limits.get(name)
        if told is None:
            run.find("a limit's test is not there", limit=line.says, test=name)
        elif told == "failed":
            run.find("a limit's test fails", limit=line.says, test=name)


def near(blob: bytes, value: str) -> str:
    """What stands before a find, with the value itself left out."""
    for shape in shapes(value):
        place = blob.find(shape)
        if place >= 0:
            return blob[max(0, place - 90) : place].decode("utf-8", "replace")
    return ""
