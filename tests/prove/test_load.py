"""What provers with a served huying stand on: photos that say whose they are, logs that survive a cut."""

import random

import pytest

from prove.load import Log, bits_of, picture, read_logs, uuid7_of


@pytest.mark.parametrize("seed", range(5))
def test_a_photo_says_its_number_also_after_it_was_made_anew(seed):
    from huying.files.imaging import prepare_image

    bits = random.Random(seed).getrandbits(64)
    assert bits_of(picture(bits)) == bits
    prepared = prepare_image(picture(bits))
    assert bits_of(prepared.data) == bits


def test_a_log_is_read_in_order_and_without_a_line_that_was_cut(tmp_path):
    one, two = Log(tmp_path / "client-1.log"), Log(tmp_path / "client-2.log")
    one.write("try", k="a")
    two.write("try", k="b")
    one.write("ack", k="a")
    with open(tmp_path / "client-2.log", "a", encoding="utf-8") as file:
        file.write('{"t": 1, "w": "ac')
    assert [(line["w"], line["k"]) for line in read_logs(tmp_path)] == [("try", "a"), ("try", "b"), ("ack", "a")]


def test_keys_are_those_that_clients_make():
    keys = {uuid7_of(random.Random(seed)) for seed in range(100)}
    assert {key.version for key in keys} == {7}
    assert len(keys) == 100
