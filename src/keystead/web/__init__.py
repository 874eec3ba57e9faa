"""The HTTP edge: one path for every request. Knows no feature."""
