"""Mutants that change nothing anybody could see, each with the reason. Everything else has to be killed."""

from __future__ import annotations

EQUIVALENT: dict[tuple[str, str], str] = {}
"""(place, way): why no test can tell the mutant from the guard. An entry that names no mutant is a find."""
