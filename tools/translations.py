"""The catalogues of translations: gathered from code and templates, compared, compiled. Needs Babel, no gettext.

`translations.py` gathers all marked texts into the catalogues (new ones come with an empty translation) and
compiles them. `--check` changes nothing and fails on a text without translation, one that is no longer there,
a translation whose placeholders or tags differ, a compiled catalogue that is not current, and a Chinese literal
that nobody marked. `--missing en` prints the texts of one language that wait for a translation, as JSON;
`--fill en words.json` takes them back: `{"text": "translation"}`, plural as a list, a context before the text
and parted from it by the character U+0004.
"""

from __future__ import annotations

import argparse
import ast
import io
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "huying"
LOCALE = SOURCE / "locale"
LANGUAGES = ("en", "zh_Hant")
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
MARKING = {*KEYWORDS, "lazy"}
CALL = re.compile(rf"\b(?:{'|'.join(KEYWORDS)})\s*\(")
F_STRING = re.compile(r"""\b(?:f|fr|rf)["']""", re.IGNORECASE)
PLACEHOLDER = re.compile(r"%\([a-z_A-Z0-9]+\)[.0-9]*[sdf]|%%|%[sd]")
TAG = re.compile(r"</?[a-z][a-z0-9]*")
# Also the marks 、。（），：；
CHINESE = re.compile("[\u4e00-\u9fff\u3001\u3002\u3008-\u3011\uff01\uff08\uff09\uff0c\uff1a\uff1b\uff1f]")
# Chinese that stays in English: our name, and words to be typed as they are.
KEPT = re.compile("呼应|“(?:是|否|分类|、)”|放假|上班|元旦|=4wh、")
# Characters of Simplified Chinese that Traditional Chinese never uses; those it uses too (后, 里, 台, 面) are left out.
SIMPLIFIED = frozenset(
    "与专业丢两个为么乐书从们会传伪体儿关内写决况凭则刚删别办务动区协单卫却厅历压厕县参发变叠号吗听启员响园围国图场坏声处备复够头夹学实审对导将层属岗并库应废开异张归当录径态户执扫护报担拥拨择损换摄数断无旧"
    "时显暂机权条来构标栋栏样档检楼汉没测济浏满灯点热牵状环现电监盖盘码碍积称筛签简类紧红约级纬线练组织经结绘给络统继续维综编缩网罚职联脚脸节营补装见规览触计认让议记设访证评识诉词试话询该说请诺读谁调谢负责"
    "账资踪车转轮软较输辖边迁过运还这进连选钉钟钥钮销错键长门闭问间队险随隐难页项顺须顾顿领题马驻验骤黄"
)
# Chinese that is data or is read, not shown by us in the language of the reader.
UNMARKED_FILES = {
    "places/component_words.py": "read in names of matters, which are Chinese",
    "cli/play": "the words of the demo world's callers, its places and units",
    "triage": "words that callers use, names of offices, and marks between them",
    "matters/data": "the shipped catalogue",
    "matters/rules/book.py": "words of the table file, the same in every language",
    "matters/rules/words.py": "words that callers use",
    "matters/sheets.py": "words of the table file, the same in every language",
    "people/passwords.py": "words that no password may be made of",
    "people/consent.py": "wordings that were agreed to, kept one per language",
    "cases/rules/ticket_words.py": "words of other systems' sheets",
    "places/actions/reading.py": "names of columns that are read",
    "opendata/writing.py": "what the manifest of open files says, the same in every language",
    "ui/templates/gallery": "samples of the gallery",
    "ui/gallery.py": "samples of the gallery",
}
UNMARKED_TEXTS = {
    ("cases/actions/blanking.py", "〔已隐去〕"): "put into the words of a case, which are Chinese",
    ("cases/rules/emergencies.py", "【演练】"): "put before the title of a case, which is Chinese",
    ("cases/actions/intake.py", "。！？!?；;"): "where a sentence of a caller ends",
    ("cli/archives/boston.py", "Boston (未写明)"): "the name of an area that an archive does not give",
    ("cli/archives/boston.py", "外域档案"): "the name of the tier above an archive's areas",
    ("cli/archives/settling.py", "按原系统（档案未写明）"): "the closing condition of an archive's types",
    ("cli/archives/settling.py", "回放员"): "the name of a made-up account",
    ("clocks/forms.py", "放假"): "read from the notice of holidays",
    ("config/settings.py", "简体中文"): "each language by its own name",
    ("config/settings.py", "繁體中文"): "each language by its own name",
    ("desk/rows.py", "社区"): "the end of a community's name",
    ("config/env.py", "The name that text messages begin with, as it is registered: it is put in 【】."): "a setting",
    ("config/env.py", "统一身份认证"): "the default of a setting",
    ("files/child.py", "，"): "a mark between the cells of a table that is read",
    ("notices/rules.py", "【"): "how a text message is signed",
    ("notices/rules.py", "】"): "how a text message is signed",
    ("opendata/rules.py", "（号码已略去）"): "stands in exported words, the same in every language",
    ("places/actions/checking.py", "代码"): "the name of a column that is read",
    ("places/registers.py", "，、;；\n "): "marks between codes that are read",
    **{("registers/cells.py", word): "a word that is read" for word in ("是", "有", "否", "无", "没有")},
}


