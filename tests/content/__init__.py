"""The owner's folder beside its IPAs."""
