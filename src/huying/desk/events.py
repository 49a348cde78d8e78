"""News of the desk: ids only."""

from huying.kernel.events import Event

export_asked = Event("desk.export_asked")  # export_id
