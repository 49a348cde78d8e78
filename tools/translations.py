"""The catalogues of translations: gathered from code and templates, compared, compiled. Needs Babel, no gettext.

`translations.py` gathers all marked texts into the catalogues (new ones come with an empty translation) and
compiles them. `--check` changes nothing and fails on a text without translation, one that is no longer there,
a translation whose placeholders differ, or a compiled catalogue that is not current. `--missing en` prints the
texts of one language that wait for a translation.
"""

from __future__ import annotations

import argparse
import io
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
PLACEHOLDER = re.compile(r"%\([a-z_A-Z0-9]+\)[sdf]|%%|%[sd]")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def gathered() -> Catalog:
    """Every marked text of the package."""
    catalog = Catalog(charset="utf-8")
    for file in sorted(SOURCE.rglob("*.py")):
        if "migrations" not in file.parts:
            _gather(catalog, file.read_bytes())
    for file in sorted([*SOURCE.rglob("templates/**/*.html"), *SOURCE.rglob("templates/**/*.txt")]):
        _gather(catalog, _as_python(file.read_text(encoding="utf-8")).encode())
    return catalog


def _gather(catalog: Catalog, code: bytes) -> None:
    for _line, message, _comments, context in extract(
        "python", io.BytesIO(code), keywords=KEYWORDS, options={"encoding": "utf-8"}
    ):
        catalog.add(message, context=context)


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


def compiled(catalog: Catalog) -> bytes:
    """The binary form; made from the written form, so that it is the same everywhere."""
    out = io.BytesIO()
    again = read_po(io.BytesIO(written(catalog)), locale=catalog.locale, charset="utf-8")
    for message in list(again):
        if message.id and not _translated(message):
            again.delete(message.id, message.context)
    again.mime_headers = [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Plural-Forms", again.plural_forms),
    ]
    write_mo(out, again)
    return out.getvalue()


def _translated(message: Message) -> bool:
    strings = message.string if isinstance(message.string, tuple | list) else (message.string,)
    return bool(strings) and all(strings)


def _key(message: Message) -> tuple[str | None, str]:
    return message.context, message.id[0] if isinstance(message.id, tuple | list) else message.id


def update() -> None:
    texts = gathered()
    for language in LANGUAGES:
        before = {_key(one): one.string for one in read(language) if one.id}
        fresh = Catalog(locale=language, charset="utf-8")
        for message in texts:
            if message.id:
                fresh.add(message.id, before.get(_key(message), ""), context=message.context)
        path_of(language).parent.mkdir(parents=True, exist_ok=True)
        path_of(language).write_bytes(written(fresh))
        path_of(language).with_suffix(".mo").write_bytes(compiled(fresh))


def missing(language: str, texts: Catalog | None = None) -> list[str]:
    known = {_key(one): one for one in read(language) if one.id}
    found = []
    for message in texts or gathered():
        if message.id and ((here := known.get(_key(message))) is None or not _translated(here)):
            found.append(_key(message)[1])
    return found


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
                yield f"{language}: no longer used: {_key(message)[1]!r}"
            yield from _differences(language, message)
        mo = path_of(language).with_suffix(".mo")
        if not mo.exists() or mo.read_bytes() != compiled(catalog):
            yield f"{language}: the compiled catalogue is not current; run tools/translations.py"


def _differences(language: str, message: Message) -> Iterator[str]:
    ids = message.id if isinstance(message.id, tuple | list) else (message.id,)
    strings = message.string if isinstance(message.string, tuple | list) else (message.string,)
    asked = set(PLACEHOLDER.findall(ids[-1]))
    for string in strings:
        if not string:
            continue
        # A singular may leave its number out.
        given = set(PLACEHOLDER.findall(string))
        if given != asked and not (len(strings) > 1 and given < asked):
            yield f"{language}: placeholders differ: {ids[0]!r} -> {string!r}"
        if language == "en" and (left := CHINESE.search(string)) and "呼应" not in string:
            yield f"{language}: {left[0]} is left in {string!r}"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--missing", choices=LANGUAGES)
    options = parser.parse_args(arguments)
    if options.missing:
        print("\n".join(missing(options.missing)))
        return 0
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
