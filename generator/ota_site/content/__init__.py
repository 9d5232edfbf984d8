"""The owner's texts: Markdown, front matter and translations."""
