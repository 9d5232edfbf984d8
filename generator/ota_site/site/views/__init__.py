"""The theme contract, and the views that fill it from the catalog. Pure."""
