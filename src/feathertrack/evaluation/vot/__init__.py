"""Measures of the VOT challenges, by the rules of the VOT toolkit, pysot, mmtracking and got10k."""
