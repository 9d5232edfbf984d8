"""The zip that an IPA is, read within a budget of work."""
