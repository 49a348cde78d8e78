"""`make audit`: bandit over the source, and the licences of dependencies. Offline.

What bandit finds at medium or above is either mended or stands in REVIEWED with the reason why it is no weakness. A row
counts findings of one rule in one file, so that one more of them is looked at again; a row that nothing needs is red.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tools import licences

ROOT = Path(__file__).resolve().parent.parent

OWN_NAME = "the name of a part of the statement, fixed in this module"
PARTS = "own names of parts, own numbers, and statements of Django's own compiler with values written by the driver"
OWN_TABLES = "table, column and condition names are constants of the module; values are parameters"
DRAWN = "a picture drawn by us from a number, with no words of anybody in it"
REVIEWED: dict[tuple[str, str], tuple[int, str]] = {
    ("B104", "src/huying/access/lockout.py"): (1, "a word for an unknown neighbourhood; nothing listens on it"),
    ("B104", "src/huying/cli/serving.py"): (1, "compares with what was set, to show an address that can be opened"),
    ("B104", "src/huying/cli/systemd.py"): (1, "compares with what was set, to ask the own pages"),
    ("B108", "src/huying/config/postgres.py"): (1, "a folder of the user's own, 0700, refused where it is another's"),
    ("B303", "src/huying/access/rules.py"): (1, "time-based codes are HMAC-SHA-1 by their standard"),
    ("B308", "src/huying/cases/errandfile.py"): (1, DRAWN),
    ("B703", "src/huying/cases/errandfile.py"): (1, DRAWN),
    ("B308", "src/huying/desk/views/intake.py"): (1, DRAWN),
    ("B703", "src/huying/desk/views/intake.py"): (1, DRAWN),
    ("B308", "src/huying/portal/views/notices.py"): (1, DRAWN),
    ("B703", "src/huying/portal/views/notices.py"): (1, DRAWN),
    ("B308", "src/huying/portal/views/report.py"): (1, DRAWN),
    ("B703", "src/huying/portal/views/report.py"): (1, DRAWN),
    ("B308", "src/huying/ui/words.py"): (1, "escaped before, piece by piece"),
    ("B703", "src/huying/ui/words.py"): (1, "escaped before, piece by piece"),
    ("B608", "src/huying/audit/actions.py"): (2, OWN_TABLES),
    ("B608", "src/huying/audit/chain.py"): (1, OWN_TABLES),
    ("B608", "src/huying/audit/feed.py"): (2, OWN_TABLES),
    ("B608", "src/huying/audit/migrations/0005_rows_of_a_seal.py"): (2, OWN_TABLES),
    ("B608", "src/huying/audit/queries.py"): (2, OWN_TABLES),
    ("B608", "src/huying/audit/verifying.py"): (5, OWN_TABLES),
    ("B608", "src/huying/cases/actions/docket.py"): (1, OWN_TABLES),
    ("B608", "src/huying/cases/actions/tallying.py"): (3, OWN_TABLES),
    ("B608", "src/huying/cases/migrations/0004_tallies.py"): (1, OWN_TABLES),
    ("B608", "src/huying/cases/migrations/0008_areas_of_reports.py"): (2, OWN_TABLES),
    ("B608", "src/huying/cases/migrations/0020_drills.py"): (2, OWN_TABLES),
    ("B608", "src/huying/cases/migrations/0031_street_rules.py"): (2, OWN_TABLES),
    ("B608", "src/huying/cases/queries/tallies.py"): (3, OWN_TABLES),
    ("B608", "src/huying/cases/queries/lists.py"): (7, PARTS),
    ("B608", "src/huying/cases/queries/maps.py"): (2, PARTS),
    ("B611", "src/huying/cases/queries/lists.py"): (2, OWN_NAME),
    ("B608", "src/huying/kernel/together.py"): (3, "names of models' own tables and columns, values beside them"),
    ("B608", "src/huying/insight/actions/counting.py"): (3, OWN_TABLES),
    ("B608", "src/huying/insight/actions/freezing.py"): (1, OWN_TABLES),
    ("B608", "src/huying/insight/queries/facts.py"): (9, OWN_TABLES),
    ("B608", "src/huying/insight/queries/played.py"): (2, OWN_TABLES),
    ("B608", "src/huying/insight/queries/figures.py"): (2, OWN_TABLES),
    ("B608", "src/huying/insight/queries/rows.py"): (3, OWN_TABLES),
    ("B608", "src/huying/portal/actions.py"): (1, OWN_TABLES),
    ("B608", "src/huying/cli/commands/check.py"): (1, OWN_TABLES),
}


def found() -> list[dict[str, str]]:
    """What bandit finds at medium severity or above."""
    ended = subprocess.run(
        [sys.executable, "-m", "bandit", "-q", "-r", "src", "-f", "json", "-ll"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    told = json.loads(ended.stdout)
    if told["errors"]:
        raise RuntimeError(f"bandit could not read everything: {told['errors']}")
    results: list[dict[str, str]] = told["results"]
    return results


def faults(results: list[dict[str, str]]) -> Iterator[str]:
    counted = Counter((one["test_id"], one["filename"].removeprefix("./")) for one in results)
    for (rule, file), count in sorted(counted.items()):
        reviewed = REVIEWED.get((rule, file), (0, ""))[0]
        if count > reviewed:
            lines = [one["line_number"] for one in results if (one["test_id"], one["filename"]) == (rule, file)]
            yield f"{file}: {rule} at {lines}: {count} found, {reviewed} reviewed"
    for (rule, file), (count, _reason) in sorted(REVIEWED.items()):
        if counted[rule, file] < count:
            yield f"{file}: {rule} is reviewed {count} times and found {counted[rule, file]} times: mend the row"


def main() -> int:
    wrong = list(faults(found()))
    for one in wrong:
        print(one, file=sys.stderr)
    print(f"bandit: {sum(count for count, _reason in REVIEWED.values())} findings reviewed, {len(wrong)} to look at")
    return 1 if licences.main() or wrong else 0


if __name__ == "__main__":
    sys.exit(main())
