"""News of registers."""

from huying.kernel.events import Event

# facts: register (its key), verb (create, change, end), row_ids
changed = Event("registers.changed")
