"""Identity providers: there are none yet, and the API says so."""
