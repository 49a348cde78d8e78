"""Words in pieces: nothing is lost, nothing is doubled."""

from hypothesis import given
from hypothesis import strategies as st

from huying.desk.marks import Mark, pieces

CHINESE = st.text(alphabet="榕树路污水井冒漫门口今天ABab１２① \n", max_size=60)
MARKS = st.lists(
    st.builds(
        Mark, st.text(alphabet="榕树路污水井冒abＡ", max_size=4), st.sampled_from(["place", "matter"]), st.just(1)
    ),
    max_size=5,
)


@given(CHINESE, MARKS)
def test_the_pieces_together_are_the_words(words, marks):
    assert "".join(piece.words for piece in pieces(words, marks)) == words


@given(CHINESE, MARKS)
def test_no_piece_is_empty(words, marks):
    assert all(piece.words for piece in pieces(words, marks))


def test_the_longer_mark_wins_at_one_place():
    found = pieces("沙井冒污水了", [Mark("污水", "matter", 2), Mark("冒污水", "urgent", 3)])
    assert [(one.words, one.kind) for one in found] == [("沙井", ""), ("冒污水", "urgent"), ("了", "")]


def test_full_width_words_are_marked_where_they_stand():
    found = pieces("ＡＢ路口", [Mark("ab", "place", 1)])
    assert found[0].words == "ＡＢ"


def test_words_that_fold_to_more_letters_are_marked_only_where_they_are_the_same():
    found = pieces("㎡污水", [Mark("污水", "matter", 2)])
    assert [one.words for one in found] == ["㎡", "污水"]
