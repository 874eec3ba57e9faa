"""Service accounts: identities for programs."""
