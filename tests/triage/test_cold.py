"""The cold start: what the catalogue's own words alone tell about a call."""

import csv
import hashlib
import time
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from huying.matters.sheets import default_book
from huying.triage.blend import FEWEST_PAIRS, Together, tempered, together
from huying.triage.cold import Cold, asks, confidences, wants_confidence
from huying.triage.folding import folded, placed
from huying.triage.suggestion import Suggestion

TYPES = default_book().types
BY_CODE = {one.code: one for one in TYPES}
COLD = Cold.of(TYPES)
CALLS = Path(__file__).resolve().parent / "data" / "calls.csv"
SAID = st.text(alphabet="路灯不亮垃圾没人收楼上漏水，。怎么办Ａa1電梯壞冇 \n🙂", max_size=60)


def calls(development: bool) -> list[dict[str, str]]:
    """One half of the calls: by the first byte of the hash of the id, so that it never changes."""
    with CALLS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [one for one in rows if (hashlib.sha256(one["id"].encode()).digest()[0] % 2 == 0) == development]


def measured(rows: list[dict[str, str]]) -> dict[str, float]:
    strict = lenient = third = 0
    sure, right = [], []
    start = time.perf_counter()
    found = [COLD.suggest(one["words"]) for one in rows]
    spent = time.perf_counter() - start
    for row, suggestions in zip(rows, found, strict=True):
        codes = [one.code for one in suggestions]
        good = {row["matter"], *row["also"].replace("|", " ").split()}
        strict += codes[:1] == [row["matter"]]
        lenient += bool(good & set(codes[:1]))
        third += bool(good & set(codes))
        sure.append(suggestions[0].confidence if suggestions else 0.0)
        right.append(bool(good & set(codes[:1])))
    return {
        "n": len(rows),
        "strict": strict / len(rows),
        "lenient": lenient / len(rows),
        "top3": third / len(rows),
        "ece": expected_error(np.array(sure), np.array(right, float)),
        "ask": sum(asks(one["words"]) == one["ask"] for one in rows) / len(rows),
        "confidential": sum(
            wants_confidence(one["words"], BY_CODE[one["matter"]]) == (one["confidential"] == "1") for one in rows
        )
        / len(rows),
        "ms": spent * 1000 / len(rows),
    }


def expected_error(sure: np.ndarray, right: np.ndarray, bins: int = 10) -> float:
    """Mean distance of confidence and truth over bins of the same width."""
    which = np.minimum((sure * bins).astype(int), bins - 1)
    return float(
        sum(
            (which == one).mean() * abs(sure[which == one].mean() - right[which == one].mean())
            for one in np.unique(which)
        )
    )


@pytest.mark.parametrize(
    ("development", "floors"),
    [
        (True, {"strict": 0.80, "lenient": 0.82, "top3": 0.90, "ask": 0.88, "confidential": 0.98}),
        (False, {"strict": 0.70, "lenient": 0.72, "top3": 0.86, "ask": 0.85, "confidential": 0.97}),
    ],
    ids=["development", "untouched"],
)
def test_most_calls_are_understood_from_the_catalogue_alone(development, floors):
    found = measured(calls(development))
    print({name: round(value, 3) for name, value in found.items()})  # for docs/explanation/triage.md: pytest -s
    assert {name: found[name] for name in floors if found[name] < floors[name]} == {}


