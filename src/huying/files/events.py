"""News of files."""

from huying.kernel.events import Event

# Documents of these owners are gone or shut away: their words must leave the search row. Facts: owner_kind, owners.
words_gone = Event("files.words_gone")
