"""Install links and manifests."""
