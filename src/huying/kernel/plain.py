"""Facts that may be kept for good: what goes into history, events and jobs carries codes, never a person's values."""

from __future__ import annotations

import re
from datetime import date
from typing import Any
from uuid import UUID

CODE = re.compile(r"[\w.:+\-/]{0,80}", re.ASCII)
_PHONE = re.compile(r"(\+?86-?)?1[3-9]\d{9}")
_IDENTITY = re.compile(r"[1-9]\d{16}[\dXx]")
_IDENTITY_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_BIGGEST = 2**53  # what every JSON reader keeps exactly
_DEEPEST = 6


def plain_facts(facts: dict[str, Any] | None) -> dict[str, Any]:
    """The facts as JSON holds them, or ValueError naming the place of the value that may not be kept.

    Allowed are ids, times, whole numbers, truth values, None and short codes (`[A-Za-z0-9_.:+-/]`, at most 80),
    and lists and dicts of these. So neither words nor names fit, and what looks like a phone or identity
    number is refused as well: history is never erased, persons are.
    """
    return {plain_code(key, "facts"): _plain(value, f"facts[{key!r}]", 1) for key, value in (facts or {}).items()}


def _plain(value: Any, place: str, depth: int) -> Any:
    if depth > _DEEPEST:
        raise ValueError(f"{place}: nested too deep")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int):
        if abs(value) > _BIGGEST:
            raise ValueError(f"{place}: whole number beyond 2**53")
        if _PHONE.fullmatch(str(value)):
            raise ValueError(f"{place}: looks like a phone number; history and news keep no personal values")
        return int(value)
    if isinstance(value, str):
        return plain_code(value, place)
    if isinstance(value, dict):
        return {plain_code(key, place): _plain(one, f"{place}[{key!r}]", depth + 1) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        ordered = sorted(value, key=str) if isinstance(value, set | frozenset) else value
        return [_plain(one, f"{place}[{index}]", depth + 1) for index, one in enumerate(ordered)]
    raise ValueError(
        f"{place}: {type(value).__name__} may not be kept; give ids, times, whole numbers, truth values or short codes"
    )


def plain_code(value: Any, place: str) -> str:
    if not isinstance(value, str) or not CODE.fullmatch(value):
        raise ValueError(f"{place}: only short codes [A-Za-z0-9_.:+-/] of at most 80 characters may be kept")
    if _PHONE.fullmatch(value):
        raise ValueError(f"{place}: looks like a phone number; history and news keep no personal values")
    if _IDENTITY.fullmatch(value) and _is_identity_number(value):
        raise ValueError(f"{place}: looks like an identity number; history and news keep no personal values")
    return str(value)


def _is_identity_number(value: str) -> bool:
    total = sum(int(digit) * weight for digit, weight in zip(value, _IDENTITY_WEIGHTS, strict=False))
    return "10X98765432"[total % 11] == value[-1].upper()
