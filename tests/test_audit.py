"""What `make audit` holds: no weak code that nobody looked at, no licence that does not fit."""

from importlib.metadata import PackageNotFoundError, metadata

import pytest

from tools import audit, licences


@pytest.mark.slow
def test_bandit_finds_nothing():
    assert list(audit.faults(audit.found())) == []


def test_a_finding_that_nobody_reviewed_is_told_and_so_is_a_row_that_nothing_needs():
    one = {"test_id": "B602", "filename": "src/huying/cli/main.py", "line_number": "7"}
    told = list(audit.faults([one]))
    assert any("cli/main.py: B602" in line for line in told)
    assert len([line for line in told if "mend the row" in line]) == len(audit.REVIEWED)


def test_every_licence_is_allowed():
    assert list(licences.faults()) == []


@pytest.mark.parametrize(
    ("expression", "free"),
    [
        ("MIT", True),
        ("Apache-2.0 OR BSD-3-Clause", True),
        ("MPL-2.0 AND (Apache-2.0 OR MIT)", True),
        ("(MIT OR Apache-2.0)", True),
        ("GPL-3.0-only OR MIT", True),
        ("MIT AND GPL-3.0-only", False),
        ("LGPL-3.0-only", False),
        ("AGPL-3.0-or-later", False),
        ("", False),
    ],
)
def test_an_expression_is_read_as_it_stands(expression, free):
    assert licences.is_free(licences.alternatives(expression)) is free


@pytest.mark.parametrize("licence", ["AGPL-3.0-or-later", "GPL-3.0-only", "LGPL-2.1-only", ""])
def test_such_a_licence_in_the_core_would_be_found(monkeypatch, licence):
    held = licences.alternatives(licence) if licence else []
    monkeypatch.setattr(licences, "said_by", lambda name: held if name == "django" else ["MIT"])
    assert any(line.startswith("django:") for line in licences.faults())


def test_a_tool_under_the_affero_licence_would_be_found(monkeypatch):
    monkeypatch.setattr(licences, "said_by", lambda name: ["AGPL-3.0-ONLY"] if name == "djlint" else ["MIT"])
    assert any("djlint" in line and "at all" in line for line in licences.faults())


def test_most_of_the_core_is_installed_and_looked_at():
    seen = 0
    for name in licences.core():
        try:
            metadata(name)
        except PackageNotFoundError:
            continue
        seen += 1
    assert seen > 40
