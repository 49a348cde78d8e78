"""Writes of places."""

from huying.places.actions.drafts import apply_draft, check_draft, drop_draft, keep_draft
from huying.places.actions.importing import import_areas, import_polygons
from huying.places.actions.outcome import Outcome, Problem
from huying.places.actions.upkeep import changed

__all__ = [
    "Outcome",
    "Problem",
    "apply_draft",
    "changed",
    "check_draft",
    "drop_draft",
    "import_areas",
    "import_polygons",
    "keep_draft",
]
