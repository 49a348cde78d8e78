"""News of cases that other apps may listen to. Facts: case_id, verb, state, area_code, desk_code."""

from huying.kernel.events import Event

moved = Event("cases.moved")
whistled = Event("cases.whistled")
"""A whistle or a part of one moved. Facts: case_id, whistle_id, part_id, verb, state, area_code, restricted, units."""
incident_said = Event("cases.incident_said")
"""Something was said of an incident, or calls joined it. Facts: case_id, incident_id, word_id, verb, area_code."""
campaign_shared = Event("cases.campaign_shared")
"""A campaign began, or units got places of one that goes on. Facts: campaign_id, units, area_code."""
