"""What to look at again in words to a caller: told under the field, in pieces with the places marked. Advice alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from huying.kernel.terms import Label, _
from huying.triage.replies import Mark, checked

READ = 4_000  # characters of the calls
WORDS: dict[Mark, Label] = {
    Mark.UNANSWERED: _("诉求人问的，好像还没有回答"),
    Mark.NOTHING_DONE: _("看不出做了什么，或为什么不做"),
    Mark.NO_BASIS: _("没有写依据：哪部法规、标准或合同"),
    Mark.NO_DATE: _("承诺没有日期：写明哪天做、哪天告知"),
    Mark.EMPTY: _("空话，没有说明谁做什么"),
    Mark.OTHER_PERSON: _("可能有别人的个人信息"),
}


@dataclass(frozen=True)
class Found:
    """One kind of advice, with the callers' questions that it is about."""

    number: int
    words: Label
    quoted: list[str]
    marked: bool


class Looked:
    """Words to a caller, read against what the calls asked."""

    def __init__(self, said: Iterable[str], words: str) -> None:
        self.words = words
        self._advice = checked("\n".join(said)[:READ], words)

    @cached_property
    def found(self) -> list[Found]:
        """The kinds of advice, each once, numbered as the marks in the words are."""
        kinds = list(dict.fromkeys(one.mark for one in self._advice))
        return [
            Found(
                number,
                WORDS[kind],
                [one.words for one in self._advice if one.mark == kind and one.in_question],
                any(one.mark == kind and one.end and not one.in_question for one in self._advice),
            )
            for number, kind in enumerate(kinds, start=1)
        ]

    @cached_property
    def pieces(self) -> list[tuple[str, int]]:
        """The words in pieces: (words, number of the advice that marks them, or 0); [] where none is marked."""
        numbers = {kind: at for at, kind in enumerate(dict.fromkeys(one.mark for one in self._advice), start=1)}
        placed = [one for one in self._advice if one.end and not one.in_question]
        spans = sorted((one.start, one.end, numbers[one.mark]) for one in placed)
        pieces: list[tuple[str, int]] = []
        reached = 0
        for start, end, number in spans:
            begin = max(start, reached)
            if begin < end:
                pieces += [(self.words[reached:begin], 0), (self.words[begin:end], number)]
                reached = end
        return [one for one in [*pieces, (self.words[reached:], 0)] if one[0]] if pieces else []
