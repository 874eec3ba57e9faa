"""Roles: named sets of permissions, predefined by the product."""
