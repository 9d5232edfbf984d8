"""The site on this machine, made anew as files change, and shown as it will be published."""
