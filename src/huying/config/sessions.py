"""Where sessions are kept: Django's own table and code, read by a statement that is worked out once.

Every page begins with this read, and building it anew took as long as the database needs to answer it.
"""

from __future__ import annotations

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

from huying.kernel.ready import Fixed

_BY_KEY = Fixed(lambda key: Session.objects.filter(session_key=key))


class SessionStore(db.SessionStore):
    """Named as Django's, whose name is part of what signs a session's content."""

    def _get_session_from_db(self) -> Session | None:
        key = self.session_key
        found = _BY_KEY.first(key) if key is not None and key.isalnum() else None  # as Django makes them
        if found is not None and found.expire_date > timezone.now():
            return found
        self._session_key = None
        return None
