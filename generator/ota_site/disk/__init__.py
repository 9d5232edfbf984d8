"""Read untrusted files: only regular ones, inside their folder and within a size limit."""
