"""The command ``feathertrack``: one public file per command, private ones for what they share.

Exit status 0: done; 1: the work failed; 2: the words were wrong; 130, 143 and 129: stopped by
Ctrl-C, SIGTERM or SIGHUP. An error is one line on stderr; ``--debug`` adds the traceback.
"""

from __future__ import annotations

from feathertrack.cli._entry import main

__all__ = ["main"]
