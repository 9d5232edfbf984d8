"""What the site is made of: the plan, views and feeds. Pure."""
