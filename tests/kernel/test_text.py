"""One text type for every door: what passes can be stored, what does not is said in one sentence."""

import unicodedata

import pytest
from django import forms
from django.core.validators import RegexValidator
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from huying.kernel.refusals import Invalid
from huying.kernel.text import TextField, clean, problem_of

anything = st.text(st.characters(), max_size=60)
BAD = ["a\x00b", "a\x07b", "\x85a\x85b", "a\x7fb", "a\ud800b", "a\udfffb"]


class TestClean:
    @given(anything)
    def test_what_passes_is_storable_and_passes_again_unchanged(self, text):
        try:
            once = clean(text)
        except Invalid:
            return
        assert clean(once) == once
        assert "\x00" not in once
        assert once.encode("utf-8").decode("utf-8") == once

    @given(anything)
    def test_names_and_lines_have_one_line_and_one_form(self, text):
        for asked in ({"line": True}, {"name": True}):
            try:
                once = clean(text, **asked)
            except Invalid:
                continue
            assert not {"\n", "\r", "\t", "\u2028", "\u2029"} & set(once)
            assert unicodedata.is_normalized("NFC", once)

    @pytest.mark.parametrize("text", BAD)
    def test_what_cannot_be_stored_is_refused_with_the_fields_name(self, text):
        with pytest.raises(Invalid) as refused:
            clean(text, field="words")
        assert list(refused.value.errors) == ["words"]

    @pytest.mark.parametrize("value", [None, 5, b"words", ["a"], {"a": 1}])
    def test_what_is_no_text_is_refused(self, value):
        with pytest.raises(Invalid):
            clean(value)

    def test_line_ends_become_one_kind(self):
        assert clean("a\r\nb\rc\n") == "a\nb\nc"

    def test_nothing_is_cut(self):
        assert clean("长" * 10_000) == "长" * 10_000
        with pytest.raises(Invalid) as refused:
            clean("长" * 10_001)
        assert "10001" in str(refused.value)

    @pytest.mark.parametrize("sign", ["\u202e", "\u2066", "\u200f", "\u200b", "\ufeff", "\u2060", "\U000e0041"])
    def test_marks_that_hide_or_turn_are_kept_in_words_and_refused_in_names(self, sign):
        assert clean(f"李{sign}示例") == f"李{sign}示例"
        with pytest.raises(Invalid):
            clean(f"李{sign}示例", name=True)

    @pytest.mark.parametrize("name", ["阿卜杜·示例", "𠮷示例", "\ue863示例", "O'Example", "Ａ座"])
    def test_rare_and_foreign_names_pass(self, name):
        assert clean(name, name=True) == unicodedata.normalize("NFC", name)

    def test_a_tab_in_a_line_becomes_a_blank(self):
        assert clean("a\tb", line=True) == "a b"


def test_no_problem_is_none():
    assert problem_of("路灯不亮", limit=10) is None


class TestTextField:
    @pytest.mark.parametrize("text", BAD)
    def test_a_form_says_it_in_our_words(self, text):
        class Words(forms.Form):
            words = TextField()

        (sentence,) = Words({"words": text}).errors["words"]
        assert sentence.endswith("。")

    def test_an_empty_text_that_is_asked_for_is_missed(self):
        class Words(forms.Form):
            words = TextField()

        assert Words({"words": " \u3000\n"}).errors["words"].as_data()[0].code == "required"

    def test_validators_given_to_it_still_run(self):
        class Words(forms.Form):
            code = TextField(validators=[RegexValidator(r"^\d+$", "数字")])

        assert Words({"code": "abc"}).errors["code"] == ["数字"]
        assert Words({"code": "12"}).is_valid()


@pytest.mark.django_db
@given(text=anything)
def test_the_database_takes_all_that_passes(text):
    try:
        once = clean(text)
    except Invalid:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::text", [once])
        assert cursor.fetchone()[0] == once
