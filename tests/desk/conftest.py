"""The small street, with a client that is signed in as one of its people."""

from tests.staff import at, sign_in, world  # noqa: F401
