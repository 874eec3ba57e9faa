"""What other APIs ask about tokens: introspection, the feed of what ended them, the check for proxies."""
