"""Read the zip archive of an IPA within a work budget."""
