"""Writes of the desk for programs: one act for many cases, its being taken back, and exports asked for."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from huying.desk import actions
from huying.desk.models import Batch, CaseExport
from huying.desk.rules import BatchAct
from huying.kernel.ids import uuid7
from prove.race.stage import RACE

if TYPE_CHECKING:
    from prove.dup.kinds import Kinds, Write

_numbers = itertools.count()


def operations(kinds: Kinds) -> dict[str, Callable[[], Write]]:
    return {
        "create_batch": lambda: _create(kinds),
        "undo_batch": lambda: _undo(kinds),
        "ask_export": lambda: _export(kinds),
        "ask_case_export": lambda: _pack(kinds),
    }


def _filed(kinds: Kinds) -> list[dict[str, Any]]:
    scenes = [kinds.stage.scene("filed") for _two in range(2)]
    kinds.stage.write()
    lead = str(kinds.stage.world.units["sanitation"].pk)
    return [{"case_id": str(one.case.pk), "lead_id": lead} for one in scenes]


def _create(kinds: Kinds) -> Write:
    body = {"act": "dispatch", "cases": _filed(kinds), "instruction": "一起去看。"}
    return kinds.sending("dispatcher", "POST", "/batches", body, {**body, "instruction": "分头去看。"})


def _undo(kinds: Kinds) -> Write:
    from prove.dup.kinds import Write

    def batch() -> Batch:
        chosen = [(one["case_id"], one["lead_id"]) for one in _filed(kinds)]
        return actions.carry_out(
            batch_id=uuid7(), act=BatchAct.DISPATCH, chosen=chosen, values={"instruction": ""},
            actor=kinds.stage.world.dispatcher, now=RACE,
        )  # fmt: skip

    one, two = batch(), batch()
    key = f"dup-batch-{next(_numbers)}-{random.getrandbits(40)}"
    return Write(
        lambda: kinds.ask("dispatcher", "POST", f"/batches/{one.pk}/undo", None, key),
        lambda: kinds.ask("dispatcher", "POST", f"/batches/{two.pk}/undo", None, key),
    )


def _export(kinds: Kinds) -> Write:
    CaseExport.objects.all().delete()  # few may wait to be made
    body = {"query": "light=red", "columns": ["number", "state"], "format": "csv", "purpose": "report"}
    return kinds.sending("leader", "POST", "/exports", body, {**body, "purpose": "check"})


def _pack(kinds: Kinds) -> Write:
    CaseExport.objects.all().delete()
    scene = kinds.stage.scene("received")
    kinds.stage.write()
    return kinds.sending(
        "leader", "POST", f"/cases/{scene.case.pk}/export", {"purpose": "upper"}, {"purpose": "meeting"}
    )  # fmt: skip
