"""Words that everybody who knows the house tries first."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError

from huying.kernel.terms import _

WORDS = (
    "huying", "呼应", "jiedao", "街道", "shequ", "社区", "wangge", "网格", "pingtai", "平台", "zhili", "治理",
    "administrator", "admin", "password", "mima", "密码", "welcome", "changeme", "demo", "test", "user", "root",
)  # fmt: skip
"""The list that docs/security/inventories.md points to."""
LETTERS = 5
_LONGEST_FIRST = re.compile("|".join(sorted(map(re.escape, WORDS), key=len, reverse=True)))
_LETTER = re.compile(r"[^\W\d_]")


class HouseWords:
    """Refuses a password of which fewer than five letters are left once the house's own words are taken out.

    A long number or a sentence stays free: only what has such a word in it is looked at.
    """

    def validate(self, password: str, user: object = None) -> None:
        left, found = _LONGEST_FIRST.subn("", password.casefold())
        if found and len(_LETTER.findall(left)) < LETTERS:
            raise ValidationError(self.get_help_text(), code="house_words")

    def get_help_text(self) -> str:
        return str(_("密码不要用 huying、社区、admin 这类一猜就到的词。"))
