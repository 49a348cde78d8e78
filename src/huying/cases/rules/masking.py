"""What is hidden in words before they are shown to others: the one rule of `triage.masking`, under its name here."""

from huying.triage.masking import HIDDEN, has_number, without_reach
from huying.triage.masking import mask as masked

__all__ = ["HIDDEN", "has_number", "masked", "without_reach"]
