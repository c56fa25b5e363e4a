"""Search for settings: spaces read off the trackers, strategies, studies that can be resumed."""
