"""Files that others may have made: read only if they are regular, in their place and not too large."""
