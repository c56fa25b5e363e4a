"""The networks: one family, one file. Importing this package needs the ``torch`` extra."""

from __future__ import annotations

from feathertrack.errors import require

require("torch", extra="torch")

# Each of the first group registers what it builds.
from feathertrack.models import atom as atom  # noqa: E402
from feathertrack.models import drnet as drnet  # noqa: E402
from feathertrack.models import feather as feather  # noqa: E402
from feathertrack.models import siamfc as siamfc  # noqa: E402
from feathertrack.models import siamfc_steps as siamfc_steps  # noqa: E402
from feathertrack.models import siamkpn as siamkpn  # noqa: E402
from feathertrack.models import siamrpn as siamrpn  # noqa: E402
from feathertrack.models import squeezing as squeezing  # noqa: E402
from feathertrack.models.network import Network  # noqa: E402
from feathertrack.models.registry import create_model, list_models  # noqa: E402

__all__ = ["Network", "create_model", "list_models"]
