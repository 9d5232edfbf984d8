"""What lies in the owner's folder beside IPAs: texts in their languages, front matter, sidecars."""
