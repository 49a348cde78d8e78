import pytest
from hypothesis import given
from hypothesis import strategies as st

from huying.matters.queries import type_words
from huying.matters.rules.words import Danger, DangerWords, Matcher, TypeWords, joined, plain
from huying.matters.sheets import default_book

DANGERS = DangerWords((one.danger, one.danger_words) for one in default_book().types if one.danger)
NEAR = type_words(default_book().types)
TYPES = TypeWords((one.code, (one.name, *one.words)) for one in default_book().types)


class TestDangerWords:
    @pytest.mark.parametrize(
        ("words", "number", "word"),
        [
            ("三楼着火了快来", "119", "着火"),
            ("一进门就闻到煤气味", "119", "煤气味"),
            ("有个阿伯晕倒在路边", "120", "晕倒"),
            ("楼下有人持刀", "110", "持刀"),
            ("电梯困人，里面有小孩", "119", "电梯困人"),
            ("我怕他想自杀", "110", "自杀"),
            ("没人受伤但是着火了", "119", "着火"),
            ("去年着火那栋楼现在又着火了", "119", "着火"),
            ("上次没有处理。着火啦", "119", "着火"),
            ("没意识，晕倒了", "120", "晕倒"),
            ("天天堆杂物，现在着火了", "119", "着火"),
            ("经常断电，刚才又着火", "119", "着火"),
        ],
    )
    def test_danger_is_found_with_its_number(self, words, number, word):
        found = DANGERS.first(words)
        assert (found.number, found.word) == (number, word)

    @pytest.mark.parametrize(
        "words",
        [
            "没有着火，只是误报",
            "没闻到煤气味了",
            "没有人晕倒",
            "去年着火的那栋楼还没修",
            "上个月有人持刀，已经抓了",
            "电动车在楼道充电容易着火",
            "担心发生火灾",
            "什么时候有火灾演练",
            "商场跳楼价",
            "抓住了一根救命稻草",
            "电梯坏了多次，我们经常被困电梯",
            "一旦起火，消防车进不来",
            "如有火灾怎么办",
            "路灯不亮",
            "",
        ],
    )
    def test_what_is_denied_past_or_feared_is_not_danger(self, words):
        assert DANGERS.first(words) is None

    @given(st.text(max_size=60), st.text(max_size=60))
    def test_in_words_of_its_own_sentence_it_is_always_danger(self, before, after):
        assert DANGERS.first(f"{before}。三楼着火了！{after}") is not None


class TestDangerJoined:
    @pytest.mark.parametrize(
        ("told", "numbers", "first", "others"),
        [
            (None, (), None, None),
            (Danger("119", "着火"), (), "119", ("110", "120")),
            (None, ("12356", "110"), "12356", ("110", "119", "120")),
            (Danger("110", "自杀"), ("12356", "110"), "12356", ("110", "119", "120")),
            (Danger("119", "氯气"), ("120",), "119", ("120", "110")),
        ],
    )
    def test_the_streets_own_words_stay_and_add(self, told, numbers, first, others):
        found = joined(told, numbers, "说的话" if numbers else "")
        assert (found and found.number, found and found.others) == (first, others)
        assert found is None or found.word


class TestTypeWords:
    def test_the_longest_word_at_a_place_wins(self):
        words = TypeWords([("0101", ["垃圾"]), ("0102", ["装修垃圾"])])
        assert [one.code for one in words.scored("门口堆了装修垃圾", 3)] == ["0102"]

    def test_a_rare_word_weighs_more_than_one_that_many_types_have(self):
        words = TypeWords([("0101", ["噪音"]), ("0102", ["噪音", "水泵"]), ("0103", ["噪音"])])
        best = words.scored("水泵有噪音", 3)
        assert [one.code for one in best] == ["0102", "0101", "0103"]
        assert best[0].words == ("水泵", "噪音")
        assert words.weight("水泵") > words.weight("噪音")

    def test_full_width_and_capital_letters_are_alike(self):
        words = TypeWords([("0101", ["WiFi"])])
        assert words.scored("家里ＷＩＦＩ断了", 1)[0].code == "0101"

    def test_saying_a_word_often_does_not_make_it_weigh_more(self):
        assert TYPES.scored("路灯不亮" * 9, 1)[0].score == TYPES.scored("路灯不亮", 1)[0].score

    @given(st.text(max_size=300), st.integers(1, 8))
    def test_scores_fall_and_stay_below_one_and_words_stand_in_the_text(self, text, limit):
        found = TYPES.scored(text, limit)
        scores = [one.score for one in found]
        assert scores == sorted(scores, reverse=True)
        assert len(found) <= limit
        assert sum(scores) < 1
        assert all(word in plain(text) for one in found for word in one.words)

    def test_without_a_word_a_type_comes_near_by_the_pairs_its_sentences_share(self):
        words = TypeWords(
            [("0101", ["垃圾"]), ("0205", ["路灯不亮"])], [("0101", ["清走垃圾"]), ("0205", ["灯杆坏了"])]
        )
        assert words.scored("门口灯杆歪了", 3) == []
        [found] = words.near("门口灯杆歪了", 3)
        assert (found.code, found.words) == ("0205", ("灯杆",))

    def test_a_word_stands_before_every_pair(self):
        words = TypeWords(
            [("0101", ["垃圾"]), ("0205", ["路灯"])], [("0101", ["路灯杆旁边的灯杆"]), ("0205", ["夜里"])]
        )
        assert [one.code for one in words.near("路灯的灯杆旁边", 3)] == ["0205", "0101"]

    def test_what_every_type_says_tells_nothing(self):
        words = TypeWords([], [("0101", ["现场照片"]), ("0205", ["现场照片"])])
        assert words.near("现场照片", 3) == []

    @given(st.text(max_size=300), st.integers(1, 8))
    def test_near_types_fall_in_score_and_name_what_the_text_says(self, text, limit):
        found = NEAR.near(text, limit)
        scores = [one.score for one in found]
        assert scores == sorted(scores, reverse=True)
        assert len(found) <= limit
        assert sum(scores) < 1
        assert all(one.words and all(word in plain(text) for word in one.words) for one in found)

    @given(
        st.lists(st.sampled_from(["路灯", "路灯不亮", "不亮", "灯不", "亮"]), min_size=1),
        st.text("路灯不亮x", max_size=30),
    )
    def test_no_hit_lies_inside_another(self, words, text):
        hits = list(Matcher(words).hits(text))
        for one in hits:
            assert text[one.start : one.end] == one.word
            assert not any(other != one and other.start <= one.start and one.end <= other.end for other in hits)
