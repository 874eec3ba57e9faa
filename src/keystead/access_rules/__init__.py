"""Access rules: a role for a subject in a scope; and the index from which every decision is made."""
