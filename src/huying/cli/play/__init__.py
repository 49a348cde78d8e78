"""Playing cases: who acts, what they do next, and when. The demo world and the rehearsal are played from here."""
