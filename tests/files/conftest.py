"""Files of a test lie in a folder of the test."""

import pytest


@pytest.fixture(autouse=True)
def data(settings, tmp_path):
    settings.DATA = tmp_path
    return tmp_path / "files"
