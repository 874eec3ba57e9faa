"""Usage is not change: sign-ins, refused attempts, last login, last use. No versions, no chain, in batches."""
