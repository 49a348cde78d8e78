"""What docs/security names is there: tests, settings, provers, pages; every row has a status, every look a day."""

import re

import pytest

from huying.config import env
from prove.__main__ import PROVERS
from tools import security_docs as docs

PAGES = sorted([*docs.FOLDER.glob("*.md"), docs.ROOT / "SECURITY.md"])
ROWS = docs.rows()
# Requirements of levels 1 and 2 by chapter, as ASVS 5.0.0 counts them: 70 and 183 in all.
COUNTED = {
    1: (8, 19), 2: (4, 7), 3: (8, 11), 4: (2, 8), 5: (4, 5), 6: (13, 22), 7: (6, 12), 8: (4, 3), 9: (4, 3), 10: (5, 24),
    11: (3, 11), 12: (3, 6), 13: (1, 12), 14: (2, 7), 15: (3, 10), 16: (0, 16), 17: (0, 7),
}  # fmt: skip


def test_every_row_leads_somewhere_and_has_a_status():
    assert [fault for one in ROWS for fault in docs.faults_of(one)] == []


def test_levels_one_and_two_are_complete_and_each_stands_once():
    assert len({one.id for one in ROWS}) == len(ROWS)
    for chapter, (first, second) in COUNTED.items():
        mine = [one.level for one in ROWS if one.id.split(".")[0] == str(chapter)]
        assert (mine.count("1"), mine.count("2")) == (first, second), chapter
    assert [one.id for one in ROWS if one.level == "3"] == ["1.2.10", "1.3.12", "5.2.4", "5.2.6", "14.2.8", "15.4.2"]


def test_the_page_is_the_table():
    assert docs.PAGE.read_text(encoding="utf-8") == docs.page(ROWS), "run make docs"


def test_settings_and_provers_are_read_as_they_are():
    assert docs.settings() == {row.name for row in env.TABLE}
    assert docs.provers() == set(PROVERS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_names_is_there(page):
    words = page.read_text(encoding="utf-8")
    tests = re.findall(r"`(tests/[\w/]+\.py(?:::\w+)+)`", words)
    assert [one for one in tests if docs.fault_of(one)] == []
    assert set(re.findall(r"\bHUYING_[A-Z_]+", words)) <= docs.settings()
    assert set(re.findall(r"[Pp]rover `(\w+)`", words)) <= docs.provers()


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (("1.1.1", "1", "x", "met", "tests/test_security_docs.py::test_nowhere", ""), "no test"),
        (("1.1.1", "1", "x", "met", "tests/access/test_sign_in.py::TestSignIn::test_nowhere", ""), "no test"),
        (("1.1.1", "1", "x", "met", "tests/nowhere.py::test_x", ""), "no test"),
        (("1.1.1", "1", "x", "met", "setting:HUYING_NOWHERE", ""), "no setting"),
        (("1.1.1", "1", "x", "met", "prove:nothing", ""), "no prover"),
        (("1.1.1", "1", "x", "met", "doc:docs/nowhere.md", ""), "no page"),
        (("1.1.1", "1", "x", "met", "seen:yesterday", "a look"), "no day"),
        (("1.1.1", "1", "x", "met", "seen:2026-11-22", ""), "what was seen"),
        (("1.1.1", "1", "x", "met", "a feeling", ""), "unknown kind"),
        (("1.1.1", "1", "x", "met", "", ""), "nothing shows it"),
        (("1.1.1", "1", "x", "", "setting:HUYING_HTTPS", ""), "no status"),
        (("1.1.1", "1", "x", "not applicable", "", ""), "without a reason"),
        (("1.1.1", "1", "x", "not met", "", ""), "what is missing"),
    ],
)
def test_a_dead_link_or_an_empty_claim_is_told(row, fault):
    assert any(fault in one for one in docs.faults_of(docs.Row(*row)))
