"""What the documentation says is so: generated pages equal their tables, links lead somewhere, commands exist."""

import re
from pathlib import Path

import pytest

from huying.cases.rules import FLOW, ORDER_FLOW, OrderState, State, Verb
from huying.config import env
from tools import components_page, state_docs

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
STATES = state_docs.PAGE.read_text(encoding="utf-8")


class TestGeneratedPages:
    def test_case_states_are_what_the_tables_say(self, capsys):
        assert state_docs.main(["--check"]) == 0, capsys.readouterr().out

    def test_settings_are_what_the_settings_say(self):
        assert (ROOT / "docs" / "reference" / "settings.md").read_text(encoding="utf-8") == env.reference()

    def test_components_are_the_templates_first_lines(self):
        assert components_page.main(["--check"]) == 0

    def test_a_changed_table_is_told(self, tmp_path, monkeypatch, capsys):
        monkeypatch.setattr(state_docs, "ROOT", tmp_path)
        monkeypatch.setattr(state_docs, "PAGE", tmp_path / "case-states.md")
        assert state_docs.main(["--check"]) == 1
        assert "make docs" in capsys.readouterr().out
        assert state_docs.main([]) == 0
        assert state_docs.main(["--check"]) == 0
        (tmp_path / "case-states.md").write_text(STATES.replace("`triaged`", "`filed`", 1), encoding="utf-8")
        assert state_docs.main(["--check"]) == 1


class TestCaseStates:
    def test_the_published_diagrams_are_the_tables(self):
        assert FLOW.mermaid() in STATES
        assert ORDER_FLOW.mermaid() in STATES

    def test_every_row_of_the_table_is_published_with_its_label_duty_and_guards(self):
        rows = [line for line in STATES.splitlines() if line.startswith("| `")]
        for move in FLOW:
            mine = [row for row in rows if row.startswith(f"| `{move.verb.value}` | {move.verb.label} |")]
            assert any(all(f"`{one.__name__}`" in row for one in move.guards) for row in mine), move.verb
            assert any(move.duty is None or f"`{move.duty.value}`" in row for row in mine), move.verb
        assert sum(row.count(" | ") == 5 and "`" in row for row in rows) >= len(list(FLOW))

    def test_every_state_and_verb_of_cases_is_there(self):
        of_orders = {Verb.COMPLETE, Verb.CANCEL, Verb.RESTORE}
        for word in [*State, *OrderState, *(set(Verb) - of_orders)]:
            assert f"`{word.value}`" in STATES, word


def links(page: Path) -> list[str]:
    found = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    return [one for one in found if "://" not in one and not one.startswith("mailto:")]


@pytest.mark.parametrize("doc", PAGES, ids=lambda doc: str(doc.relative_to(ROOT)))
class TestPages:
    def test_links_lead_to_files(self, doc):
        assert [one for one in links(doc) if not (doc.parent / one).exists()] == []

    def test_named_targets_and_commands_exist(self, doc):
        words = doc.read_text(encoding="utf-8")
        targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
        assert set(re.findall(r"`make ([a-z][a-z-]+)", words)) - targets == set()
        commands = {path.stem.strip("_") for path in (ROOT / "src/huying/cli/commands").glob("*.py")} | {"demo"}
        assert set(re.findall(r"`huying ([a-z]+)", words)) - commands == set()

    def test_named_sources_exist(self, doc):
        named = re.findall(r"`((?:src|tests|tools|docs)/[\w/.-]+)`", doc.read_text(encoding="utf-8"))
        assert [one for one in named if not (ROOT / one).exists()] == []
