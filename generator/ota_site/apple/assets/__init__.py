"""Asset catalogs and pictures in Apple's forms."""
