"""Pages as data: the theme contract, and how the catalog is put into it. Pure."""
