"""What is there: the content folder, tables, manifests, git, and records of earlier builds."""
