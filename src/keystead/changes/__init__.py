"""The change: one transaction, one version, one audit entry, one word to every cache."""
