"""Tests of ui see the pages of ui alone."""

import pytest


@pytest.fixture(autouse=True)
def _own_pages(settings):
    settings.ROOT_URLCONF = "tests.ui.urls"
