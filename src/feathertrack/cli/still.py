"""``feathertrack still SOURCE --at FRAME``: a frame with a pixel grid, to read a box off it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tyro.conf import Positional, arg

from feathertrack.cli._terminal import shell_word
from feathertrack.errors import InputError, SourceError

if TYPE_CHECKING:
    from feathertrack.video.frames import Frame, Image

_SUFFIXES = (".png", ".jpg", ".jpeg")


@dataclass(frozen=True, kw_only=True)
class Still:
    """Write one frame with a pixel grid, to read a box off it.

    Numbers on the rulers are box coordinates: 0 is the left or top edge.

    Examples:
      feathertrack still clip.mp4
      feathertrack still clip.mp4 --at 120 --output grid.png

    Attributes:
        source: A video, a folder or pattern of pictures, a camera number or an address.
        at: Which frame; the first is 0.
        output: The picture to write, .png or .jpg.
    """

    source: Positional[Annotated[str, arg(metavar="SOURCE")]]

    at: Annotated[int, arg(metavar="FRAME")] = 0

    output: Annotated[
        Path | None, arg(metavar="PATH", help_behavior_hint="(default: NAME-frame-FRAME.png)")
    ] = None

    def run(self) -> int:
        """Write the picture and say what to do with it."""
        from feathertrack.cli._pixel_grid import pixel_grid
        from feathertrack.video import open_source

        if self.at < 0:
            raise InputError(f"--at is a frame number from 0, got {self.at}")
        with open_source(self.source, start=self.at, stop=self.at + 1) as source:
            output = self.output or Path(f"{_file_name(source.info.name)}-frame-{self.at}.png")
            if output.suffix.lower() not in _SUFFIXES:
                raise InputError(f"--output {output} must end in one of {', '.join(_SUFFIXES)}")
            if source.info.path and output.resolve() == source.info.path.resolve():
                raise InputError(f"--output {output} is the source itself: name another")
            frame = _only_frame(source, at=self.at, source=self.source)
        picture, factor = pixel_grid(frame.image)
        _save(picture, output)
        height, width = frame.image.shape[:2]
        enlarged = f", drawn {factor} times as large" if factor > 1 else ""
        start = f" --start {self.at}" if self.at else ""
        print(f"{output}: frame {self.at}, {width} x {height} pixels{enlarged}")
        print("x and y are where the left and top edges of the target meet the rulers. Then:")
        print(f"  feathertrack track {shell_word(self.source)}{start} --box X,Y,WIDTH,HEIGHT")
        return 0


def _only_frame(frames: Iterable[Frame], *, at: int, source: str) -> Frame:
    for frame in frames:
        return frame
    raise InputError(f"{source} has no frame {at}: it ends before (the first frame is 0)")


def _file_name(name: str) -> str:
    """The name of a source as a part of a file name."""
    stem = Path(name).stem if "." in name else name
    kept = "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in stem)
    return kept.strip("-.") or "source"


def _save(picture: Image, path: Path) -> None:
    """Write a picture whole or not at all."""
    import cv2

    from feathertrack.video.outfiles import replacing, writing

    done, encoded = cv2.imencode(path.suffix.lower(), picture[..., ::-1])
    if not done:
        raise SourceError(f"the picture of {picture.shape[1]} x {picture.shape[0]} cannot be coded")
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary:
            temporary.write_bytes(encoded.tobytes())
