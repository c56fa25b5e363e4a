"""The xml files of ImageNet DET and VID, in the form of PASCAL VOC: one file a picture.

They are read by expat without a tree, and a document type is refused, so that no entity is ever
expanded and nothing outside the file is read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from feathertrack.errors import InputError

_LARGEST = 4 * 2**20
_MOST_OBJECTS = 10_000
_SIDES = ("xmin", "ymin", "xmax", "ymax")


@dataclass(slots=True)
class PascalPicture:
    """What an xml file says of its picture.

    Attributes:
        width: of the picture, 0 where the file does not say.
        height: of the picture, 0 where the file does not say.
        objects: of each object the texts of its elements by name: name, xmin, ymin, xmax, ymax, and
            of VID trackid.
    """

    width: int = 0
    height: int = 0
    objects: list[dict[str, str]] = field(default_factory=list)

    def box(self, number: int) -> tuple[float, float, float, float]:
        """x, y, w, h of an object: the corners as written, w = xmax - xmin; NaN where one lacks."""
        texts = self.objects[number]
        x1, y1, x2, y2 = (_number(texts.get(side, "")) for side in _SIDES)
        return x1, y1, x2 - x1, y2 - y1


def read_pascal(path: Path) -> PascalPicture:
    """Read a file.

    Raises:
        InputError: it cannot be read, is too large, is no xml, or declares a document type.
    """
    try:
        with path.open("rb", buffering=0) as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error
    if len(data) > _LARGEST:
        raise InputError(f"{path} is over {_LARGEST >> 20} MiB, too large for one picture's boxes")
    try:
        return parse_pascal(data)
    except (expat.ExpatError, ValueError) as error:
        raise InputError(f"{path} is no annotation in xml: {error}") from None


def parse_pascal(data: bytes) -> PascalPicture:
    """As ``read_pascal``, from bytes.

    Raises:
        ExpatError: no xml.
        ValueError: a document type, or more objects than any picture has.
    """
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = _refuse
    parser.Parse(data, True)
    return reader.picture


def _refuse(*_: object) -> None:
    raise ValueError("it declares a document type, which these files never do")


class _Reader:
    """What expat calls while it reads."""

    def __init__(self) -> None:
        self.picture = PascalPicture()
        self._object: dict[str, str] | None = None
        self._parts = 0  # a <part> of an object has a name and a box of its own
        self._text = ""

    def start(self, name: str, _: dict[str, str]) -> None:
        """A tag opens; a part, as a head or a hand, is no object of its own."""
        self._text = ""
        if name == "object":
            self._object = {}
        elif name == "part":
            self._parts += 1

    def text(self, data: str) -> None:
        """The text between two tags, which the parser gives in one piece."""
        self._text = data

    def end(self, name: str) -> None:
        """A tag closes: what it says becomes a value of the picture or of its last object.

        Raises:
            ValueError: a number is none, or there are too many objects.
        """
        if name == "part":
            self._parts -= 1
        elif name == "object" and self._object is not None:
            if len(self.picture.objects) == _MOST_OBJECTS:
                raise ValueError(f"it has over {_MOST_OBJECTS:,} objects")
            self.picture.objects.append(self._object)
            self._object = None
        elif self._object is None:
            if name == "width":
                self.picture.width = _size(self._text)
            elif name == "height":
                self.picture.height = _size(self._text)
        elif not self._parts:
            self._object[name] = self._text.strip()


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _size(text: str) -> int:
    number = _number(text)
    return int(number) if 0 < number < 2**31 else 0
