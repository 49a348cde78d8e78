"""News of clocks."""

from huying.kernel.events import Event

calendar_published = Event("clocks.calendar_published")
