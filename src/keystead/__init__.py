"""Keystead: a self-hosted home for service accounts."""

__version__ = "0.1.0"
