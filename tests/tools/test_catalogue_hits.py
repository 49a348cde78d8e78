"""The shipped catalogue alone, without any history, already leads most real messages to their class."""

import pytest

from tools.catalogue_hits import measure, read, told


def test_a_message_is_hit_when_one_of_its_first_three_classes_has_its_label():
    found = measure([("学校的老师乱收费", "教育文体"), ("路灯不亮", "城乡建设"), ("路灯不亮", "教育文体")])
    assert (found.rows, round(found.by_words, 3)) == (3, 0.667)
    assert found.by_label == {"教育文体": 0.5, "城乡建设": 1.0}


@pytest.mark.real_data
def test_real_messages_are_led_to_their_class_far_above_chance(capsys, real_data):
    found = measure(read(real_data / "citizen-messages" / "train.csv"))
    with capsys.disabled():
        print("\n" + told(found))
    assert found.by_words > 2 * found.chance
    assert found.with_pairs > 0.8
