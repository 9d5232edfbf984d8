"""The plan of the site, its views and its feeds. Pure."""
