"""A drawn figure becomes part of the page, or a file for a paper."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from feathertrack.evaluation.report.style import figure_settings
from feathertrack.video.outfiles import replacing, writing

FIGURE_FORMATS = ("pdf", "svg")
Draw = Callable[[], Figure]

_NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}
_REFERENCE = re.compile(r'(\bid="|url\(#|xlink:href="#)')
_HEAD = re.compile(r"^.*?(?=<svg)|<metadata>.*?</metadata>|<defs>\s*<style.*?</style>\s*</defs>")


def inline_svg(draw: Draw, *, name: str, label: str) -> str:
    """The figure as an ``svg`` element whose letters are text in the font of the page.

    The same figure gives the same text. Names in it are escaped by matplotlib.

    Args:
        draw: makes the figure.
        name: unique in the page; every id in the element begins with it.
        label: what a screen reader says.
    """
    buffer = io.StringIO()
    with figure_settings(), _quiet():
        mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": name, "svg.id": None})
        figure = draw()
        figure.savefig(buffer, format="svg", metadata=_NO_METADATA)
    text = re.sub(_HEAD.pattern, "", buffer.getvalue(), flags=re.DOTALL)
    text = _REFERENCE.sub(lambda found: f"{found.group(1)}{name}-", text)
    return text.replace("<svg ", f'<svg role="img" aria-label="{_attribute(label)}" ', 1).strip()


def save_figure(draw: Draw, stem: Path, *, formats: Iterable[str] = FIGURE_FORMATS) -> list[Path]:
    """Write ``stem.pdf`` and ``stem.svg`` for a paper; letters of the SVG are outlines.

    Raises:
        InputError: a file cannot be written.
    """
    paths = []
    with figure_settings(), _quiet():
        mpl.rcParams.update({"svg.fonttype": "path", "svg.hashsalt": stem.name})
        figure = draw()
        for format in formats:
            path = stem.with_name(f"{stem.name}.{format}")
            undated = {"CreationDate": None} if format == "pdf" else {"Date": None}
            with writing(path):
                path.parent.mkdir(parents=True, exist_ok=True)
                with replacing(path) as temporary:
                    figure.savefig(temporary, format=format, metadata=undated)
            paths.append(path)
    return paths


def _attribute(text: str) -> str:
    plain = "".join(letter if letter.isprintable() else "?" for letter in text)
    return plain.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")


class _quiet(warnings.catch_warnings):
    """A name in a script that the font lacks is drawn as boxes, which is no reason to warn."""

    def __enter__(self) -> None:
        super().__enter__()
        warnings.filterwarnings("ignore", message=".*[Gg]lyph.*", category=UserWarning)
