"""The product's settings with the references mounted; used only by servers that bench starts."""

from pathlib import Path

from huying.config.settings import *  # noqa: F403
from huying.config.settings import TEMPLATES

ROOT_URLCONF = "bench.urls"
TEMPLATES = [{**one, "DIRS": [str(Path(__file__).parent / "templates")]} for one in TEMPLATES]
