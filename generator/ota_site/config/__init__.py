"""Settings: site.toml, flags, environment, base address and validation, with every default."""
