"""Words of the field as data: the only module of rules' floor that imports Django.

A `Term` is a stored word and its label in Simplified Chinese, marked for translation.
"""

from collections.abc import Iterable

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy, pgettext_lazy

__all__ = ["Label", "Term", "_", "clauses", "listed", "ngettext_lazy", "pgettext_lazy"]

Label = str | Promise


def listed(words: Iterable[object]) -> str:
    """Words in a row, as the reader's language parts them: `甲、乙`."""
    return str(_("、")).join(map(str, words))


def clauses(words: Iterable[object]) -> str:
    """Halves of a sentence in a row: `甲；乙`."""
    return str(_("；")).join(map(str, words))


class Term(TextChoices):
    """A closed set of stored words: `NAME = "stored", _("标签")`."""
