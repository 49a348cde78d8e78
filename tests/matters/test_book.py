from dataclasses import replace

import pytest

from huying.kernel.refusals import Invalid
from huying.matters.rules.book import LimitLine, changed_type, differences, problems_of
from huying.matters.sheets import default_book

BOOK = default_book()
LAMP = BOOK.type("0205")


def with_type(**changes):
    return replace(BOOK, types=tuple(replace(one, **changes) if one.code == "0205" else one for one in BOOK.types))


class TestProblems:
    @pytest.mark.parametrize(
        ("changes", "column"),
        [
            ({"code": "9905"}, "事项码"),
            ({"code": "0206"}, "事项码"),
            ({"name": "井盖缺失或松动"}, "事项名"),
            ({"duty_number": 999}, "履职序号"),
            ({"confidential": True}, "核查"),
            ({"danger": "999"}, "急电号码"),
            ({"danger_words": ("漏电了",)}, "急电号码"),
            ({"words": ("灯",)}, "常用说法"),
            ({"stages": ("处罚7天",)}, "分段时限"),
        ],
    )
    def test_each_is_named_by_row_and_column(self, changes, column):
        found = problems_of(replace(with_type(**changes), limits=()))
        place = [one.code for one in BOOK.types].index("0205") + 2
        rows = {place} | ({place + 1} if changes.get("code") == "0206" else set())
        assert [str(one.column) for one in found] == [column]
        assert found[0].row in rows

    def test_limits_must_name_a_type_be_readable_and_stand_once(self):
        lines = (LimitLine("0205", "handle", "", "3d"), LimitLine("9999", "handle", "", "soon"), BOOK.limits[0])
        found = problems_of(replace(BOOK, limits=(BOOK.limits[0], *lines)))
        assert [(one.row, str(one.column)) for one in found] == [(5, "环节"), (4, "事项码"), (4, "时限")]

    def test_duties_of_others_name_their_lead(self):
        entry = replace(BOOK.duties[-1], lead="")
        found = problems_of(replace(BOOK, duties=(*BOOK.duties[:-1], entry)))
        assert [str(one.column) for one in found] == ["牵头单位"]


class TestChangedType:
    def test_texts_are_read_as_in_a_cell(self):
        new = changed_type(LAMP, {"grade": "紧急", "words": "路灯不亮、黑灯", "self_handle": "是", "duty_number": "3"})
        assert (new.grade, new.words, new.self_handle, new.duty_number) == ("urgent", ("路灯不亮", "黑灯"), True, 3)

    @pytest.mark.parametrize(
        "changes",
        [
            {"code": "0299"},
            {"unknown": "1"},
            {"grade": "特急"},
            {"name": ""},
            {"name": "字" * 41},
            {"name": "坏\x00字"},
            {"scored": "也许"},
            {"duty_number": "-1"},
            {"words": "字" * 21},
            {"confidential": "是"},
        ],
    )
    def test_bad_columns_are_named(self, changes):
        with pytest.raises(Invalid) as caught:
            changed_type(LAMP, changes)
        assert set(caught.value.errors) & {*changes, "check_policy"}


class TestDifferences:
    def test_nothing_changed_is_no_difference(self):
        assert differences(BOOK, default_book()) == []

    def test_they_name_new_changed_and_gone_rows_and_each_field(self):
        new = replace(
            with_type(grade="urgent"),
            types=(*with_type(grade="urgent").types[1:], replace(LAMP, code="0298", name="灯箱不亮")),
            limits=tuple(replace(one, limit="9wd") if one.type_code == "0205" else one for one in BOOK.limits),
        )
        found = {(one.sheet, one.kind): one for one in differences(BOOK, new)}
        assert set(found) == {("types", "new"), ("types", "changed"), ("types", "gone"), ("limits", "changed")}
        changed = found["types", "changed"]
        assert [(str(one.label), one.old, one.new) for one in changed.fields] == [("等级", "一般", "紧急")]
        assert found["types", "gone"].name == "垃圾暴露成堆"
        assert found["limits", "changed"].name == "路灯不亮 办理"
        assert found["types", "new"].class_code == "02"
