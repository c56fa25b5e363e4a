"""Running trackers on benchmarks, and measures of how well they did."""
