"""Search without extensions: bigrams of the words and one lexeme per level of the area code, in one tsvector.

Made in this place alone, so that writing and asking can never differ.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.postgres.fields import ArrayField
from django.db.models import CharField, Expression, Func, TextField, Value

from huying.kernel.grams import asked, grams, quoted
from huying.places.rules import LENGTHS

LEVELS = tuple(LENGTHS.values())
MOST_LEXEMES = 6000


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
    found = grams(words)[:32]
    if not found:
        return ""
    terms = [asked(one) for one in found]
    places = question_of_areas(areas)
    return " & ".join([*terms, *([f"({places})"] if places else [])])


def question_of_areas(areas: tuple[str, ...]) -> str:
    """The tsquery text for lying in one of these areas; "" where one of them is of no level that is written."""
    written = all(len(one) in LEVELS for one in areas)
    return " | ".join(quoted(f"a:{one}") for one in areas) if written else ""


__all__ = ["LEVELS", "area_lexemes", "grams", "question", "question_of_areas", "vector"]
