"""Measures of tracking quality."""
