"""The organisation: the tenant, its clusters, their departments, their projects."""
