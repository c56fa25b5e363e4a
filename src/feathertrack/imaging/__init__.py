"""Crops of every convention, one function each."""
