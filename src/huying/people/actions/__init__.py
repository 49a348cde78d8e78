"""What people can have done to them: accounts, units, posts, roles, recusal, contact data."""

from huying.people.actions.accounts import (
    change_password,
    close_account,
    create_account,
    note_sign_in,
    note_sign_out,
)
from huying.people.actions.contacts import (
    NewContact,
    erase_contact,
    keep_contact,
    keep_contacts,
    open_contact,
    reseal_contacts,
    rotate_data_key,
    withdraw_consent,
    wrap_data_keys_anew,
)
from huying.people.actions.handover import HandedOver, hand_over
from huying.people.actions.nominations import (
    appoint_nominated,
    nominate,
    record_election,
    refuse_nomination,
    withdraw_nomination,
)
from huying.people.actions.posts import (
    appoint,
    assign_responsibility,
    create_organisation,
    end_appointment,
    end_responsibility,
    raise_rank,
    recuse,
)
from huying.people.actions.roles import (
    ask_grant,
    decide_grant,
    grant_role,
    load_shipped_roles,
    revoke_role,
    withdraw_grant_request,
)
from huying.people.actions.steps import (
    accept_help,
    acknowledge_recognition,
    deliver_help,
    leave_reserve,
    list_reserve,
)
from huying.people.actions.talents import end_talents, enter_talent, open_talent, withdraw_talent

__all__ = [
    "HandedOver",
    "NewContact",
    "accept_help",
    "acknowledge_recognition",
    "appoint",
    "appoint_nominated",
    "ask_grant",
    "assign_responsibility",
    "change_password",
    "close_account",
    "create_account",
    "create_organisation",
    "decide_grant",
    "deliver_help",
    "end_appointment",
    "end_responsibility",
    "end_talents",
    "enter_talent",
    "erase_contact",
    "grant_role",
    "hand_over",
    "keep_contact",
    "keep_contacts",
    "leave_reserve",
    "list_reserve",
    "load_shipped_roles",
    "nominate",
    "note_sign_in",
    "note_sign_out",
    "open_contact",
    "open_talent",
    "raise_rank",
    "record_election",
    "recuse",
    "refuse_nomination",
    "reseal_contacts",
    "revoke_role",
    "rotate_data_key",
    "withdraw_consent",
    "withdraw_grant_request",
    "withdraw_nomination",
    "withdraw_talent",
    "wrap_data_keys_anew",
]
