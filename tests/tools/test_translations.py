"""Gathering, comparing and compiling translations."""

import gettext

import pytest

from tools import translations


@pytest.fixture
def tree(tmp_path, monkeypatch):
    (tmp_path / "app" / "templates" / "app").mkdir(parents=True)
    monkeypatch.setattr(translations, "SOURCE", tmp_path)
    monkeypatch.setattr(translations, "LOCALE", tmp_path / "locale")
    (tmp_path / "app" / "rules.py").write_text(
        'A = _("派单")\nB = pgettext_lazy("步骤", "核查") % {}\nC = _("共 %(count)s 件") % {"count": 1}\n',
        encoding="utf-8",
    )
    (tmp_path / "app" / "templates" / "app" / "page.html").write_text(
        '{# app/page.html #}\n  <p>it\'s {% translate "受理" %}</p>\n'
        "{% if a %}\n      {% blocktranslate trimmed with n=b %}\n  第 {{ n }} 页\n{% endblocktranslate %}{% endif %}\n"
        '{% include "x.html" with label=_("关闭") %}\n'
        "{% blocktranslate count n=c %}一件{% plural %}{{ n }} 件{% endblocktranslate %}\n",
        encoding="utf-8",
    )
    return tmp_path


def _fill(language, words):
    catalog = translations.read(language)
    for message in catalog:
        if message.id:
            key = message.id[0] if isinstance(message.id, tuple) else message.id
            message.string = words(key, message)
    translations.path_of(language).write_bytes(translations.written(catalog))
    translations.path_of(language).with_suffix(".mo").write_bytes(translations.compiled(catalog))


def _whole(key, message):
    one = {"共 %(count)s 件": "%(count)s in all", "第 %(n)s 页": "page %(n)s"}.get(key, "words")
    forms = ("one", "%(n)s pieces")
    return forms[: len(message.string)] if isinstance(message.id, tuple) else one


def test_texts_of_code_and_templates_are_found_with_context_and_plural(tree):
    found = {translations._key(one) for one in translations.gathered() if one.id}
    assert found == {
        (None, "派单"),
        ("步骤", "核查"),
        (None, "共 %(count)s 件"),
        (None, "受理"),
        (None, "第 %(n)s 页"),
        (None, "关闭"),
        (None, "一件"),
    }


def test_a_missing_translation_is_named(tree):
    translations.update()
    assert any("not translated" in line and "派单" in line for line in translations.problems())
    assert "派单" in translations.missing("en")


def test_a_complete_catalogue_is_found_in_order_and_read_by_gettext(tree):
    translations.update()
    _fill("en", _whole)
    _fill("zh_Hant", lambda key, message: ("%(n)s 件",) if isinstance(message.id, tuple) else key)
    assert list(translations.problems()) == []
    with translations.path_of("en").with_suffix(".mo").open("rb") as file:
        read = gettext.GNUTranslations(file)
    assert read.gettext("派单") == "words"
    assert read.ngettext("一件", "%(n)s 件", 2) == "%(n)s pieces"


def test_a_second_gathering_keeps_what_was_translated_and_drops_what_is_gone(tree):
    translations.update()
    _fill("en", _whole)
    before = translations.path_of("en").read_bytes()
    translations.update()
    assert translations.path_of("en").read_bytes() == before
    (tree / "app" / "rules.py").write_text("", encoding="utf-8")
    assert any("no longer used" in line for line in translations.problems())
    translations.update()
    assert "派单" not in translations.path_of("en").read_text(encoding="utf-8")


def test_a_lost_placeholder_is_found(tree):
    translations.update()
    _fill("en", lambda key, message: ("a", "b") if isinstance(message.id, tuple) else "words")
    assert any("placeholders differ" in line for line in translations.problems())


def test_chinese_left_in_english_is_found(tree):
    translations.update()
    _fill("en", lambda key, message: ("一", "二") if isinstance(message.id, tuple) else key)
    assert any("is left in" in line for line in translations.problems())


def test_a_stale_compiled_catalogue_is_found(tree):
    translations.update()
    translations.path_of("en").with_suffix(".mo").write_bytes(b"old")
    assert any("not current" in line for line in translations.problems())
