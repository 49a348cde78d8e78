"""News of exports: ids only."""

from huying.kernel.events import Event

asked = Event("opendata.asked")  # export_id
