"""One function per published experiment, which returns its full configuration.

Importing this package needs the ``torch`` extra, as everything that trains does.
"""

from __future__ import annotations

from feathertrack.errors import require

require("torch", extra="torch")

# Each of the first group registers its recipes.
from feathertrack.recipes import atom as atom  # noqa: E402
from feathertrack.recipes import cfkd as cfkd  # noqa: E402
from feathertrack.recipes import cfkd_little as cfkd_little  # noqa: E402
from feathertrack.recipes import fdsiamfc as fdsiamfc  # noqa: E402
from feathertrack.recipes import feather as feather  # noqa: E402
from feathertrack.recipes import siamese_students as siamese_students  # noqa: E402
from feathertrack.recipes import siamfc as siamfc  # noqa: E402
from feathertrack.recipes import siamkpn as siamkpn  # noqa: E402
from feathertrack.recipes import siamrpn as siamrpn  # noqa: E402
from feathertrack.recipes import siamrpn_mmtracking as siamrpn_mmtracking  # noqa: E402
from feathertrack.recipes.registry import (  # noqa: E402
    describe_recipe,
    find_compression,
    find_recipe,
    find_student,
    list_compressions,
    list_recipes,
    list_students,
)

__all__ = [
    "describe_recipe",
    "find_compression",
    "find_recipe",
    "find_student",
    "list_compressions",
    "list_recipes",
    "list_students",
]
