"""Writes of places."""

from huying.places.actions.drafts import apply_draft, check_draft, drop_draft, keep_draft
from huying.places.actions.following import follow
from huying.places.actions.importing import import_areas, import_polygons
from huying.places.actions.outcome import Outcome, Problem
from huying.places.actions.planning import (
    approve_plan,
    draw_plan,
    drop_plan,
    effect_due_plans,
    effect_plan,
    send_plan_back,
    submit_plan,
)
from huying.places.actions.upkeep import changed

__all__ = [
    "Outcome",
    "Problem",
    "apply_draft",
    "approve_plan",
    "changed",
    "check_draft",
    "draw_plan",
    "drop_draft",
    "drop_plan",
    "effect_due_plans",
    "effect_plan",
    "follow",
    "import_areas",
    "import_polygons",
    "keep_draft",
    "send_plan_back",
    "submit_plan",
]
