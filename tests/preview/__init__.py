"""The preview: what is on show, how it is asked for, and what goes on beside it."""
