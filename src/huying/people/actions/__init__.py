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
from huying.people.actions.posts import (
    appoint,
    assign_responsibility,
    create_organisation,
    end_appointment,
    end_responsibility,
    recuse,
)
from huying.people.actions.roles import grant_role, load_shipped_roles, revoke_role

__all__ = [
    "NewContact",
    "appoint",
    "assign_responsibility",
    "change_password",
    "close_account",
    "create_account",
    "create_organisation",
    "end_appointment",
    "end_responsibility",
    "erase_contact",
    "grant_role",
    "keep_contact",
    "keep_contacts",
    "load_shipped_roles",
    "note_sign_in",
    "note_sign_out",
    "open_contact",
    "recuse",
    "reseal_contacts",
    "revoke_role",
    "rotate_data_key",
    "withdraw_consent",
    "wrap_data_keys_anew",
]
