"""The same form sent by several threads at once: one row, one line, and everybody is answered the same."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections

from huying.audit.models import History
from huying.kernel.ids import uuid7
from huying.kernel.refusals import KeyReused
from huying.registers import actions
from huying.registers.declared import get
from tests.world import GRID, NOW, build_world


@pytest.mark.django_db(transaction=True)
def test_the_same_key_at_once_makes_one_row_and_refuses_another_body():
    world, register, key = build_world(), get("facility"), uuid7()
    kind = str(register.column("kind").offered()[0][0])
    barrier = Barrier(5)

    def put(name):
        try:
            barrier.wait(10)
            values = {"name": name, "area_code": GRID, "kind": kind}
            return actions.put(
                register=register, row_id=None, values=values, actor=world.keeper, now=NOW, key=key
            ).pk  # fmt: skip
        except KeyReused:
            return None
        finally:
            connections.close_all()

    with ThreadPoolExecutor(5) as pool:
        told = list(pool.map(put, ["一处"] * 4 + ["另一处"]))
    [row] = register.model.objects.all()
    assert {one for one in told if one is not None} == {row.pk}
    assert told.count(None) == (1 if row.name == "一处" else 4)
    assert History.objects.filter(kind="facility", object_id=row.pk).count() == 1
