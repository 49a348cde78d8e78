"""Words of the field as data: the only module of rules' floor that imports Django.

A `Term` is a stored word and its label in Simplified Chinese, marked for translation.
"""

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

__all__ = ["Label", "Term", "_", "pgettext_lazy"]

Label = str | Promise


class Term(TextChoices):
    """A closed set of stored words: `NAME = "stored", _("标签")`."""
