"""News of cases that other apps may listen to. Facts: case_id, verb, state, area_code, desk_code."""

from huying.kernel.events import Event

moved = Event("cases.moved")
