"""The shipped catalogues are whole, and pages come in the language that was asked for."""

import functools
import importlib
import pkgutil
import shutil

import pytest
from django.urls import reverse
from django.utils import translation

import huying
from huying.kernel.terms import Term
from huying.matters.queries import limit_in
from huying.matters.rules import Grade, Step
from huying.matters.rules.book import limits_text, read_limits
from tests.world import build_world
from tools import translations

LANGUAGES = ("zh-hans", "zh-hant", "en")


@pytest.fixture(autouse=True)
def language_of_other_tests():
    """A request leaves its language behind."""
    with translation.override("zh-hans"):
        yield


@functools.cache
def sources():
    """What code and templates hold: read once, whatever is done to the catalogues."""
    return translations.gathered(), list(translations.unmarked())


@pytest.fixture
def read_once(monkeypatch):
    texts, unmarked = sources()
    monkeypatch.setattr(translations, "gathered", lambda: texts)
    monkeypatch.setattr(translations, "unmarked", lambda: iter(unmarked))


def test_every_text_is_translated_and_every_chinese_word_is_marked(read_once):
    assert list(translations.problems()) == []


@pytest.mark.parametrize(
    ("whole", "broken", "says"),
    [
        ('msgid "派单"\nmsgstr "Dispatch"', 'msgid "派单"\nmsgstr ""', "not translated"),
        ('msgstr "%(count)s in all"', 'msgstr "%(number)s in all"', "placeholders differ"),
        ("within <strong>%(limit)s</strong>", "within %(limit)s", "tags differ"),
        ('msgstr "Dispatch to %(unit)s"', 'msgstr "派给 %(unit)s"', "is left in"),
        ('msgid "派单"', 'msgid "派单派单"', "no longer used"),
    ],
)
def test_a_catalogue_broken_by_hand_is_found(whole, broken, says, tmp_path, monkeypatch, read_once):
    shutil.copytree(translations.LOCALE, tmp_path / "locale")
    monkeypatch.setattr(translations, "LOCALE", tmp_path / "locale")
    path = translations.path_of("en")
    text = path.read_text(encoding="utf-8")
    assert whole in text
    path.write_text(text.replace(whole, broken, 1), encoding="utf-8")
    found = list(translations.problems())
    assert any(line.startswith("en: ") and says in line for line in found)
    assert any("not current" in line for line in found)


@pytest.mark.django_db
class TestPages:
    @pytest.mark.parametrize(
        ("language", "words"), [("zh-hans", "登录工作台"), ("zh-hant", "登入工作台"), ("en", "Log in to the desk")]
    )
    def test_the_log_in_page_speaks_the_language_that_was_chosen(self, client, language, words):
        client.post(reverse("set_language"), {"language": language})
        page = client.get(reverse("access:sign_in"))
        assert words in page.content.decode()
        assert page["Content-Language"] == language

    @pytest.mark.parametrize(
        ("language", "words"), [("zh-hans", "我要反映"), ("zh-hant", "查進度"), ("en", "Check progress")]
    )
    def test_the_residents_home_speaks_the_language_that_was_chosen(self, client, language, words):
        build_world()
        client.post(reverse("set_language"), {"language": language})
        assert words in client.get(reverse("portal:home"), follow=True).content.decode()


def _terms():
    for module in pkgutil.walk_packages(huying.__path__, "huying."):
        if module.name.endswith(".rules") or ".rules." in module.name:
            importlib.import_module(module.name)
    return sorted(Term.__subclasses__(), key=lambda term: (term.__module__, term.__name__))


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_words_that_differ_in_chinese_differ_in_every_language(language):
    for term in _terms():
        with translation.override("zh-hans"):
            chinese = {str(one.label) for one in term}
        with translation.override(language):
            assert len({str(one.label) for one in term}) == len(chinese), (term, [str(one.label) for one in term])


def test_where_a_limit_stands_is_kept_in_one_language():
    """It is stored with the clock of a case, and others read it."""
    with translation.override("en"):
        assert limit_in(None, "0103", Step.HANDLE, "ordinary").source == "系统默认时限"


@pytest.mark.parametrize("language", LANGUAGES)
def test_limits_that_are_shown_can_be_read_again(language):
    """Steps and grades have two words in English."""
    limits = [(str(step), str(grade), "3wd") for step in Step for grade in ("", *Grade)]
    with translation.override(language):
        assert read_limits(limits_text(limits)) == limits
