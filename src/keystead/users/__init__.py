"""People: their passwords and their sessions."""
