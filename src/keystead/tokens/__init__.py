"""Tokens: from the wire forms of a request to a signed JWT, and back to an identity."""
