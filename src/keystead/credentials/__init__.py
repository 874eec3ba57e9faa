"""Everything that can earn a token, in one table: making, checking, revoking; and the throttle against guessing."""
