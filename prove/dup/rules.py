"""Street rules, decided twice: by the action and by the operation."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils.timezone import localdate

from huying.cases.actions.ruling import decide_rule
from huying.kernel.ids import uuid7
from huying.registers import actions as registers
from huying.registers.declared import get
from prove.race.stage import RACE
from tests.world import STREET

KEY = "exclusion_kind"
_days = itertools.count(1)


def waiting(kinds: Any) -> Any:
    """A version that its leader has not decided on yet."""
    values = {
        "area_code": STREET, "code": "untrue", "name": "没有看到", "needs": "三张照片。", "told": "没有看到。",
        "valid_from": localdate(RACE) + timedelta(days=20_000 + next(_days)),
    }  # fmt: skip
    return registers.put(register=get(KEY), row_id=None, values=values, actor=kinds.stage.world.keeper, now=RACE)


def makers(kinds: Any, write: Callable[..., Any]) -> dict[str, Callable[[], Any]]:
    def decide() -> Any:
        row, key = waiting(kinds), uuid7()
        return write(
            lambda words: decide_rule(
                register=KEY, rule_id=row.pk, granted=False, words=words, key=key, actor=kinds.stage.world.leader,
                now=RACE,
            )
        )  # fmt: skip

    return {"decide_rule": decide}


def operations(kinds: Any) -> dict[str, Callable[[], Any]]:
    def decide() -> Any:
        row = waiting(kinds)
        address = f"/registers/{KEY}/{row.pk}/decision"
        return kinds.sending("leader", "POST", address, {"granted": True}, {"granted": False, "words": "太少。"})

    return {"decide_rule": decide}
