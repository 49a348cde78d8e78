"""A season: what cases meet beside their plain way, played by live acts. `playing` plays it over calls that wait."""

from huying.cli.play.season.story import SHARES, TICKET_TURNS, Season, SeasonStory, draw_turns

__all__ = ["SHARES", "TICKET_TURNS", "Season", "SeasonStory", "draw_turns"]
