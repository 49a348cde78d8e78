"""News of the catalogue."""

from huying.kernel.events import Event

in_force = Event("matters.in_force")  # facts: version (number)
