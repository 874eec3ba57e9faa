"""Other token servers, beside which Keystead is measured. What each stores and skips is said in its file."""
