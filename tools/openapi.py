"""Write docs/reference/openapi.json from the operations of the API; `make docs` calls it, a test compares."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    sys.path.insert(0, str(ROOT / "src"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "huying.config.settings")
    import django

    django.setup()
    from huying.config import api

    (ROOT / "docs" / "reference" / "openapi.json").write_text(api.openapi_text(), encoding="utf-8")


if __name__ == "__main__":
    main()
