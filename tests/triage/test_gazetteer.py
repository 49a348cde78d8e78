"""Places from words: floors on the open sets, and what holds for any words."""

import time
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huying.triage.gazetteer import Entry, Gazetteer, Why
from huying.triage.sounds import plain, shapes, sound
from tests.triage import measure_places

STREET = "990101001"
SMALL = [
    Entry("area", "示范街道", (STREET,)),
    Entry("area", "榕树社区", (f"{STREET}001",)),
    Entry("area", "木棉社区", (f"{STREET}002",)),
    Entry("area", "榕树第一网格", (f"{STREET}001001",)),
    Entry("area", "榕树第二网格", (f"{STREET}001002",)),
    Entry("estate", "榕景苑", (f"{STREET}001001",)),
    Entry("estate", "榕荫花园", (f"{STREET}001001", f"{STREET}001002")),
    Entry("estate", "棉荫花园", (f"{STREET}002001",), ("老棉厂",)),
    Entry("building", "榕荫花园 2 栋", (f"{STREET}001002",)),
    Entry("building", "榕荫路 30 号楼", (f"{STREET}001002",)),
    Entry("facility", "木棉大道公厕", (f"{STREET}002001",)),
]
WORDS = st.text(alphabet="榕荫景苑花园木棉社区老厂路大道2二栋单元号对面东门楼下第网格 ，a樹𠮷", max_size=40)


@pytest.fixture(scope="module")
def small() -> Gazetteer:
    return Gazetteer.of(SMALL)


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        ("榕景苑东门", "001001", Why.NAMED),
        ("榕荫花园", "001", Why.NAMED),
        ("榕荫花园二栋", "001002", Why.NAMED),
        ("榕荫路30号", "001002", Why.NAMED),
        ("榕蔭花園對面", "001", Why.NAMED),
        ("容景苑", "001001", Why.SOUND),
        ("老棉厂", "002001", Why.NAMED),
        ("榕树二网格", "001002", Why.NAMED),
        ("木棉居委会楼下", "002", Why.NAMED),
    ],
)
def test_words_that_name_a_place_give_its_code_and_the_reason(small, words, code, why):
    found = small.find(words, scope=STREET)
    assert found.code == STREET + code
    assert found.candidates[0].reasons[0].code == why


@pytest.mark.parametrize(
    ("words", "stated", "code"),
    [
        ("榕荫花园小区业主群都在说", "", "001"),
        ("榕树小区", "", "001"),
        ("木棉菜市场门口", "", "002"),
        ("新木棉花园", "", ""),  # another name around a part of ours is to be asked about
        ("木棉街", "", ""),
        ("木棉树下", "", ""),
        ("我叫李木棉，反映榕景苑停水", "", "001001"),
        ("李木棉反映停水", "", ""),
        ("榕荫路的木棉倒了", "", "001002"),
        ("榕荫街道", "", ""),
        ("榕什么花园", "", "001"),
        ("棉字打头的花园", "", "002"),
        ("三楼走廊", "榕景苑", "001001"),
        ("沃尔玛商店门口", "榕景苑", ""),
        ("我妈家楼下", "榕景苑", ""),
        ("不在我们小区，在外面", "榕景苑", ""),
        ("楼下超市对面的榕荫花园", "棉荫花园", "001"),
        ("这件事没有一点办法，" * 80 + "在容景苑", "", "001001"),  # the end of many words is read, with its slips
    ],
)
def test_parts_kinds_hints_and_the_own_house(small, words, stated, code):
    assert small.find(words, stated, scope=STREET).code[9:] == code


def test_two_communities_are_asked_about_and_both_are_offered(small):
    found = small.find("榕景苑还是棉荫花园", scope=STREET)
    assert found.code == ""
    assert [code for code, _name in found.ask.choices] == [f"{STREET}001", f"{STREET}002"]


def test_words_that_only_point_mean_the_stated_estate_and_a_named_place_wins_over_it(small):
    assert small.find("楼下的路烂了", "棉荫花园", scope=STREET).code == f"{STREET}002001"
    assert small.find("榕景苑楼下", "棉荫花园", scope=STREET).code == f"{STREET}001001"
    assert not small.find("隔壁街道的市场", "棉荫花园", scope=STREET).candidates


def test_a_photo_tells_where_words_do_not_and_a_contradiction_is_asked_about(small):
    assert small.find("这里有坑", None, [f"{STREET}002001"], STREET).code == f"{STREET}002001"
    assert small.find("榕景苑", None, [f"{STREET}002001"], STREET).ask is not None


def test_what_lies_outside_the_scope_is_never_told(small):
    assert not small.find("棉荫花园", scope=f"{STREET}001").candidates
    assert not small.find(f"{STREET}002", scope=f"{STREET}001").candidates


@given(WORDS, st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_any_words_in_any_order_of_rows_give_the_same_known_codes(words, rng):
    rows = list(SMALL)
    rng.shuffle(rows)
    known = {code for one in SMALL for code in one.codes} | {f"{STREET}001", f"{STREET}002"}
    first, second = Gazetteer.of(SMALL).find(words, scope=STREET), Gazetteer.of(rows).find(words, scope=STREET)
    assert first == second
    assert {one.code for one in first.candidates} <= known
    assert all(0 < one.confidence <= 1 for one in first.candidates)
    assert first.ask is None or len(first.ask.choices) == len(first.candidates)


def test_slips_are_of_sound_or_shape():
    assert plain("榕樹ＡＢ") == "榕树ab"
    assert sound("莉") == sound("尼")  # n and l
    assert sound("荆") == sound("金")  # front and back nasals
    assert sound("会") == sound("飞")  # f and h
    assert "茉" in shapes("末")
    assert "荷" not in shapes("末")


def _open(name: str, world: str) -> list[dict[str, str]]:
    return [row for row in measure_places.read(name) if row["world"] == world]


@pytest.mark.parametrize("name", ["place_phrases.csv", "place_stated.csv", "place_sealed"])
def test_places_of_the_demo_world_are_found_or_asked_about(name):
    result = measure_places.measure(_open(name, "demo"))
    assert result["right"] >= 0.95 * result["n"], result["misses"]
    assert result["wrong"] <= 0.01 * result["n"], result["misses"]


def test_places_of_the_real_divisions_are_found_or_asked_about(real_data):
    if not (real_data / "cn-divisions").is_dir():
        pytest.skip("HUYING_REAL_DATA holds no folder cn-divisions")
    result = measure_places.measure(_open("place_phrases.csv", "cn") + _open("place_stated.csv", "cn"))
    assert result["right"] >= 0.95 * result["n"], result["misses"]
    assert result["wrong"] <= 0.01 * result["n"], result["misses"]


def test_twenty_thousand_names_are_no_slower():
    rng = Random(7)
    letters = [chr(code) for code in range(0x4E00, 0x5800)]
    made = [
        Entry(
            "estate",
            "".join(rng.choices(letters, k=2)) + rng.choice(["花园", "里", "新村"]),
            (f"{STREET}{n % 12 + 1:03d}001",),
        )
        for n in range(20_000)
    ]
    gazetteer = Gazetteer.of([*SMALL, *made])
    rows = [row["phrase"] for row in _open("place_phrases.csv", "demo")][:200]
    gazetteer.find(rows[0], scope=STREET)
    began = time.process_time()
    for words in rows:
        gazetteer.find(words, scope=STREET)
    assert (time.process_time() - began) / len(rows) < 0.005
