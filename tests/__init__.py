"""The tests, and the makers of what they read."""
