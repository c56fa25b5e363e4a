"""Every file that the authors of the four systems published, in one table.

``feathertrack download``, ``feathertrack list``, the models page (docs/models.md) and the errors
that name a page are made from it. Numbers in it are the authors' own, never ours.

No torch here: finding a shipped model must work without it.
"""

from feathertrack.weights.catalogue.citations import CITATIONS, Citation
from feathertrack.weights.catalogue.entry import METRICS, Entry, Place, Row, Speed, System
from feathertrack.weights.catalogue.finding import (
    find_weights,
    missing_weights,
    weights_folder,
)
from feathertrack.weights.catalogue.table import SYSTEMS, catalogue_entries, find_entry

__all__ = [
    "CITATIONS",
    "METRICS",
    "SYSTEMS",
    "Citation",
    "Entry",
    "Place",
    "Row",
    "Speed",
    "System",
    "catalogue_entries",
    "find_entry",
    "find_weights",
    "missing_weights",
    "weights_folder",
]
