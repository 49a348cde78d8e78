"""Gathering, comparing and compiling translations."""

import gettext
import json

import pytest

from tools import translations

TRADITIONAL = {"派单": "派單", "关闭": "關閉", "第 %(n)s 页": "第 %(n)s 頁"}


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
    _fill("zh_Hant", lambda key, message: ("%(n)s 件",) if isinstance(message.id, tuple) else TRADITIONAL.get(key, key))
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


def test_simplified_characters_left_in_traditional_are_found(tree):
    translations.update()
    _fill("zh_Hant", lambda key, message: ("件",) if isinstance(message.id, tuple) else key)
    assert any("simplified" in line and "关闭" in line for line in translations.problems())


def test_a_lost_tag_is_found(tree):
    (tree / "app" / "rules.py").write_text('A = _("<strong>三天</strong>内")\n', encoding="utf-8")
    translations.update()
    _fill("en", lambda key, message: ("a", "%(n)s b") if isinstance(message.id, tuple) else "in three days")
    assert any("tags differ" in line for line in translations.problems())


def test_a_fuzzy_translation_is_found(tree):
    translations.update()
    path = translations.path_of("en")
    path.write_text(path.read_text("utf-8").replace('msgid "派单"', '#, fuzzy\nmsgid "派单"'), "utf-8")
    assert any("fuzzy" in line and "派单" in line for line in translations.problems())


def test_translations_are_taken_from_json_with_context_and_plural(tree, tmp_path, capsys):
    words = {"派单": "Dispatch", "步骤\x04核查": "Check", "一件": ["one", "%(n)s pieces"], "没有的": "gone"}
    file = tmp_path / "words.json"
    file.write_text(json.dumps(words), encoding="utf-8")
    assert translations.main(["--fill", "en", str(file)]) == 1
    assert "没有的" in capsys.readouterr().out
    assert translations.main(["--missing", "en"]) == 0
    assert json.loads(capsys.readouterr().out) == ["共 %(count)s 件", "受理", "第 %(n)s 页", "关闭"]


def test_chinese_that_nobody_marked_is_found_in_code_and_templates(tree):
    (tree / "app" / "views.py").write_text(
        '"""说明"""\nPATTERN = re.compile("派单")\nA = _("标了")\nB = "没标" + f"{a}也没标"\n', encoding="utf-8"
    )
    (tree / "app" / "templates" / "app" / "bare.html").write_text(
        '{# 注释 #}\n<p title="{% translate "标了" %}">{% blocktranslate %}\n标了{% endblocktranslate %}没标</p>\n'
        '{% include "a.html" with b="没标" c=_("标了") %}\n',
        encoding="utf-8",
    )
    found = list(translations.unmarked())
    assert len(found) == 4
    assert [line.split(": ")[0] for line in found] == [
        "app/views.py:4",
        "app/views.py:4",
        "app/templates/app/bare.html:3",
        "app/templates/app/bare.html:4",
    ]


def test_what_became_plural_waits_for_its_forms(tree):
    translations.update()
    _fill("en", _whole)
    (tree / "app" / "rules.py").write_text('A = ngettext("派单", "%(n)s 派单", n)\n', encoding="utf-8")
    translations.update()
    assert "派单" in translations.missing("en")


def test_texts_inside_f_strings_are_found(tree):
    (tree / "app" / "rules.py").write_text("A = f\"{a}{_('派单：%(n)s') % {'n': 1}}\"\n", encoding="utf-8")
    assert "派单：%(n)s" in [one.id for one in translations.gathered()]
