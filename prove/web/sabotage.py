"""What is broken on purpose."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any
from unittest import mock


@contextlib.contextmanager
def broken(name: str) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        if name == "no_policy":
            stack.enter_context(
                mock.patch("csp.middleware.CSPMiddleware.process_response", lambda _self, _request, response: response)
            )
        elif name == "exempt":
            from django.urls import resolve

            stack.enter_context(mock.patch.object(resolve("/track/").func, "csrf_exempt", True, create=True))
        elif name == "fetches_anything":
            stack.enter_context(mock.patch("huying.channels.outward.is_public", return_value=True))
        elif name == "cached_sessions":
            _remembered(stack)
        elif name == "no_limits":
            from django.test import override_settings

            stack.enter_context(mock.patch("huying.portal.actions._count", return_value=None))
            stack.enter_context(mock.patch("huying.config.flood.Sources.wait", return_value=0))
            stack.enter_context(override_settings(AXES_ENABLED=False))
        yield


def _remembered(stack: contextlib.ExitStack) -> None:
    from huying.people import middleware, queries

    kept: dict[Any, Any] = {}

    def once(account: Any, now: Any) -> Any:
        return kept.setdefault(account.pk, queries.actor_for(account, now))

    stack.enter_context(mock.patch.object(middleware, "actor_for", once))
