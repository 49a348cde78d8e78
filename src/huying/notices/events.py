"""News of notices: ids and codes only."""

from huying.kernel.events import Event

told = Event("notices.told")  # notice_id, account_id, kind: something new under a person's bell
public_moved = Event("notices.public_moved")  # public_id, verb, state, area_code
