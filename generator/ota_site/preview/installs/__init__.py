"""How far each install from the preview came."""
