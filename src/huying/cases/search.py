"""Search without extensions: bigrams of the words and one lexeme per level of the area code, in one tsvector.

Made in this place alone, so that writing and asking can never differ.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from django.contrib.postgres.fields import ArrayField
from django.db.models import CharField, Expression, Func, TextField, Value

from huying.places.rules import LENGTHS

LEVELS = tuple(LENGTHS.values())
MOST_LEXEMES = 6000
LONG_NUMBER = 7
_RUNS = re.compile(r"[^\W_]+", re.UNICODE)
_WIDE = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


def folded(text: str) -> str:
    """Full-width to half-width, lower case."""
    return unicodedata.normalize("NFKC", text).lower()


def grams(text: str) -> list[str]:
    """Bigrams of Chinese runs (a single character stays itself), whole words of others, in order, once each."""
    found: dict[str, None] = {}
    for run in _RUNS.findall(folded(text)):
        for piece in re.split(r"(?<=[\u2e80-\U0003ffff])(?=[a-z0-9])|(?<=[a-z0-9])(?=[\u2e80-\U0003ffff])", run):
            if not piece:
                continue
            if not _WIDE.search(piece):
                # A long run of digits in a caller's words is a phone or identity number: nobody is found by it.
                if not (piece.isdigit() and len(piece) >= LONG_NUMBER):
                    found[piece[:40]] = None
                continue
            for place in range(len(piece) - 1):
                found[piece[place : place + 2]] = None
            if len(piece) == 1:
                found[piece] = None
    return list(found)


def area_lexemes(area_code: str) -> list[str]:
    """One lexeme per level: `a:990101`, `a:990101001`, …, so that scope and word are cut together."""
    return [f"a:{area_code[:length]}" for length in LEVELS if length <= len(area_code)]


def vector(*texts: str, area_code: str, pieces: Iterable[str] = ()) -> Expression:
    """The search column of a case as an expression for insert or update; `pieces` of documents come last."""
    lexemes: dict[str, None] = dict.fromkeys(area_lexemes(area_code))
    for text in texts:
        for one in grams(text):
            lexemes[one] = None
            if len(lexemes) >= MOST_LEXEMES:
                break
    for one in pieces:
        if len(lexemes) >= MOST_LEXEMES:
            break
        lexemes[one] = None
    return Func(
        Value(list(lexemes), output_field=ArrayField(TextField())), function="array_to_tsvector",
        output_field=CharField(),
    )  # fmt: skip


def question(words: str, areas: tuple[str, ...] = ()) -> str:
    """The tsquery text for words a person typed, cut to areas; "" where nothing can be asked."""
    asked = grams(words)[:32]
    if not asked:
        return ""
    terms = []
    for one in asked:
        # one Chinese character: any bigram that begins with it
        terms.append(f"{_quoted(one)}:*" if len(one) == 1 and _WIDE.match(one) else _quoted(one))
    places = question_of_areas(areas)
    return " & ".join([*terms, *([f"({places})"] if places else [])])


def question_of_areas(areas: tuple[str, ...]) -> str:
    """The tsquery text for lying in one of these areas; "" where one of them is of no level that is written."""
    written = all(len(one) in LEVELS for one in areas)
    return " | ".join(_quoted(f"a:{one}") for one in areas) if written else ""


def _quoted(lexeme: str) -> str:
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'"
