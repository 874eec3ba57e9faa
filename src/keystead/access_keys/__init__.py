"""A person's own keys: what a program of theirs carries to act for them, with all or less of what they hold."""
