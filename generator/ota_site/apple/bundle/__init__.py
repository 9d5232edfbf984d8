"""The contents of an app: its bundles, names, icons and frameworks."""
