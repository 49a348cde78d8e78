"""Pages: coming in, one's own sign-in security, and what the three who keep watch see."""
