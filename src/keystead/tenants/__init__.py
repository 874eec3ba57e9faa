"""The tenant as older scripts ask for it: what it is called, and which features it has."""
