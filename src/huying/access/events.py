"""News of sign-in: ids and codes only."""

from huying.kernel.events import Event

factor_changed = Event(
    "access.factor_changed"
)  # account_id, factor (totp|passkey|code|recovery|all), change (added|removed|reset)
account_locked = Event("access.account_locked")  # account_id
reset_asked = Event("access.reset_asked")  # reset_id, account_id, area_code
review_opened = Event("access.review_opened")  # review_id, area_code
review_closed = Event("access.review_closed")  # review_id, area_code
