"""News of clocks."""

from huying.kernel.events import Event

calendar_published = Event("clocks.calendar_published")
turned = Event("clocks.turned")  # facts: light (yellow, red), clocks (ids)
