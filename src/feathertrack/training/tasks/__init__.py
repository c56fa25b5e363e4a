"""What each family learns: one file per family, its task settings and its task."""
