"""Rules of sign-in: time-based codes, guessing, devices, addresses, who watches whom, reviews."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huying.access import rules
from huying.access.rules import MAY, Act, Browser, System
from huying.people.roles import ROLES
from huying.people.rules import APART, Duty

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
SECRET = b"12345678901234567890"  # of RFC 6238, appendix B


class TestTotp:
    @pytest.mark.parametrize(
        ("second", "eight"),
        [(59, "94287082"), (1111111109, "07081804"), (1234567890, "89005924"), (2000000000, "69279037")],
    )
    def test_the_codes_are_those_of_the_standard(self, second, eight):
        assert rules.totp_code(SECRET, datetime.fromtimestamp(second, UTC)) == eight[-6:]

    @pytest.mark.parametrize(("drift", "taken"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
    def test_one_step_of_a_slow_or_fast_clock_is_taken(self, drift, taken):
        code = rules.totp_code(SECRET, NOW + timedelta(seconds=drift))
        assert (rules.totp_step(SECRET, code, NOW, 0) is not None) is taken

    def test_a_step_is_used_once_and_none_before_it(self):
        step = rules.totp_step(SECRET, rules.totp_code(SECRET, NOW), NOW, 0)
        assert step == int(NOW.timestamp()) // 30
        assert rules.totp_step(SECRET, rules.totp_code(SECRET, NOW), NOW, step) is None
        earlier = rules.totp_code(SECRET, NOW - timedelta(seconds=30))
        assert rules.totp_step(SECRET, earlier, NOW, step) is None

    @given(st.text(max_size=12))
    def test_no_other_text_is_a_code(self, text):
        good = {rules.totp_code(SECRET, NOW + timedelta(seconds=drift)) for drift in (-30, 0, 30)}
        assert (rules.totp_step(SECRET, text, NOW, 0) is not None) is (text in good)


class TestCodes:
    def test_recovery_codes_are_ten_and_all_different(self):
        codes = rules.new_recovery_codes()
        assert len(set(codes)) == rules.RECOVERY_CODES
        assert all(len(rules.plain_code(one)) == 12 for one in codes)

    @pytest.mark.parametrize(
        "typed", ["ab2c-de3f-gh4j", " AB2C DE3F GH4J ", "ａｂ２ｃ－ｄｅ３ｆ－ｇｈ４ｊ", "AB2CDE3FGH4J"]
    )
    def test_they_are_read_as_any_keyboard_writes_them(self, typed):
        assert rules.plain_code(typed) == "AB2CDE3FGH4J"

    @pytest.mark.parametrize(
        ("ages", "wait"), [([], 0), ([10], 50), ([61], 0), ([61, 120, 180, 240, 300], 3300), ([61, 70, 80, 90], 0)]
    )
    def test_not_too_many_are_sent(self, ages, wait):
        assert rules.too_soon([NOW - timedelta(seconds=age) for age in ages], NOW) == wait


class TestLock:
    @pytest.mark.parametrize(
        ("failures", "minutes_ago", "locked"), [(4, 0, False), (5, 0, True), (9, 14, True), (5, 15, False)]
    )
    def test_five_wrong_steps_close_it_for_a_quarter_of_an_hour(self, failures, minutes_ago, locked):
        last = NOW - timedelta(minutes=minutes_ago)
        assert (rules.locked_until(failures, last, NOW) is not None) is locked


class TestConfirming:
    @pytest.mark.parametrize(
        ("confirmed", "used", "counts"),
        [
            (0, 0, True), (14, 14, True), (16, 16, False), (60, 5, True), (60, 16, False), (119, 1, True),
            (121, 1, False), (-1, -1, False),
        ],
    )  # fmt: skip
    def test_it_lasts_minutes_longer_while_used_but_two_hours_at_most(self, confirmed, used, counts):
        now = 10**9
        assert rules.is_confirmed(now - confirmed * 60, now - used * 60, now, 15) is counts


class TestDevices:
    @pytest.mark.parametrize(
        ("told", "browser", "system"),
        [
            ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537 Chrome/120 Safari/537", Browser.CHROME, System.WINDOWS),
            ("Mozilla/5.0 (Windows NT 10.0) Chrome/120 Safari/537 Edg/120", Browser.EDGE, System.WINDOWS),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 17 like Mac OS X) Version/17 Safari/604", Browser.SAFARI, System.IOS),
            ("Mozilla/5.0 (Linux; Android 13) Chrome/120 MicroMessenger/8", Browser.WECHAT, System.ANDROID),
            ("Mozilla/5.0 (Linux; Android 13) MicroMessenger/8 wxwork/4", Browser.WECOM, System.ANDROID),
            ("Mozilla/5.0 (Phone; OpenHarmony 5.0) Chrome/114", Browser.CHROME, System.HARMONY),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:128) Firefox/128", Browser.FIREFOX, System.LINUX),
            ("", Browser.OTHER, System.OTHER),
        ],
    )
    def test_two_words_of_a_closed_list(self, told, browser, system):
        assert rules.device_of(told) == (browser, system)

    @given(st.text(max_size=300))
    def test_nothing_of_the_text_itself_is_kept(self, told):
        browser, system = rules.device_of(told)
        assert browser in Browser
        assert system in System

    @pytest.mark.parametrize(
        ("address", "prefix"),
        [
            ("192.0.2.77", "192.0.2.0"), ("::ffff:192.0.2.77", "192.0.2.0"), ("2001:db8:aaaa:bbbb::7", "2001:db8:aaaa::"),
            ("", ""), ("unknown", ""), ("192.0.2.77, 10.0.0.1", ""),
        ],
    )  # fmt: skip
    def test_an_address_is_cut_to_its_neighbourhood(self, address, prefix):
        assert rules.address_prefix(address) == prefix


class TestThreeWhoWatch:
    def test_each_of_the_shipped_three_holds_one_of_the_three_duties_and_nobody_else_holds_any(self):
        held = {role.code: {duty for duty in role.duties if duty in rules.WATCHERS} for role in ROLES}
        assert {code: len(held[code]) for code in APART} == dict.fromkeys(APART, 1)
        assert all(not duties for code, duties in held.items() if code not in APART)
        assert len(set.union(*held.values())) == 3

    def test_no_one_of_the_three_may_do_all(self):
        for duty in rules.WATCHERS:
            assert {act for act, duties in MAY.items() if duty in duties} != set(Act)

    @pytest.mark.parametrize(
        ("act", "who"),
        [
            (Act.SEE_SIGN_INS, {Duty.SECURE, Duty.AUDIT}),
            (Act.ASK_RESET, {Duty.SECURE}),
            (Act.REVIEW, {Duty.SECURE}),
            (Act.SET_FORCED, {Duty.SECURE}),
            (Act.LINK, {Duty.ADMIN_PEOPLE}),
        ],
    )
    def test_who_may_what(self, act, who):
        assert set(MAY[act]) == who

    @pytest.mark.parametrize(("duties", "two"), [(["admin_people"], True), (["audit"], True), (["secure"], True), (["dispatch"], False), ([], False)])  # fmt: skip
    def test_a_keeper_of_the_system_is_reset_by_two(self, duties, two):
        assert rules.needs_two(duties) is two


class TestReviews:
    def test_what_was_never_used_comes_first_then_the_longest_ago(self):
        today = date(2026, 3, 2)
        used = {"new": today, "never": None, "old": today - timedelta(days=200), "edge": today - timedelta(days=90)}
        ordered = sorted(used, key=lambda key: rules.review_order(used[key], today, key))
        assert ordered == ["never", "old", "edge", "new"]
        assert [rules.is_unused(used[key], today) for key in ordered] == [True, True, True, False]

    def test_reading_tells_nothing_unless_it_is_all(self):
        assert rules.telling_duties(["read", "dispatch"]) == ["dispatch"]
        assert rules.telling_duties(["read"]) == ["read"]
