"""News of places: ids and codes only."""

from huying.kernel.events import Event

redrawn = Event(
    "places.redrawn"
)  # plan_id, area_code: areas have changed; `queries.plans.heirs` says what became of them
