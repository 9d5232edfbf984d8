"""The nouns: builds, as Apple's formats tell of them, and the catalog, as its owner tells of it."""
