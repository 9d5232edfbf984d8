"""Sources of a site: the content folder, tables, manifests, git and the cache of earlier builds."""
