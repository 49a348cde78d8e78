"""Writes docs/reference/components.md: what a maker of pages may use, read from the templates' first lines.

`--check` compares only; the words around the table stand in this file.
"""

# ruff: noqa: E501 (the tables are written as they will stand)

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = ROOT / "src" / "huying" / "ui" / "templates"
PAGE = ROOT / "docs" / "reference" / "components.md"
FRAMES = {"base.html", "desk_base.html", "portal_base.html", "still.html", "problem.html"}

HEAD = """# Components of pages

Made by `tools/components_page.py` from the first line of each template; the gallery at `/ui/` shows them all.
Used as `{% include "ui/state_chip.html" with state=case.state label=case.get_state_display only %}`.
A component that holds a form or a paging link needs the request: leave out `only`, or pass `request=request`.

## Frames

| template | what it is | takes |
|---|---|---|
"""

MIDDLE = """
- Staff: `{% extends "ui/desk_base.html" %}`; block `rail` with ` desk-rail` gives the narrow menu of working pages, block
  `stays` with ` desk-stays` keeps the page still while its columns scroll; block `main_class` with ` desk-flush` drops
  the padding; block `back` holds `<a class="topbar-back">` on phones.
- Columns: `<div class="cols cols-mine">` with `<div class="col">` in it; also `cols-list`, `cols-triage`, `cols-case`,
  `cols-case-no-panel`, `cols-callback`, `cols-whistle`, `cols-rates`, `cols-half`. They stack below 768 px.
- Residents: `{% extends "ui/portal_base.html" %}`; `back_url` shows the back link; block `main_class` with
  ` portal-form` or ` portal-narrow` for forms. Classes: `portal-h1`, `portal-h2`, `portal-section`, `portal-lead`,
  `portal-note`, `portal-link`, `form`, `form-end`, `card-row`, `summary-row`, `doors`, `call-line`, `receipt`.
- Upper apps give the frame its links with `kernel.registry.add_link(kind, url_name)`: `search`, `news`, `desk_home`,
  `home`, `privacy`, `access`, `sign_out` (POST), `account`; its menu with `add_menu`; its texts with `ui.site.provide`.
  Every page has `actor`, `now`, `elder`, `site`, `menu`, `search_url`, `home_url`, `desk_home_url` in its context.

## Components

| template | what it is | takes |
|---|---|---|
"""

TAIL = """
## Tags and filters (builtins, no load)

| name | gives |
|---|---|
| `{% icon "phone" "icon-20" label=_("…") %}` | a line icon; names in `frontend/src/icons.json`; hidden from readers without a label |
| `{% shape "doing" %}` | the shape of a tone: wait, doing, review, done, late, back, soon |
| `{% reading clock now as light %}` | `light.tone`, `light.words`, `light.used` of anything with `started_at`, `due_at` |
| `{% query_with state="filed" type=None %}` | this page's query with changes; drops `after` |
| `{% widget field inputmode="numeric" %}` | a control with our class, tied to its help and error |
| `when:now`, `clock`, `day:now`, `weekday` | 今天 14:05 / 10月19日 15:42 · 14:05 · 10月19日 · 周二 |
| `due_words:now`, `deadline_words:now` | 下周一（6月15日）09:05 · 最晚明天 09:05 |
| `span_words`, `span_words:"long"`, `since:now` | 1时05分 · 1 小时 5 分 · the span up to now |
| `tone`, `mask`, `isolate`, `code_words`, `first_errors` | tone of a stored state · 刘** · a stranger's words in `<bdi>` · 4826 1730 9527 · (id, sentence) of a form |

## Behaviour by attribute (ui.js; nothing breaks without scripts)

| attribute | does |
|---|---|
| `data-key="1"` | that key presses the thing (outside text fields); show it with `<kbd class="kbd">1</kbd>` |
| `data-go="mine"` | target of `G` then `W` (mine), `T` triage, `C` cases, `R` review, `V` callback |
| `data-row`, `data-open` | a row for `J` `K`, `Enter`, `X`; the link that Enter follows |
| `data-search`, `data-list-search` | target of `Ctrl K`, of `/` |
| `data-form`, `data-send` | the form and button of `Ctrl Enter` |
| `data-opens="id"`, `data-closes-dialog`, `<details data-closes>` | dialogs; a menu that closes on a click elsewhere |
| `data-copy="…"`, `data-copied-words` | a button (hidden at first) that copies |
| `data-counts="id"` | shows 39 / 500 for the field with that id and its `maxlength` |
| `data-all-boxes` | ticks all boxes of its table |
| `<form data-draft="name">`, `data-draft-kept`, `data-draft-sent="name"` | draft.js: keeps typed words; a hidden line that says so; on the next page: forget them |
| `data-map-locate` | a hidden button beside a map with `pick`: where am I |

Styles and scripts live in `frontend/src`; after a change: `make build`, and commit what it writes. What only one app's
pages need stands in a plain sheet of that app, `static/<app>/<app>.css`, in `@layer components { … }`, loaded in
block `extra_head`; the variables of `frontend/src/tokens.css` hold there too.
Templates are not scanned for class names: a class is either a component's or on the short list in `frontend/src/huying.css`.

## Looking at pages in tests

Fixtures of `tests/browser/conftest.py`: `site` (address of a live server on the test database; for rows use
`@pytest.mark.django_db(transaction=True)`), `any_page` (runs at 390 and 1440), `phone_page`, `desk_page`,
`open_page(phone=…, scripts=False)`. `check_page(page)` of `tests/browser/harness.py` fails with every fault it sees.
"""


def rows(names: list[str]) -> str:
    lines = []
    for name in names:
        first = (TEMPLATES / "ui" / name).read_text(encoding="utf-8").splitlines()[0]
        found = re.fullmatch(r"\{# ui/[\w.]+: (.+?)\.? (?:Blocks: .+?\. )?Takes:? (.+?)\.? #\}", first)
        if found is None:
            raise ValueError(f"the first line of {name} does not say what it takes: {first}")
        what, takes = (part.replace("|", "\\|") for part in found.groups())
        lines.append(f"| `{name}` | {what} | {takes} |")
    return "\n".join(lines) + "\n"


def page() -> str:
    every = sorted(file.name for file in (TEMPLATES / "ui").glob("*.html"))
    return HEAD + rows([n for n in every if n in FRAMES]) + MIDDLE + rows([n for n in every if n not in FRAMES]) + TAIL


def main(arguments: list[str]) -> int:
    if "--check" in arguments:
        return 0 if PAGE.exists() and PAGE.read_text(encoding="utf-8") == page() else 1
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
