"""Learning while tracking: the only trackers' code that needs torch, imported when one is created.

A filter is fitted to the target by least squares. ``least_squares`` and ``conjugate_gradient`` are
the solver, ``problems`` what ATOM and DRNet solve, ``classifier`` the filter with its memory.
"""
