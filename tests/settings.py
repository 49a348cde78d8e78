"""Settings of the tests: those of the product, read without what the caller's environment says.

pytest-django reads this before any conftest. What tests need from the environment is kept aside here.
"""

import json
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEST_DATA = ROOT / ".huying" / "test"
# Workers of a parallel run inherit the environment of a process that has put it aside already: it hands it on.
GIVEN: dict[str, str] = json.loads(os.environ.get("TESTS_GIVEN", "{}"))
GIVEN |= {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("HUYING_")}
os.environ["TESTS_GIVEN"] = json.dumps(
    {name: GIVEN[name] for name in GIVEN if name not in ("HUYING_DATA", "HUYING_SECRET_KEY")}
)
os.environ["HUYING_DATA"] = str(TEST_DATA)
os.environ["HUYING_SECRET_KEY"] = "a key for tests alone, fifty characters long or more"
# Browser tests run an event loop in the thread that also asks the database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

from huying.config.settings import *  # noqa: E402, F403

# As a server that serves, whose connections last.
KEEP_STATEMENTS = True

# The weakest hasher: tests make many accounts.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Static files come from the packages; the folder of collected ones does not exist in tests.
STATIC_ROOT = None
