"""Whole numbers over powers of ten, rounded once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from feathertrack.textdecimals.digits import EXACT, Rows


def divide(digits: NDArray[np.int64], decimals: NDArray[np.intp]) -> tuple[Rows, NDArray[np.bool_]]:
    """``digits / 10**decimals`` rounded once, and where that is sure.

    Below 2**53 one division of two exact numbers is rounded correctly (Clinger 1990). Above, the
    quotient is carried to twice the precision (Dekker 1971) and rounded at the end; it is not sure
    within a millionth of the middle between two floats.
    """
    power = EXACT[decimals]
    high = digits.astype(np.float64)
    quotient = high / power
    if not (digits >= 2**53).any():
        return quotient, np.ones(len(digits), np.bool_)
    low = (digits - high.astype(np.int64)).astype(np.float64)
    product, error = _exact_product(quotient, power)
    rest = (((high - product) - error) + low) / power
    value = quotient + rest
    left_over = np.abs(rest - (value - quotient)) / np.spacing(value)
    sure = (np.abs(left_over - 0.5) > 1e-6) & (np.abs(left_over - 0.25) > 1e-6)
    exact = digits < 2**53
    return np.where(exact, quotient, value), exact | sure


def _exact_product(a: Rows, b: Rows) -> tuple[Rows, Rows]:
    """``a * b`` and what rounding took away from it (Dekker 1971)."""
    product = a * b
    a_high, a_low = _halves(a)
    b_high, b_low = _halves(b)
    error = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low
    return product, error


def _halves(a: Rows) -> tuple[Rows, Rows]:
    scaled = a * 134217729.0  # 2**27 + 1
    high = scaled - (scaled - a)
    return high, a - high
