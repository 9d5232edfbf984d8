"""Data model: builds, read from Apple's formats, and the catalog, described by its owner."""
