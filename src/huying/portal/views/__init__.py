"""Views of residents' pages: the start, a report in three steps, look-up by code, and the own report's page."""
