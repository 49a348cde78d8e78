"""Words without what points to a person: numbers, addresses of homes, how people are called. Pure.

It masks by form, so a bare name stays: whoever sends such words reads them first.
"""

from __future__ import annotations

import re

HIDDEN = "○○"
# Bounded as the text is, and beginning at one kind of character each: a pattern may not grow faster than its text.
_NUMBERS = re.compile(r"\+?\d[\d\s\-]{5,24}[\dXx]")
_DAYS = re.compile(r"(?<![\d\-])(?:19|20)\d\d[-/.年]\d{1,2}[-/.月]\d{1,2}日?(?![\d\-])")
_MAIL = re.compile(r"[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9.\-]{1,120}")
_HOMES = re.compile(r"[\d一二三四五六七八九十百]{1,6}\s{0,3}(?:号楼|栋|幢|单元|室|房|楼)(?:[\dA-Za-z]{1,5}(?!\d))?")
_CALLED = re.compile(r"[\u4e00-\u9fff]?(?:女士|先生|小姐|阿姨|叔叔|大爷|大妈|大姐|大哥|师傅|老师|同志|伯伯|奶奶|爷爷)")
_WECHAT = re.compile(r"(?:微信号?|wxid|v信)[:：_\s]{0,3}[A-Za-z0-9_\-]{4,30}", re.IGNORECASE)


def masked(text: str) -> str:
    """The text with numbers, mail and chat addresses, homes and forms of address hidden."""
    for one in (_WECHAT, _MAIL, _NUMBERS, _HOMES, _CALLED):
        text = one.sub(HIDDEN, text)
    return text


def has_number(text: str) -> bool:
    """Whether a run of digits stands in the text that may be a phone or an identity number; a day is none."""
    return _NUMBERS.search(_DAYS.sub("|", text)) is not None


def without_reach(text: str) -> str:
    """The text without what a person could be reached by: numbers, mail, chat names. Places stay."""
    for one in (_WECHAT, _MAIL, _NUMBERS):
        text = one.sub(HIDDEN, text)
    return text
