"""What an administrator sets for the whole tenant, kept in the database: it holds in every process at once."""
