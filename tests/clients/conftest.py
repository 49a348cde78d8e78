"""The small street and its programs, as the API's tests have them."""

from tests.api.conftest import nobody, program, stranger, world

__all__ = ["nobody", "program", "stranger", "world"]
