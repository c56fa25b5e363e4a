"""Which source code is running."""

from __future__ import annotations

import subprocess
from pathlib import Path


def git_revision() -> str:
    """Revision of the package's own git checkout, with ``+`` after it if files were changed.

    It is "" where the package is installed without one, or git is missing.
    """
    here = Path(__file__).resolve().parent
    revision = _git("rev-parse", "HEAD", folder=here)
    if not revision or not _git("ls-files", Path(__file__).name, folder=here):
        return ""
    changed = _git("status", "--porcelain", "--untracked-files=no", folder=here)
    return revision + ("+" if changed else "")


def _git(*words: str, folder: Path) -> str:
    try:
        done = subprocess.run(
            ["git", *words], cwd=folder, capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
