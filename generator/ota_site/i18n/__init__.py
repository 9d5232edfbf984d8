"""Languages, numbers, dates and message catalogs (the only importer of babel)."""
