"""One HTML page about a search."""
