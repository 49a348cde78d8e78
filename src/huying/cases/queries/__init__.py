"""Reads of cases. Each takes the viewer; what the viewer may not see does not exist.

`scope` says what a viewer sees, `lists` makes the desk's lists and counts, `page` reads one case whole.
"""

from huying.cases.queries.scope import absorbed_by, branches_seen_by, holder_of, locked, one, seen_by

__all__ = ["absorbed_by", "branches_seen_by", "holder_of", "locked", "one", "seen_by"]