def gathered() -> Catalog:
    """Every marked text of the package."""
    catalog = Catalog(charset="utf-8")
    for file in sorted(SOURCE.rglob("*.py")):
        if "migrations" not in file.parts:
            code = file.read_text(encoding="utf-8")
            _gather(catalog, code)
            _gather(catalog, _inside_f_strings(code))
    for file in sorted([*SOURCE.rglob("templates/**/*.html"), *SOURCE.rglob("templates/**/*.txt")]):
        _gather(catalog, _as_python(file.read_text(encoding="utf-8")))
    return catalog


def _gather(catalog: Catalog, code: str) -> None:
    if not CALL.search(code):  # reading a file word by word costs much
        return
    for _line, message, _comments, context in extract(
        "python", io.BytesIO(code.encode()), keywords=KEYWORDS, options={"encoding": "utf-8"}
    ):
        catalog.add(message, context=context)


def _inside_f_strings(code: str) -> str:
    """The calls inside f-strings, a line each; Babel does not look there."""
    if not F_STRING.search(code):
        return ""
    inside = (call for node in ast.walk(ast.parse(code)) if isinstance(node, ast.JoinedStr) for call in ast.walk(node))
    return "\n".join(ast.unparse(call) for call in inside if isinstance(call, ast.Call) and _is_marking(call.func))


def _as_python(template: str) -> str:
    """A template's marked texts as calls; in brackets, so that indentation means nothing."""
    from django.conf import settings
    from django.utils.translation.template import templatize

    if not settings.configured:
        settings.configure()
    return "(\n" + templatize(template) + "\n)"


