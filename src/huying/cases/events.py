"""News of cases that other apps may listen to. Facts: case_id, verb, state, area_code, desk_code."""

from huying.kernel.events import Event

moved = Event("cases.moved")
whistled = Event("cases.whistled")
"""A whistle or a part of one moved. Facts: case_id, whistle_id, part_id, verb, state, area_code, restricted, units."""
