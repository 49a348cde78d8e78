import time

import pytest

from huying.clocks.rules import Limit
from huying.matters import queries
from huying.matters.rules import Grade, Step


@pytest.mark.django_db
class TestTheVersionInForce:
    def test_no_catalogue_answers_nothing_and_default_limits(self):
        assert queries.type_of("0101") is None
        assert queries.active_types() == []
        assert queries.suggest("路灯不亮") == []
        assert queries.danger_in("路灯不亮") is None
        assert queries.limit_row("0101", Step.HANDLE, Grade.URGENT).limit == Limit.parse("24h")

    def test_a_warm_read_asks_the_database_nothing(self, default, django_assert_num_queries):
        queries.suggest("路灯不亮")
        with django_assert_num_queries(0):
            found = queries.type_of("0205")
            assert (found.name, found.matter_class.name, found.clause) == (
                "路灯不亮",
                "市政设施",
                "履职事项清单 配合履职 第 2 项",
            )
            queries.suggest("路灯不亮"), queries.danger_in("着火"), queries.limit_row("0205", "handle", "ordinary")
            queries.public_types(), queries.classes(), queries.version_number()

    def test_it_notices_that_another_process_changed_the_version(self, default, monkeypatch, django_assert_num_queries):
        queries.type_of("0205")
        monkeypatch.setattr(queries, "LOOK_AGAIN_SECONDS", -1)
        with django_assert_num_queries(1):
            queries.type_of("0205")

    def test_residents_do_not_choose_what_is_phoned_first(self, default):
        codes = {one.code for one in queries.public_types()}
        assert "0101" in codes
        assert not codes & {"0801", "1901", "1902"}


@pytest.mark.django_db
class TestLimits:
    def test_the_type_speaks_before_the_default_and_names_its_row(self, default):
        row = queries.limit_row("0101", Step.HANDLE, Grade.ORDINARY)
        assert (str(row.limit), row.source) == ("4wh", "清单 2025-1 版 第 2 行")

    def test_a_step_without_a_row_has_the_shipped_limit(self, default):
        row = queries.limit_row("0101", Step.SIGN_IN, Grade.URGENT)
        assert (str(row.limit), row.source) == ("30m", "系统默认时限")

    def test_an_unknown_type_still_has_a_limit(self, default):
        assert str(queries.limit_row("9999", Step.HANDLE, Grade.HARD).limit) == "15d"


@pytest.mark.django_db
class TestSuggest:
    @pytest.mark.parametrize(
        ("words", "code", "because"),
        [
            ("我们楼下的路灯不亮已经三天了", "0205", "路灯不亮"),
            ("化粪池满了，污水外溢到马路", "0604", "污水外溢"),
            ("成班走鬼喺校门口摆地摊", "0401", "走鬼"),
            ("包工头拖欠工资两个月", "1201", "拖欠工资"),
            ("楼上漏水，天花滴水", "0905", "天花滴水"),
            ("间屋冇水", "1801", "冇水"),
        ],
    )
    def test_the_words_that_people_use_lead_to_the_type(self, default, words, code, because):
        best = queries.suggest(words)[0]
        assert best.type.code == code
        assert because in best.words
        assert 0 < best.score < 1

    def test_words_without_a_hit_suggest_nothing(self, default):
        assert queries.suggest("今天天气很好") == []

    def test_it_takes_less_than_five_milliseconds_for_five_hundred_characters(self, default):
        words = ("小区门口的路灯不亮，晚上黑麻麻，垃圾没人收，楼上漏水，物业不修，" * 20)[:500]
        queries.suggest(words)
        best = min(_seconds(lambda: queries.suggest(words)) for _ in range(7))
        assert best < 0.005


def _seconds(act):
    before = time.perf_counter()
    act()
    return time.perf_counter() - before


class TestOwners:
    def test_units_that_the_catalogue_names_come_first_in_its_order(self):
        from huying.matters.rules import place_in

        named = ["街道环卫站", "社区居委会"]
        units = [("区水务局", "水务局"), ("榕树社区居委会", "榕树居委"), ("街道环卫站", "环卫站")]
        assert sorted(units, key=lambda names: place_in(named, *names)) == [units[2], units[1], units[0]]

    def test_a_desk_below_the_lowest_tier_is_told_so(self):
        from huying.matters.rules import beyond

        assert beyond("street", "community")
        assert beyond("district", "street")
        assert not beyond("community", "community")
        assert not beyond("grid", "street")
        assert not beyond("district", "city")
