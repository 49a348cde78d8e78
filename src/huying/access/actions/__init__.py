"""What people do with their own sign-in, and what the three who keep watch do with others'."""

from huying.access.actions.codes import (
    confirm_code_address,
    drop_code_address,
    keep_code_address,
    send_code,
)
from huying.access.actions.factors import (
    Checked,
    add_passkey,
    check_second,
    confirm_totp,
    make_recovery_codes,
    note_passkey,
    remove_factor,
    start_totp,
)
from huying.access.actions.keeping import (
    ask_reset,
    decide_reset,
    force_role,
    link_account,
    unforce_role,
    unlink_account,
    unlock,
)
from huying.access.actions.reviews import decide_item, open_review
from huying.access.actions.sessions import (
    begin,
    end_others,
    end_sign_in,
    moved,
    note_use,
    sign_out,
    tidy,
    touch,
)

__all__ = [
    "Checked",
    "add_passkey",
    "ask_reset",
    "begin",
    "check_second",
    "confirm_code_address",
    "confirm_totp",
    "decide_item",
    "decide_reset",
    "drop_code_address",
    "end_others",
    "end_sign_in",
    "force_role",
    "keep_code_address",
    "link_account",
    "make_recovery_codes",
    "moved",
    "note_passkey",
    "note_use",
    "open_review",
    "remove_factor",
    "send_code",
    "sign_out",
    "start_totp",
    "tidy",
    "touch",
    "unforce_role",
    "unlink_account",
    "unlock",
]
