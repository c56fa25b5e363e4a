"""How figures look: colours that colour-blind people tell apart, and settings of matplotlib."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import matplotlib as mpl

INK = "#1f2933"
"""Text and axes. The page gives this colour and the next two others on a dark background."""
FAINT = "#d5dae0"
"""Grid lines."""
MUTED = "#7b8794"
"""Published numbers, and trackers beyond those that get a colour."""

_COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""Of Okabe and Ito; their yellow and black are left out, unreadable on white and on dark."""
_DASHES: tuple[Literal["-", "--", "-.", ":"], ...] = ("-", "--", "-.", ":")
_MARKERS = ("o", "s", "^", "D", "v", "P")

_SETTINGS = {
    "axes.axisbelow": True,
    "axes.edgecolor": MUTED,
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": INK,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "figure.constrained_layout.use": True,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "font.family": ["DejaVu Sans"],
    "font.size": 9,
    "grid.color": FAINT,
    "grid.linewidth": 0.6,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "legend.labelcolor": INK,
    "lines.linewidth": 1.6,
    "pdf.fonttype": 42,  # letters stay letters, as journals ask
    "savefig.facecolor": "none",
    "text.color": INK,
    "text.parse_math": False,  # a name with two dollar signs is a name
    "text.usetex": False,
    "xtick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.color": MUTED,
    "ytick.labelcolor": INK,
}


@dataclass(frozen=True, kw_only=True)
class Style:
    """How one tracker is drawn in every figure of a report."""

    color: str
    dash: Literal["-", "--", "-.", ":"] = "-"
    marker: str = "o"

    @property
    def rgb(self) -> tuple[int, int, int]:
        """The colour as three numbers from 0 to 255."""
        red, green, blue = (int(self.color[i : i + 2], 16) for i in (1, 3, 5))
        return red, green, blue


OTHER = Style(color=MUTED)
"""Of the trackers beyond those that can be told apart."""


def assign_styles(trackers: Iterable[str]) -> dict[str, Style]:
    """A style for each tracker, in order; six colours, then the same ones dashed.

    >>> styles = assign_styles(["a", "b"])
    >>> styles["a"].color, styles["b"].marker
    ('#0072b2', 's')
    """
    styles = {}
    for number, name in enumerate(dict.fromkeys(trackers)):
        again, nth = divmod(number, len(_COLORS))
        known = again < len(_DASHES)
        styles[name] = (
            Style(color=_COLORS[nth], dash=_DASHES[again], marker=_MARKERS[(nth + again) % 6])
            if known
            else OTHER
        )
    return styles


@contextmanager
def figure_settings() -> Iterator[None]:
    """Draw with the settings of this package, whatever the user's matplotlibrc says."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_SETTINGS)  # type: ignore[arg-type]
        yield


def figure_label(name: str, *, longest: int = 34) -> str:
    """A name as a figure may show it: printable, not endless, and not hidden by matplotlib.

    matplotlib leaves entries out of a legend that begin with an underscore.

    >>> figure_label("_baseline")
    ' _baseline'
    """
    plain = "".join(letter if letter.isprintable() else "?" for letter in name)
    if len(plain) > longest:
        plain = plain[: longest - 1] + "…"
    return f" {plain}" if plain.startswith("_") else plain
