"""The real divisions of nine districts as one tree, by preset: figures as published, nothing lost without a word."""

import time

import pytest

from huying.kernel.actor import system
from huying.kernel.refusals import Invalid
from huying.places import drawing, queries
from huying.places.actions import import_areas, import_polygons
from huying.places.actions.presets import cn_divisions
from huying.places.rules import CoordinateSystem
from tests.places.factories import NOW


def test_a_folder_without_the_lists_is_refused_by_name(tmp_path):
    with pytest.raises(Invalid, match=r"areas\.csv"):
        cn_divisions(tmp_path)


def test_communities_are_numbered_in_their_street_and_what_has_no_street_is_counted(tmp_path):
    (tmp_path / "areas.csv").write_text("code,name\n990101,示范区\n", encoding="utf-8")
    (tmp_path / "streets.csv").write_text("code,name\n990101001,示范街道\n", encoding="utf-8")
    lines = ["示范街道,榕树社区", "示范街道,木棉社区", "示范街道,榕树社区", "没有的街道,某社区"]
    (tmp_path / "communities.csv").write_text(
        "province,city,district,adcode,street,community\n"
        + "".join(f"示例省,示例市,示范区,990101,{line}\n" for line in lines),
        encoding="utf-8",
    )
    book = cn_divisions(tmp_path)
    assert (book.unplaced, book.repeated) == (1, 1)
    assert book.rows["990101001002"] == "木棉社区"
    assert {"99", "9901", "990101", "990101001"} <= set(book.rows)


@pytest.mark.real_data
@pytest.mark.django_db
def test_nine_real_districts_stand_as_a_tree_with_their_borders(real_data, capsys):
    for name in ("cn-divisions", "cn-boundaries"):
        if not (real_data / name).is_dir():
            pytest.skip(f"HUYING_REAL_DATA holds no folder {name}")
    began = time.monotonic()
    book = cn_divisions(real_data / "cn-divisions")
    done = import_areas(data=book.data(), actor=system(), now=NOW, apply=True)
    data = (real_data / "cn-boundaries" / "districts_gcj02.geojson").read_bytes()
    import_polygons(data=data, actor=system(), now=NOW, system=CoordinateSystem.GCJ02, apply=True)
    seconds = time.monotonic() - began
    tiers = list(queries.count_by_tier().values())
    with capsys.disabled():
        print(f"\nareas by tier {tiers}, outlines {queries.count_drawn()}, unplaced {book.unplaced}, {seconds:.1f} s")
    assert (tiers[1:4], queries.count_drawn()) == ([4, 9, 132], 9)
    assert tiers[4] + book.unplaced + book.repeated == 2070
    assert done.created == sum(tiers)
    assert queries.name_of("350603002") == "碧湖街道"
    assert len(queries.children_of("350603002")) == 13

    # A border with hundreds of corners is cut and covered like a made-up one.
    whole = drawing.read(queries.area("440105").polygon)
    one, other = drawing.halves(whole, [[113.30, 23.0], [113.31, 23.15]])
    assert not drawing.missing(whole, [one, other])
    assert drawing.overlap({"one": one, "other": other}) is None
    assert drawing.square_metres(drawing.joined([one, other]).symmetric_difference(whole)) < 100
