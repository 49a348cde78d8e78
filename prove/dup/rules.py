"""Street rules, decided twice: by the action and by the operation; and a version of triage's model, chosen twice."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils.timezone import localdate

from huying.cases.actions.learning import set_model
from huying.cases.actions.ruling import decide_rule
from huying.cases.models import TriageModel
from huying.cases.queries import triage_files
from huying.cases.rules.triage import ModelState
from huying.kernel.ids import uuid7
from huying.registers import actions as registers
from huying.registers.declared import get
from prove.race.stage import RACE
from tests.world import STREET

KEY = "exclusion_kind"
WORDS = "榕树路口的路灯不亮了，请来看看。"  # as `kinds` says them first
_days, _numbers = itertools.count(1), itertools.count(1)


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

    def choose() -> Any:
        row, key = learned(), uuid7()
        return write(
            lambda words: set_model(
                model_id=row.pk, use=words == WORDS, actor=kinds.stage.world.leader, now=RACE, key=key
            )
        )

    return {"decide_rule": decide, "set_model": choose}


def learned() -> TriageModel:
    """An earlier version of the street's model, with its file."""
    number = next(_numbers)
    row = TriageModel.objects.create(
        area_code=STREET, number=number, state=ModelState.RETIRED, made_at=RACE, sha256="0" * 64,
        data_hash=f"{number:064}", learned_from=300, learned_with={}, set_at=RACE, measured={},
    )  # fmt: skip
    path = triage_files.path_of(row.pk)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    return row


def operations(kinds: Any) -> dict[str, Callable[[], Any]]:
    def decide() -> Any:
        row = waiting(kinds)
        address = f"/registers/{KEY}/{row.pk}/decision"
        return kinds.sending("leader", "POST", address, {"granted": True}, {"granted": False, "words": "太少。"})

    return {"decide_rule": decide}
