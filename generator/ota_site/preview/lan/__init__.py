"""The local network: interfaces, certificate authority, the welcome page."""
