"""Save a network."""
