"""What is broken on purpose."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from typing import Any
from unittest import mock


@contextlib.contextmanager
def broken(name: str) -> Iterator[None]:
    from huying.people.actions import contacts, talents

    with contextlib.ExitStack() as stack:
        if name == "logged":
            sealed = contacts._sealed

            def told(row: Any, key: Any) -> Any:
                logging.getLogger("huying.people").warning(f"kept {row.name}")  # noqa: G004  so it is not cleaned
                return sealed(row, key)

            stack.enter_context(mock.patch.object(contacts, "_sealed", told))
        elif name == "unsealed":
            stack.enter_context(mock.patch("huying.kernel.secrets.seal", lambda plain, _key, _aad: plain.encode()))
            stack.enter_context(
                mock.patch("huying.kernel.secrets.unseal", lambda sealed, _key_of, _aad: bytes(sealed).decode())
            )
        elif name == "half_erased":
            stack.enter_context(mock.patch.object(talents, "withdraw_consent", return_value=None))
        yield
