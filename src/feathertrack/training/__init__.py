"""The training loop, its settings, tasks with their losses, and compression."""
