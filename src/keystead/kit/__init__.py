"""Ground floor: clock, ids, secrets, typed errors, queries. Imports nothing else of ours."""