class TestCold:
    def test_the_order_of_types_makes_no_difference(self):
        shuffled = list(TYPES)
        Random(3).shuffle(shuffled)
        other = Cold.of(shuffled)
        for row in calls(True)[:60]:
            assert other.suggest(row["words"], top=5) == COLD.suggest(row["words"], top=5)

    @given(SAID, st.integers(0, 8))
    def test_confidence_is_a_share_that_falls_and_reasons_are_pieces_of_the_call(self, words, top):
        found = COLD.suggest(words, top=top)
        sure = [one.confidence for one in found]
        assert len(found) <= top
        assert sure == sorted(sure, reverse=True)
        assert all(0 < one <= 1 for one in sure)
        assert sum(sure) <= 1 + 1e-9
        assert len({one.code for one in found}) == len(found)
        assert all(one.words and all(piece in words for piece in one.words) for one in found)
        assert found == COLD.suggest(words, top=top)

    @given(st.lists(st.floats(0.1, 200), min_size=2, max_size=20), st.floats(0.1, 50))
    def test_more_evidence_makes_a_type_surer(self, scores, more):
        before = np.array(scores)
        best = int(before.argmax())
        after = before.copy()
        after[best] += more
        assert confidences(after)[best] >= confidences(before)[best]

    @pytest.mark.parametrize("words", ["", "  \n", "的了是", "🙂🙂", "？！。", "QQ"])
    def test_nothing_said_suggests_nothing(self, words):
        assert COLD.suggest(words) == []

    def test_without_types_nothing_is_suggested(self):
        assert Cold.of([]).suggest("路灯不亮") == []

    @pytest.mark.parametrize("code", ["9901", "01020304", "Z"])
    def test_a_type_added_today_is_found_by_its_own_word_at_once(self, code):
        new = replace(
            BY_CODE["0505"], code=code, name="无人机起降", words=("无人机",), danger_words=(),
            filing_condition="起降点占用场地", closing_condition="起降点已划定", advice="",
        )  # fmt: skip
        assert COLD.suggest("有人放无人机")[:1] != [code]
        found = Cold.of([*TYPES, new]).suggest("楼下天天有无人机飞来飞去")
        assert found[0].code == code
        assert "无人机" in found[0].words[0]

    @pytest.mark.parametrize(
        ("said", "same"),
        [("電梯壞了", "电梯坏了"), ("屋企冇水", "屋企没有水"), ("ＷｉＦｉ断线", "wifi断线"), ("樓上好嘈", "楼上好吵")],
    )
    def test_spelling_makes_no_difference(self, said, same):
        assert [(one.code, one.confidence) for one in COLD.suggest(said)] == [
            (one.code, one.confidence) for one in COLD.suggest(same)
        ]

    def test_reasons_stand_as_they_were_said(self):
        assert any("電梯" in piece for piece in COLD.suggest("我們的電梯壞了")[0].words)

    def test_what_is_denied_counts_little(self):
        assert COLD.suggest("不是停电，整栋停电，是水压太低")[0].code == "1803"
        assert COLD.suggest("并非停电跳闸电压不稳的事，水压太低")[0].code == "1801"
        assert COLD.suggest("停电跳闸电压不稳的事，水压太低")[0].code == "1803"
        assert COLD.suggest("是不是停电了")[0].code == "1803"

    def test_every_shipped_type_is_found_by_its_name(self):
        lost = [one.code for one in TYPES if one.code not in {s.code for s in COLD.suggest(one.name)}]
        assert lost == []

    def test_it_is_quick_with_few_and_with_many_types_and_long_calls(self):
        many = Cold.of(
            replace(one, code=f"{one.code}{n:02}", name=one.name + str(n)) for one in TYPES for n in range(28)
        )
        assert len(many.codes) > 5000
        rows = calls(True)[:40]
        for index in (COLD, many):
            best = min(_spent(index, [one["words"] for one in rows]) for _ in range(5))
            assert best / len(rows) < 0.010
        long = "\n".join(one["words"] for one in rows) * 3
        assert min(_spent(COLD, [long]) for _ in range(5)) < 0.020
        assert COLD.suggest("路灯不亮" + "，" * 1000 + "停电") == COLD.suggest("路灯不亮")  # the rest is not read
        assert COLD._weights.nbytes + COLD._types.nbytes < 2**20


def _spent(index: Cold, words: list[str]) -> float:
    start = time.perf_counter()
    for one in words:
        index.suggest(one)
    return time.perf_counter() - start


class TestFolding:
    @given(st.text(max_size=80))
    def test_folding_twice_changes_no_more_and_every_character_has_its_place(self, text):
        once, places = placed(text)
        assert len(once) == len(places)
        assert places == sorted(places)
        assert folded(once) == folded(folded(once))


