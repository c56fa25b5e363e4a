"""``python -m feathertrack`` is the command ``feathertrack``."""

from __future__ import annotations

import sys

from feathertrack.cli import main

if __name__ == "__main__":
    sys.exit(main())