def path_of(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def read(language: str) -> Catalog:
    path = path_of(language)
    if not path.exists():
        return Catalog(locale=language, charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=language, charset="utf-8")


def written(catalog: Catalog) -> bytes:
    """The catalogue as text that changes only when a text does: sorted, without dates and line numbers."""
    out = io.BytesIO()
    plain = Catalog(locale=catalog.locale, charset="utf-8", header_comment="", fuzzy=False)
    for message in catalog:
        if message.id:
            plain.add(message.id, message.string, context=message.context)
    write_po(out, plain, width=0, sort_output=True, omit_header=True)
    head = (
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n'
        f'"Language: {catalog.locale}\\n"\n"Plural-Forms: {plain.plural_forms}\\n"\n\n'
    )
    return head.encode() + out.getvalue()


class _Bare(Catalog):
    """A catalogue whose head has no dates and names, so that the same texts make the same file."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        return [("Content-Type", "text/plain; charset=utf-8"), ("Plural-Forms", self.plural_forms)]


def compiled(catalog: Catalog) -> bytes:
    """The binary form of what is translated; gettext falls back to the Chinese text for the rest."""
    bare = _Bare(locale=catalog.locale, charset="utf-8", fuzzy=False)
    for message in catalog:
        if message.id and _translated(message) and not message.fuzzy:
            bare.add(message.id, message.string, context=message.context)
    out = io.BytesIO()
    write_mo(out, bare)
    return out.getvalue()


def _strings(message: Message) -> tuple[str, ...]:
    return tuple(message.string) if isinstance(message.string, tuple | list) else (message.string,)


def _translated(message: Message) -> bool:
    return bool(_strings(message)) and all(_strings(message))


def _first(message: Message) -> str:
    return message.id[0] if isinstance(message.id, tuple | list) else message.id


def _key(message: Message) -> tuple[str | None, str]:
    return message.context, _first(message)


def _name(message: Message) -> str:
    """A text as `--missing` and `--fill` name it."""
    return f"{message.context}\x04{_first(message)}" if message.context else _first(message)


def update() -> None:
    texts = gathered()
    for language in LANGUAGES:
        before = {_key(one): one.string for one in read(language) if one.id}
        fresh = Catalog(locale=language, charset="utf-8")
        for message in texts:
            if message.id:
                fresh.add(message.id, _fitting(message, before.get(_key(message), "")), context=message.context)
        write(language, fresh)


def _fitting(message: Message, kept: object) -> object:
    """What was translated before, unless the text became plural or stopped being so."""
    return kept if isinstance(kept, tuple | list) == isinstance(message.id, tuple | list) else ""


def write(language: str, catalog: Catalog) -> None:
    path = path_of(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(written(catalog))
    path.with_suffix(".mo").write_bytes(compiled(catalog))


def fill(language: str, words: dict[str, str | list[str]]) -> list[str]:
    """Take translations over; the texts that the catalogue does not have are returned."""
    catalog = read(language)
    known = {_name(one): one for one in catalog if one.id}
    for name, translation in words.items():
        if name in known:
            known[name].string = tuple(translation) if isinstance(translation, list) else translation
    write(language, catalog)
    return [name for name in words if name not in known]


def missing(language: str, texts: Catalog | None = None) -> list[str]:
    known = {_key(one): one for one in read(language) if one.id}
    return [
        _name(message)
        for message in texts or gathered()
        if message.id and ((here := known.get(_key(message))) is None or not _translated(here))
    ]


def problems() -> Iterator[str]:
    texts = gathered()
    wanted = {_key(one) for one in texts if one.id}
    for language in LANGUAGES:
        catalog = read(language)
        for text in missing(language, texts):
            yield f"{language}: not translated: {text!r}"
        for message in catalog:
            if not message.id:
                continue
            if _key(message) not in wanted:
                yield f"{language}: no longer used: {_first(message)!r}"
            if message.fuzzy:
                yield f"{language}: fuzzy: {_first(message)!r}"
            yield from _differences(language, message)
        for message in catalog.obsolete.values():
            yield f"{language}: no longer used: {_first(message)!r}"
        mo = path_of(language).with_suffix(".mo")
        if not mo.exists() or mo.read_bytes() != compiled(catalog):
            yield f"{language}: the compiled catalogue is not current; run tools/translations.py"
    yield from unmarked()


def _differences(language: str, message: Message) -> Iterator[str]:
    ids = message.id if isinstance(message.id, tuple | list) else (message.id,)
    strings = _strings(message)
    for string in filter(None, strings):
        asked, given = (sorted(set(PLACEHOLDER.findall(text)) - {"%%"}) for text in (ids[-1], string))
        # A singular may leave its number out.
        if given != asked and not (len(strings) > 1 and set(given) < set(asked)):
            yield f"{language}: placeholders differ: {ids[0]!r} -> {string!r}"
        if "%(" in ids[-1] and re.search(r"%(?!\(|%)", PLACEHOLDER.sub("", string)):
            yield f"{language}: a lone %: {ids[0]!r} -> {string!r}"
        if sorted(TAG.findall(ids[-1])) != sorted(TAG.findall(string)):
            yield f"{language}: tags differ: {ids[0]!r} -> {string!r}"
        if language == "en" and (left := CHINESE.search(KEPT.sub("", string))):
            yield f"{language}: {left[0]} is left in {string!r}"
        if language == "zh_Hant" and (left := SIMPLIFIED.intersection(string)):
            yield f"{language}: {''.join(sorted(left))} is simplified in {string!r}"


def unmarked() -> Iterator[str]:
    """Chinese of code and templates that a reader would see untranslated."""
    for file in sorted(SOURCE.rglob("*.py")):
        name = file.relative_to(SOURCE).as_posix()
        if "migrations" in file.parts or _is_data(name):
            continue
        for line, text in _unmarked_of_code(file.read_text(encoding="utf-8")):
            if (name, text) not in UNMARKED_TEXTS:
                yield f"{name}:{line}: not marked for translation: {text[:40]!r}"
    for file in sorted([*SOURCE.rglob("templates/**/*.html"), *SOURCE.rglob("templates/**/*.txt")]):
        name = file.relative_to(SOURCE).as_posix()
        if not _is_data(name):
            for line, text in _unmarked_of_template(file.read_text(encoding="utf-8")):
                yield f"{name}:{line}: not marked for translation: {text[:40]!r}"


def _is_data(name: str) -> bool:
    return any(name == folder or name.startswith(folder + "/") for folder in UNMARKED_FILES)


def _unmarked_of_code(code: str) -> Iterator[tuple[int, str]]:
    tree = ast.parse(code)
    fine: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            fine.add(id(node.value))  # docstrings
        if isinstance(node, ast.Call):
            read = node.args if _is_marking(node.func) or _is_reading(node.func) else _samples(node)
            fine.update(id(one) for argument in read for one in ast.walk(argument))
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or id(node) in fine:
            continue
        if CHINESE.search(node.value):
            yield node.lineno, node.value


def _is_marking(function: ast.expr) -> bool:
    """Calls that mark a text; a pattern is there to recognise words, not to show them."""
    if _last(function) in MARKING:
        return True
    while not isinstance(function, ast.Name):
        within = getattr(function, "value", None) or getattr(function, "func", None)
        if not isinstance(within, ast.expr):
            return False
        if isinstance(within, ast.Name) and within.id == "re":
            return isinstance(function, ast.Attribute)
        function = within
    return False


def _last(function: ast.expr) -> str:
    """The last word of what is called: of `a.b().c` it is `c`."""
    return getattr(function, "attr", None) or getattr(function, "id", None) or ""


def _is_reading(function: ast.expr) -> bool:
    """Calls that take marks out of what somebody wrote."""
    return isinstance(function, ast.Attribute) and function.attr in ("replace", "split", "strip")


def _samples(call: ast.Call) -> list[ast.expr]:
    """Made-up values that show what a field or a fact looks like."""
    third = call.args[2:3] if _last(call.func) == "Fact" else []
    return [*third, *(one.value for one in call.keywords if one.arg == "examples")]


def _unmarked_of_template(template: str) -> Iterator[tuple[int, str]]:
    """What is left of a template when comments and marked texts are taken away; lines are kept."""
    rest = template
    for known in (
        r"\{#.*?#\}",
        r"\{% comment.*?endcomment %\}",
        r"\{% blocktrans(?:late)?\b.*?endblocktrans(?:late)? %\}",
        r"\{% trans(?:late)? (\"[^\"]*\"|'[^']*').*?%\}",
        r"_\((\"[^\"]*\"|'[^']*')\)",
    ):
        rest = re.sub(known, lambda found: "\n" * found[0].count("\n"), rest, flags=re.DOTALL)
    for number, line in enumerate(rest.split("\n"), 1):
        if found := CHINESE.search(line):
            yield number, line[found.start() :].strip()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--missing", choices=LANGUAGES)
    parser.add_argument("--fill", nargs=2, metavar=("LANGUAGE", "FILE"))
    options = parser.parse_args(arguments)
    if options.missing:
        print(json.dumps(missing(options.missing), ensure_ascii=False, indent=0))
        return 0
    if options.fill:
        language, file = options.fill
        if language not in LANGUAGES:
            parser.error(f"{language}: one of {', '.join(LANGUAGES)}")
        update()
        unknown = fill(language, json.loads(Path(file).read_text(encoding="utf-8")))
        for name in unknown:
            print(f"{language}: no such text: {name!r}")
        return 1 if unknown else 0
    if not options.check:
        update()
        return 0
    found = list(problems())
    for line in found[:40]:
        print(line)
    if len(found) > 40:
        print(f"and {len(found) - 40} more")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