class TestAsks:
    @pytest.mark.parametrize(
        ("words", "ask"),
        [
            ("补办老年卡要带什么材料", "question"),
            ("几点上班", "question"),
            ("为什么我家停水了请派人来修", "request"),
            ("垃圾没人收", "request"),
            ("", "request"),
        ],
    )
    def test_it_tells_a_question_from_a_request(self, words, ask):
        assert asks(words) == ask


class TestWantsConfidence:
    @pytest.mark.parametrize("words", ["千万别说是我讲的", "请保密", "匿名举报", "不要让物业知道", "怕被报复"])
    def test_who_asks_for_it_has_it(self, words):
        assert wants_confidence(words, None)
        assert wants_confidence(words, BY_CODE["0205"])

    def test_a_confidential_type_is_and_another_call_is_not(self):
        assert wants_confidence("老公又动手了", BY_CODE["1103"])
        assert not wants_confidence("路灯不亮", BY_CODE["0205"])
        assert not wants_confidence("路灯不亮", None)


@dataclass
class Says:
    """Answers the same to everything."""

    found: list[Suggestion]

    def suggest(self, words: str, *, top: int = 3) -> list[Suggestion]:
        return self.found[:top]


LIKELY = st.dictionaries(st.sampled_from("abcdefgh"), st.floats(0.001, 1), max_size=4)


class TestTogether:
    cold = Says([Suggestion("new", 0.6, ("无人机",)), Suggestion("old", 0.2, ("灯",))])
    model = Says([Suggestion("old", 0.9, ("路灯",))])

    def test_without_a_model_the_catalogue_speaks(self):
        assert together(COLD, None) is COLD

    def test_a_type_the_model_does_not_know_still_comes_from_its_words(self):
        found = together(self.cold, self.model, examples={"old": 100}).suggest("x")
        assert {one.code for one in found} == {"new", "old"}
        assert {one.code: one.words for one in found} == {"new": ("无人机",), "old": ("灯", "路灯")}

    def test_the_model_weighs_more_with_every_case(self):
        shares = [
            {one.code: one.confidence for one in together(self.cold, self.model, examples={"old": n}).suggest("x")}
            for n in (0, 1, 5, 20, 500)
        ]
        old = [one["old"] / one["new"] for one in shares]
        assert old == sorted(old)
        assert old[0] < 1 < old[-1]

    def test_confidence_is_fitted_to_what_was_held_back(self):
        right = [("x", "old")] * 28 + [("x", "new")] * 12
        sure = Together(self.cold, self.model, {"old": 1000}).suggest("x")
        fit = together(self.cold, self.model, examples={"old": 1000}, pairs=right)
        assert fit.temperature != 1.0
        assert [one.code for one in fit.suggest("x")] == [one.code for one in sure]
        assert abs(fit.suggest("x")[0].confidence - 0.7) < 0.08
        few = together(self.cold, self.model, examples={"old": 1000}, pairs=right[: FEWEST_PAIRS - 1])
        assert few.temperature == 1.0

    @given(LIKELY, st.floats(0.4, 3.6))
    def test_temperature_keeps_order_and_bounds(self, weights, temperature):
        whole = max(sum(weights.values()), 1.0)
        likely = {code: one / whole for code, one in weights.items()}
        sure = tempered(likely, temperature)
        assert sum(sure.values()) <= 1 + 1e-9
        for one in likely:
            for other in likely:
                assert likely[one] > likely[other] or sure[one] <= sure[other]

    @given(LIKELY, LIKELY, st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 500)))
    def test_together_is_a_share_for_all_sides(self, said, learned, cases):
        sides = [
            Says([Suggestion(code, one / max(sum(side.values()), 1)) for code, one in side.items()])
            for side in (said, learned)
        ]
        found = together(*sides, examples=cases).suggest("x", top=8)
        sure = [one.confidence for one in found]
        assert sure == sorted(sure, reverse=True)
        assert all(0 <= one <= 1 for one in sure)
        assert sum(sure) <= 1 + 1e-9
