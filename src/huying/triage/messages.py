"""Messages that a model is learned from or measured on, out of a table: words, and a label where one is known.

What points to a person is hidden as the words are read, so no model learns it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from huying.kernel.refusals import Invalid
from huying.kernel.sheets import Line, lines
from huying.kernel.terms import _
from huying.triage.masking import mask


@dataclass(frozen=True, slots=True, order=True)
class Message:
    """One call's words. `key` names it in what is written about it; it is never learned."""

    text: str
    label: str = ""
    key: str = ""


def joined(title: str, body: str) -> str:
    """Title and body as a model reads them, each masked by itself."""
    return f"{mask(title)}\n{mask(body)}"


def read(file: Path, *, labelled: bool) -> list[Message]:
    """The messages of a CSV (UTF-8 or GB18030) or xlsx, in its order.

    The words are in `title` and `body`, or as `tokens` with spaces between; a row's key is its `id`, `row` or number.
    Raises Invalid where a column is missing, nothing is in the file, or (`labelled`) a row has no label.
    """
    return [_message(line, labelled, file) for line in _some(file)]


def replies(file: Path) -> list[tuple[str, str]]:
    """Messages and the answering office's reply, from columns `title`, `body` and `reply`."""
    found = []
    for line in _some(file):
        _see_columns(line, file, "title", "body", "reply")
        found.append((joined(line.cells["title"], line.cells["body"]), mask(line.cells["reply"])))
    return found


def hash_of(messages: Iterable[Message]) -> str:
    """SHA-256 over words and labels, the same in whatever order they come."""
    whole = hashlib.sha256()
    for one in sorted(hashlib.sha256(f"{each.label}\0{each.text}".encode()).digest() for each in messages):
        whole.update(one)
    return whole.hexdigest()


def _some(file: Path) -> list[Line]:
    found = list(lines(file))
    if not found:
        raise Invalid(_("%(name)s 里没有一行内容。请核对后再来。") % {"name": file.name})
    return found


def _message(line: Line, labelled: bool, file: Path) -> Message:
    cells = line.cells
    if "tokens" in cells:
        text = mask("".join(cells["tokens"].split()))
    else:
        _see_columns(line, file, "title", "body")
        text = joined(cells["title"], cells["body"])
    label = ""
    if labelled:
        _see_columns(line, file, "label")
        label = cells["label"].strip()
        if not label:
            words = {"name": file.name, "row": line.number}
            raise Invalid(
                _("%(name)s 第 %(row)s 行没有写类别（label）。请补上，或者删去这一行。") % words, row=line.number
            )
    return Message(text, label, cells.get("id") or cells.get("row") or str(line.number))


def _see_columns(line: Line, file: Path, *wanted: str) -> None:
    for name in wanted:
        if name not in line.cells:
            words = {"name": file.name, "row": line.number, "column": name}
            raise Invalid(_("%(name)s 第 %(row)s 行缺 %(column)s 这一列。需要的列见 docs/how-to/triage.md。") % words)
