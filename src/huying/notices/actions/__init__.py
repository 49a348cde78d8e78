"""What can be done with notices: reading this list is knowing it."""

from huying.notices.actions.habits import (
    confirm_address,
    drop_address,
    keep_address,
    set_digest_hours,
    set_preference,
    set_reporters_choice,
)
from huying.notices.actions.public import (
    answer_objection,
    ask_public,
    change_public,
    close_public,
    decide_public,
    draft_public,
    drop_public,
    object_to_public,
    tell_ended,
    touch_public,
    withdraw_public,
)
from huying.notices.actions.sending import forget_contact, prune, replay, send_due, take_up_again
from huying.notices.actions.telling import Recipient, hide_from_others, mark_all_read, mark_read, notify, notify_code
from huying.notices.actions.wordings import (
    approve_wording,
    draft_wording,
    drop_wording,
    send_back_wording,
    submit_wording,
)

__all__ = [
    "Recipient",
    "answer_objection",
    "approve_wording",
    "ask_public",
    "change_public",
    "close_public",
    "confirm_address",
    "decide_public",
    "draft_public",
    "draft_wording",
    "drop_address",
    "drop_public",
    "drop_wording",
    "forget_contact",
    "hide_from_others",
    "keep_address",
    "mark_all_read",
    "mark_read",
    "notify",
    "notify_code",
    "object_to_public",
    "prune",
    "replay",
    "send_back_wording",
    "send_due",
    "set_digest_hours",
    "set_preference",
    "set_reporters_choice",
    "submit_wording",
    "take_up_again",
    "tell_ended",
    "touch_public",
    "withdraw_public",
]
