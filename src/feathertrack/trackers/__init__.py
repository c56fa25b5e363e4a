"""Online inference: from frames to boxes; the network is behind an engine."""
