"""Serve the local network: interfaces, certificate authority, welcome page."""
