"""Two engines behind one `Connection`: schema, migrations, statements. Nothing here knows a feature."""
