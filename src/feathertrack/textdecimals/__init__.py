"""Decimals in a text computed all at once, each bit for bit what ``float`` would make of it.

``rows_alike`` takes the usual file, whose numbers all have the same number of decimals;
``decimals`` any text whose words have been found. Texts begin with ``LONGEST`` blanks, so that the
eight letters before any place can be taken as one word.
"""

from feathertrack.textdecimals.alike import rows_alike
from feathertrack.textdecimals.digits import LONGEST
from feathertrack.textdecimals.mixed import decimals

__all__ = ["LONGEST", "decimals", "rows_alike"]
