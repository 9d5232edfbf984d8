"""Track how far each install from the preview has come."""
