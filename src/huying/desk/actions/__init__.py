"""What the desk does of its own: keeping filters and shifts, and one act for many cases."""

from huying.cases.rules.guards import TAKE_BACK_WITHIN as UNDO_WITHIN
from huying.desk.actions.batching import carry_out, take_back
from huying.desk.actions.blanking import blank_kept
from huying.desk.actions.exporting import ask_export, ask_pack, fetch, file_of, remove_exports, still_theirs
from huying.desk.actions.keeping import leave_shift, may_remove, remove_filter, save_filter, take_shift

__all__ = [
    "UNDO_WITHIN", "ask_export", "ask_pack", "blank_kept", "carry_out", "fetch", "file_of", "leave_shift", "may_remove",
    "remove_exports", "remove_filter", "save_filter", "still_theirs", "take_back", "take_shift",
]  # fmt: skip
