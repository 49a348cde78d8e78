"""Asks the server in this container whether it lives; the exit code is the answer."""

import os
import sys
import urllib.request


def main() -> int:
    port = os.environ.get("HUYING_PORT", "8000")
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=4) as answer:
            return 0 if answer.status == 200 else 1
    except OSError:
        return 1


if __name__ == "__main__":
    sys.exit(main())
