"""What made each database what it is, step by step. `db.migrate` runs them; `db.schema` is what they add up to."""
