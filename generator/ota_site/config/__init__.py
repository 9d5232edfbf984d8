"""Settings: site.toml, flags, environment, base address, validation. Every default is here."""
