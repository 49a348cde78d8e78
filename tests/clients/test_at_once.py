"""Two at once: one effect, one answer."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections

from huying.cases.models import Case
from tests.api.conftest import Program
from tests.world import STREET

BODY = {"words": "榕树路口的路灯不亮了。", "area_code": STREET, "lng": 113.305, "lat": 23.105}


@pytest.mark.django_db(transaction=True)
def test_the_same_key_at_once_makes_one_case_and_both_get_its_code(world):
    barrier = Barrier(4)

    def sent(number: int):
        one = Program()
        try:
            barrier.wait(10)
            made = one.post("/reports", BODY, status=201, key="at-once-0001")
            return made["code"], made["number"], one.last.get("Idempotency-Replayed", "")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(sent, range(4)))
    assert Case.objects.count() == 1
    assert len({answer[:2] for answer in answers}) == 1
    assert sorted(answer[2] for answer in answers) == ["", "true", "true", "true"]
