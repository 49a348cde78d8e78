"""Keys and numbers: client-made UUIDv7, case numbers, tracking codes, with check characters."""

from __future__ import annotations

import os
import random
import re
import secrets
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date

# ISO 7064 MOD 37,36 alphabet: digits and capitals, so that one wrong or swapped character is found.
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class _Seeded:
    """Where ids come from inside `seeded`."""

    def __init__(self, seed: int, at_ms: int) -> None:
        self.random, self.at_ms = random.Random(seed), at_ms

    def next_ms(self) -> int:
        self.at_ms += 1
        return self.at_ms


_seeded: ContextVar[_Seeded | None] = ContextVar("seeded", default=None)


@contextmanager
def seeded(seed: int, at_ms: int) -> Iterator[None]:
    """Inside, `uuid7` draws from the seed and counts on from `at_ms`: the same steps make the same made-up world."""
    before = _seeded.set(_Seeded(seed, at_ms))
    try:
        yield
    finally:
        _seeded.reset(before)


_SECOND = 1000 << 12
_last_tick = 0


def _tick() -> int:
    """Milliseconds and their 4096th parts, each time later than the last (RFC 9562, 6.2, method 3)."""
    global _last_tick
    now = time.time_ns()
    tick = (now // 1_000_000) << 12 | (now % 1_000_000 << 12) // 1_000_000
    if 0 <= _last_tick - tick < _SECOND:  # further back, the clock was set anew
        tick = _last_tick + 1
    _last_tick = tick
    return tick


def uuid7(at_ms: int | None = None, noise: int | None = None) -> uuid.UUID:
    """A time-ordered UUID (RFC 9562 version 7); of given time and 80 bits of noise where a seed makes worlds.

    Of what one process makes, the later is the greater: rows of one moment stay in the order in which they came.
    """
    world = _seeded.get()
    if world is not None:
        at_ms = world.next_ms() if at_ms is None else at_ms
        noise = world.random.getrandbits(80) if noise is None else noise
    drawn = int.from_bytes(os.urandom(10), "big") if noise is None else noise & (1 << 80) - 1
    if at_ms is None:
        stamp, part = divmod(_tick(), 1 << 12)
        drawn = drawn & ~(0xFFF << 64) | part << 64
    else:
        stamp = at_ms
    value = (stamp & (1 << 48) - 1) << 80 | drawn
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return uuid.UUID(int=value)


def check_character(body: str) -> str:
    """ISO 7064 MOD 37,36 check character over digits and capital letters; others are skipped."""
    product = 36
    for character in body:
        place = _ALPHABET.find(character)
        if place < 0:
            continue
        total = (product + place) % 36 or 36
        product = total * 2 % 37
    return _ALPHABET[(37 - product) % 36]


def case_number(day: date, area_code: str, running: int) -> str:
    """`20261020-003-0042K`: date, last three digits of the sub-district, running number, check character."""
    body = f"{day:%Y%m%d}-{area_code[6:9].ljust(3, '0')}-{running:04d}"
    return body + check_character(body)


_CASE_NUMBER = re.compile(r"\d{8}-\d{3}-\d{4,}[0-9A-Z]", re.ASCII)


def is_case_number(text: str) -> bool:
    return _CASE_NUMBER.fullmatch(text) is not None and check_character(text[:-1]) == text[-1]


def luhn_digit(body: str) -> str:
    total = 0
    for place, character in enumerate(reversed(body)):
        number = int(character) * (2 if place % 2 == 0 else 1)
        total += number - 9 if number > 9 else number
    return str(-total % 10)


def tracking_code() -> str:
    """Twelve digits, the last a check digit (Luhn), easy to read out."""
    body = str(secrets.randbelow(9) + 1) + "".join(str(secrets.randbelow(10)) for _ in range(10))
    return body + luhn_digit(body)


def tracking_code_from(number: int) -> str:
    """A tracking code from a number (made-up worlds take it from their seed); another for each below 9 * 10**10."""
    body = str(10**10 + number % (9 * 10**10))
    return body + luhn_digit(body)


def is_tracking_code(text: str) -> bool:
    return len(text) == 12 and text.isascii() and text.isdigit() and luhn_digit(text[:-1]) == text[-1]
