"""One text type for every door.

Refused: NUL and other controls, lone surrogates. Bidi marks are refused in names and kept in words,
where pages isolate them. Line ends become \\n. Nothing is cut: too long is refused.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import ProhibitNullCharactersValidator

from huying.kernel.refusals import Invalid
from huying.kernel.terms import Label, _

WORDS_LIMIT = 10_000
NAME_LIMIT = 60
LINE_LIMIT = 200

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_SURROGATES = re.compile(r"[\ud800-\udfff]")
BIDI = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def problem_of(value: str, *, limit: int, name: bool = False, line: bool = False) -> Label | None:
    """What is wrong with a text, as a sentence; None where nothing is."""
    if _SURROGATES.search(value):
        return _("有的字符损坏了，存不下来。请删掉后重新输入。")
    if _CONTROLS.search(value):
        return _("有看不见的控制字符，存不下来。请删掉后重新输入。")
    if name and BIDI.search(value):
        return _("名称里不能有改变文字方向的符号。请删掉后重新输入。")
    # Format signs alone: private and not yet assigned characters are how rare names are written.
    if name and any(unicodedata.category(one) == "Cf" for one in value):
        return _("名称里有看不见的符号。请删掉后重新输入。")
    if (line or name) and ("\n" in value or "\u2028" in value or "\u2029" in value):
        return _("这里只能写一行。请去掉换行。")
    if len(value) > limit:
        return _("太长了，最多 %(limit)s 个字，现在有 %(length)s 个。请写短一些。") % {
            "limit": limit,
            "length": len(value),
        }
    return None


def clean(value: Any, *, limit: int = WORDS_LIMIT, name: bool = False, line: bool = False, field: str = "") -> str:
    """The text as it is stored, or Invalid with the field's name."""
    if not isinstance(value, str):
        raise Invalid({field: [_("这里要写文字。")]})
    text = value.replace("\r\n", "\n").replace("\r", "\n").strip()
    if line or name:
        text = unicodedata.normalize("NFC", text.replace("\t", " "))
    problem = problem_of(text, limit=limit, name=name, line=line)
    if problem is not None:
        raise Invalid({field: [problem]})
    return text


class TextField(forms.CharField):
    """A form field with the rules of this module. `name=True` for names, `line=True` for one line."""

    def __init__(self, *, limit: int = WORDS_LIMIT, name: bool = False, line: bool = False, **options: Any) -> None:
        self.limit, self.name, self.line = limit, name, line
        super().__init__(strip=True, **options)
        # Controls are named by our own sentence; Django's NUL check would speak first.
        self.validators = [one for one in self.validators if not isinstance(one, ProhibitNullCharactersValidator)]

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        try:
            return clean(text, limit=self.limit, name=self.name, line=self.line)
        except Invalid as why:
            raise ValidationError(str(why)) from why
