"""Read asset catalogs and Apple's picture formats."""
