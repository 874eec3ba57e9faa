"""The console's files, as a browser gets them. Their sources are in console/ at the root, the build is in `built/`."""
