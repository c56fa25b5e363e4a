"""What may be asked of an engine, and the one check of what is handed to it."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from feathertrack.engines.devices import Device, parse_device
from feathertrack.engines.protocol import Boxes, EngineName, Images, NetworkInfo, Precision
from feathertrack.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Request:
    """An engine as the user asks for it; "auto" leaves the choice open."""

    engine: EngineName
    device: Device
    precision: Precision
    threads: int | None


def check_request(*, engine: str, device: str, precision: str, threads: int | None) -> Request:
    """The request, if every word of it is known.

    Raises:
        InputError: one is not; the text lists those that are.
    """
    for what, word, words in (
        ("engine", engine, get_args(EngineName)),
        ("precision", precision, get_args(Precision)),
    ):
        if word not in words:
            near = difflib.get_close_matches(str(word), words, n=1, cutoff=0.5)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise InputError(f"no {what} is called {word!r}: say {', '.join(words)}{hint}")
    if threads is not None and not (type(threads) is int and 1 <= threads <= 1024):
        raise InputError(f"threads must be a whole number from 1 to 1024, got {threads!r}")
    return Request(
        engine=engine,  # type: ignore[arg-type]
        device=parse_device(device),
        precision=precision,  # type: ignore[arg-type]
        threads=threads,
    )


def check_regions(*, num_templates: int, search: Images) -> None:
    """Refuse search regions that cannot be shared out among the templates.

    Raises:
        ValueError: their number is no positive multiple of the number of templates.
    """
    if len(search) == 0 or len(search) % num_templates:
        raise ValueError(
            f"{len(search)} search regions for {num_templates} templates: the number must be a "
            "positive multiple"
        )


def check_call(info: NetworkInfo, name: str) -> None:
    """Refuse a call that a network does not have.

    Raises:
        InputError: the text lists those that it has.
    """
    if name not in info.further_calls:
        has = ", ".join(("embed", "predict", *info.further_calls))
        raise InputError(f"{info.name or 'the network'} has no call {name!r}; it has: {has}")


def each_input(inputs: Sequence[Any]) -> list[Any]:
    """The inputs of a further call one by one: what ``embed`` returned may be several."""
    several = (each if isinstance(each, tuple) else (each,) for each in inputs)
    return [part for parts in several for part in parts]


def as_taken(info: NetworkInfo, pictures: NDArray[Any]) -> NDArray[Any]:
    """Pictures in the element type that the exported files of a network take.

    Raises:
        InputError: fractions of grey values for files that take bytes.
    """
    if info.float_pictures:
        return np.asarray(pictures, np.float32)
    if pictures.dtype != np.uint8:
        raise InputError(
            f"the files of {info.name or 'the network'} take pictures in uint8, got "
            f"{pictures.dtype}: round them, or say engine='torch'"
        )
    return pictures


def boxes_in_templates(
    info: NetworkInfo, template: Images, boxes: Boxes | None
) -> tuple[Boxes, ...]:
    """What ``embed`` is given before the templates: their boxes, or nothing.

    Raises:
        ValueError: boxes for a network that takes none, or not one for each template.
    """
    if not info.search_area:
        if boxes is not None:
            raise ValueError(f"{info.name} takes no boxes of templates")
        return ()
    if boxes is None:
        height, width = template.shape[1:3]
        side = width / info.search_area
        middle = [(width - side) / 2, (height - side) / 2, side, side]
        return (np.tile(np.array(middle, np.float32), (len(template), 1)),)
    if boxes.shape != (len(template), 4):
        raise ValueError(f"boxes of shape {boxes.shape} for {len(template)} templates")
    return (np.ascontiguousarray(boxes, np.float32),)
