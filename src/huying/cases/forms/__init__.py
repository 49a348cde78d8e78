"""Forms of the case page: one for each move, and the table that names them."""

from huying.cases.forms.base import Button, MoveForm, Part, Subject
from huying.cases.forms.table import MOVES, DeskMove, legal_moves, move_named, walk

__all__ = ["MOVES", "Button", "DeskMove", "MoveForm", "Part", "Subject", "legal_moves", "move_named", "walk"]
