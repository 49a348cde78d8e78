"""News of people: ids and codes only."""

from huying.kernel.events import Event

contact_opened = Event("people.contact_opened")  # contact_id, opening_id, purpose, area_code, account_id
contact_erased = Event("people.contact_erased")  # contact_id
password_changed = Event("people.password_changed")  # account_id
let_in = Event("people.let_in")  # account_id; somebody else gave this person a password
