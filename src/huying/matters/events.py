"""News of the catalogue."""

from huying.kernel.events import Event

in_force = Event("matters.in_force")  # facts: version (number)
limits_switched = Event("matters.limits_switched")  # facts: switch_id, area_code, on (whether it holds now)
