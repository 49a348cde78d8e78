"""A row's hash covers every column, a seal's every field, in the published form; labels hold no names."""

from dataclasses import fields, replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from huying.audit.rules import GENESIS, Head, digest_of, microseconds, next_head, old_row_hash, plain_label, row_hash

ROW = (1, 2, "case", str(UUID(int=3)), "file", "a", "b", "person", None, "clerk", "990101", {"n": 1}, None, "", 9)


def test_a_label_that_is_no_code_becomes_the_kind_so_that_no_name_is_kept():
    assert plain_label("clerk-12", "person") == "clerk-12"
    assert plain_label("李示例", "person") == "person"
    assert plain_label("13800138000", "person") == "person"
    assert plain_label("", "rule") == "rule"


def _head(**over):
    given = {"sealed_at": 5, "rows": 1, "first_id": 1, "last_id": 1, "digest": "d", "horizon": 3, "newest": 4}
    return next_head(None, **{**given, "cluster": "c", **over})


class TestHashes:
    @pytest.mark.parametrize("place", range(len(ROW)))
    def test_each_column_counts(self, place):
        other = list(ROW)
        other[place] = {"n": 2} if place == 11 else 99 if isinstance(ROW[place], int) else "other"
        assert row_hash(tuple(other)) != row_hash(ROW)

    def test_the_published_form_does_not_change(self):
        # A change here makes every chain in the field unreadable: raise the version in the tag instead.
        assert row_hash(ROW).hex() == "8b349e333183104b7be7ca86f7191a03d9ef6fc8247208f2ee8ca96a2a9a3e06"
        head = _head(digest=digest_of([row_hash(ROW)]))
        assert (head.number, head.previous_hash, head.hash, head.is_whole()) == (
            1,
            GENESIS,
            "9e7e13170495fc82fad50a0d2cbe766b49c3e9db5b32ee9ce20caa4041d49d57",
            True,
        )

    def test_what_the_release_before_sealed_is_still_read(self):
        assert old_row_hash(ROW).hex() == "3c7c09c827f373941ccbdcd718327227f7bbd16a7461e155847af2eef526983f"
        head = Head(
            **{
                **vars(_head(digest=digest_of([old_row_hash(ROW)]))),
                "hash": "57e4c0c65a2bddad2e294249ad5be94c2ef8073d78f2645009c867c114fa51fd",
            }
        )
        assert head.is_whole()
        assert not replace(head, rows=2).is_whole()

    def test_text_cannot_move_between_columns(self):
        one, other = list(ROW), list(ROW)
        one[5:7], other[5:7] = ["ab", "c"], ["a", "bc"]
        assert row_hash(tuple(one)) != row_hash(tuple(other))

    @pytest.mark.parametrize("name", [one.name for one in fields(Head)])
    def test_a_seal_covers_each_of_its_fields(self, name):
        head = _head()
        assert not replace(head, **{name: "other" if isinstance(getattr(head, name), str) else 77}).is_whole()

    def test_time_is_counted_in_whole_microseconds(self):
        assert microseconds(datetime(1970, 1, 1, 0, 0, 1, 5, tzinfo=UTC)) == 1_000_005
