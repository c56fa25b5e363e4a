"""The networks: one family, one file. Importing this package needs the ``torch`` extra."""

from __future__ import annotations

from feathertrack.models import siamfc as siamfc  # each of these registers what it builds
from feathertrack.models import siamfc_steps as siamfc_steps
from feathertrack.models.network import Network
from feathertrack.models.registry import create_model, list_models

__all__ = ["Network", "create_model", "list_models"]
