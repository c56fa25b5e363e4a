"""Many picture files as one source: a folder, a glob pattern, a list of names."""

from __future__ import annotations

import glob
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from feathertrack.errors import SourceError
from feathertrack.video.frames import Frame, SourceInfo
from feathertrack.video.pictures import is_picture, read_picture
from feathertrack.video.selection import Selection

SEQUENCE_SUBFOLDERS = ("img", "color")  # OTB and LaSOT; VOT
_VIDEOS = ".3gp .avi .flv .gif .m2ts .m4v .mkv .mov .mp4 .mpeg .mpg .mts .ogv .ts .webm .wmv"
VIDEO_SUFFIXES = frozenset(_VIDEOS.split())


@dataclass(frozen=True, slots=True)
class PictureFiles:
    """Pictures in the order given, one frame each; they have no clock.

    Attributes:
        paths: the files.
        name: what to call them all.
        path: the folder, where there is one.
    """

    paths: Sequence[Path]
    name: str
    path: Path | None = None
    decodes: bool = True

    @property
    def info(self) -> SourceInfo:
        """Size is known from the first frame on: the file's own may be turned by EXIF."""
        return SourceInfo(
            name=self.name, num_frames=len(self.paths), path=self.path, files=tuple(self.paths)
        )

    def read(self, selection: Selection, *, closing: Event) -> Iterator[Frame]:
        """Yield the selected pictures; errors name the number and the file."""
        selection.check_start(len(self.paths), name=self.name)
        for index in selection.indices(len(self.paths)):
            path = self.paths[index]
            image = read_picture(path, what=f"frame {index} of {self.name}, {path},")
            yield Frame(image=image, index=index, name=path.name)

    def close(self) -> None:
        """Nothing is held."""


def one_picture(path: Path) -> PictureFiles:
    """Take a single file as a source of one frame."""
    return PictureFiles([path], str(path), path)


def pictures_in(folder: Path) -> PictureFiles:
    """Take the pictures of a folder in natural order, else those of its ``img`` or ``color``.

    Hidden files and files without a picture's suffix are left out.

    Raises:
        SourceError: the folder cannot be read, or has no picture; it says what is there instead.
    """
    for place in (folder, *(folder / name for name in SEQUENCE_SUBFOLDERS)):
        if place.is_dir() and (paths := [p for p in _files(place) if is_picture(p)]):
            return PictureFiles(sorted(paths, key=natural_key), str(folder), folder)
    files = _files(folder)
    if not files:
        raise SourceError(f"the folder {folder} has no files; it should hold pictures")
    videos = sorted((p for p in files if p.suffix.lower() in VIDEO_SUFFIXES), key=natural_key)
    instead = f": give one of its videos, as {videos[0]}" if videos else ""
    raise SourceError(
        f"the folder {folder} has {len(files)} files, but none is a picture "
        f"(.jpg, .png, .bmp, .tif, .webp, ...){instead}"
    )


def pictures_matching(pattern: str) -> PictureFiles:
    """Take the pictures that match a glob pattern, ``**`` included, in natural order.

    Raises:
        SourceError: none does.
    """
    paths = [Path(name) for name in glob.glob(pattern, recursive=True)]  # noqa: PTH207 (absolute)
    pictures = sorted((p for p in paths if is_picture(p) and p.is_file()), key=natural_key)
    if not pictures:
        others = f"; it matches {len(paths)} other names, as {min(paths)}" if paths else ""
        raise SourceError(f"the pattern {pattern} matches no picture{others}")
    return PictureFiles(pictures, pattern)


def pictures_listed(names: Iterable[str | Path], *, name: str) -> PictureFiles:
    """Take pictures by name, in the order given; empty names are passed over.

    Whether a file exists is found out when its turn comes, so that the frames before it are read.

    Raises:
        SourceError: there is no name.
    """
    paths = [Path(entry) for entry in names if str(entry).strip()]
    if not paths:
        raise SourceError(f"{name} names no file; give one path a line")
    return PictureFiles(paths, name)


def natural_key(path: Path) -> tuple[tuple[tuple[bool, int, str], ...], str]:
    """Sort key that counts: img2 comes before img10, whatever the case of the letters.

    >>> sorted([Path("img10.png"), Path("img2.png")], key=natural_key)[0].name
    'img2.png'
    """
    pairs = enumerate(re.split(r"([0-9]+)", str(path)))  # every other piece is a number
    counted = ((True, int(p), "") if i % 2 else (False, 0, p.casefold()) for i, p in pairs)
    return tuple(counted), str(path)


def _files(folder: Path) -> list[Path]:
    try:
        return [p for p in folder.iterdir() if p.is_file() and not p.name.startswith(".")]
    except OSError as error:
        raise SourceError(f"the folder {folder} cannot be read: {error.strerror}") from error
