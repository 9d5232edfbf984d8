"""Code signatures, provisioning profiles and certificates."""
