"""Serve the site on this machine as it will be published, and rebuild it when files change."""
