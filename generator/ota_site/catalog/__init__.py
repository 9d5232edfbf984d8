"""Group and order builds, compare them, and compute the paths of their pages. Pure."""
