"""The API's description as a page to read: HTML and a style sheet from here, no script, nothing from elsewhere."""
