"""From the growing file to the finished video: pictures copied, sound of the source beside them."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av

from feathertrack.video.outfiles import replacing

_COPIED_SOUND = {
    "mp4": {"aac"},
    "mov": {"aac"},
    "matroska": {"aac", "mp3", "opus", "vorbis", "flac", "ac3"},
}
"""What goes into a container as it is and plays there; everything else becomes AAC."""

_RATES = (48000, 44100, 32000, 24000, 22050, 16000)


@dataclass(frozen=True, slots=True)
class Span:
    """A part of the source, in seconds since its first frame."""

    start: float
    end: float


def address(path: Path) -> str:
    """A path for FFmpeg, which takes what stands before a colon for a protocol.

    >>> address(Path("/clips/a:b.mp4"))
    'file:/clips/a:b.mp4'
    """
    return f"file:{path.absolute()}"


def has_sound(path: Path) -> bool:
    """Whether a file is a video with sound; False too where that cannot be told."""
    if not path.is_file():
        return False
    try:
        with av.open(address(path), metadata_errors="ignore") as file:
            return bool(file.streams.audio)
    except av.FFmpegError:
        return False


def remux(
    part: Path, path: Path, *, container: str, sound: Path | None, span: Span | None
) -> str | None:
    """Put the pictures of ``part`` and the sound of ``sound`` within ``span`` into ``path``.

    Returns:
        Why there is no sound though there should be, None where all went well.
    """
    if sound is None or span is None:
        _copy(part, path, container=container, sound=None, span=None)
        return None
    try:
        _copy(part, path, container=container, sound=sound, span=span)
    except (av.FFmpegError, ValueError) as error:
        # Sound that cannot be read or kept must not cost the pictures.
        _copy(part, path, container=container, sound=None, span=None)
        return f"no sound, as that of {sound.name} cannot be used: {error}"
    return None


def _copy(part: Path, path: Path, *, container: str, sound: Path | None, span: Span | None) -> None:
    options = {} if container == "matroska" else {"movflags": "+faststart"}
    with (
        replacing(path) as temporary,
        av.open(address(part)) as pictures,
        av.open(address(temporary), "w", format=container, options=options) as out,
    ):
        source = pictures.streams.video[0]
        video = out.add_stream_from_template(source)
        video.time_base = source.time_base
        if sound is None or span is None:
            for packet in _packets(pictures, source, video):
                out.mux(packet)
            return
        with av.open(address(sound), metadata_errors="ignore") as heard:
            streams = [_packets(pictures, source, video)]
            if heard.streams.audio:
                streams.append(_sound(heard, out, container=container, span=span))
            for packet in heapq.merge(*streams, key=_seconds):
                out.mux(packet)


def _seconds(packet: Any) -> float:
    return float((packet.dts or 0) * packet.time_base)


def _packets(container: Any, source: Any, target: Any) -> Iterator[Any]:
    for packet in container.demux(source):
        if packet.dts is not None:
            packet.stream = target
            yield packet


def _sound(heard: Any, out: Any, *, container: str, span: Span) -> Iterator[Any]:
    """Packets of the source's main sound within the span, timed from its start."""
    source = heard.streams.best("audio") or heard.streams.audio[0]
    start = _first_picture(heard) + span.start
    length = span.end - span.start
    if span.start > 1:
        heard.seek(max(int((start - 1) * av.time_base), 0))
    if source.codec_context.name.removesuffix("float") in _COPIED_SOUND[container]:
        target = out.add_stream_from_template(source)
        target.time_base = source.time_base
        return _copied(heard, source, target, start=start, length=length)
    rate = source.codec_context.sample_rate
    target = out.add_stream("aac", rate=rate if rate in _RATES else 48000)
    target.layout = "mono" if source.codec_context.channels == 1 else "stereo"
    return _encoded(heard, source, target, start=start, length=length)


def _first_picture(heard: Any) -> float:
    """Time of the first frame, the zero of ``Frame.time``, on the clock of the file."""
    if not heard.streams.video:
        return 0.0
    video = heard.streams.video[0]
    return float((video.start_time or 0) * video.time_base)


def _copied(heard: Any, source: Any, target: Any, *, start: float, length: float) -> Iterator[Any]:
    offset = round(start / source.time_base)
    end = round(length / source.time_base)
    for packet in _readable(heard.demux(source)):
        if packet.pts is None or packet.dts is None or packet.pts < offset:
            continue
        if packet.pts - offset >= end:
            return
        packet.pts -= offset
        packet.dts -= offset
        packet.stream = target
        yield packet


def _encoded(heard: Any, source: Any, target: Any, *, start: float, length: float) -> Iterator[Any]:
    context = target.codec_context
    resampler = av.AudioResampler(format="fltp", layout=target.layout.name, rate=target.rate)
    for frame in _readable(heard.decode(source)):
        if frame.pts is None or frame.time < start:
            continue
        if frame.time - start >= length:
            break
        frame.pts -= round(start / frame.time_base)
        for piece in resampler.resample(frame):
            yield from _encode(context, piece, target)
    for piece in resampler.resample(None):
        yield from _encode(context, piece, target)
    yield from _encode(context, None, target)


def _encode(context: Any, frame: Any, target: Any) -> Iterator[Any]:
    for packet in context.encode(frame):
        packet.stream = target
        yield packet


def _readable(items: Iterator[Any]) -> Iterator[Any]:
    """Items up to where the file breaks: what was heard before that is kept."""
    try:
        yield from items
    except av.FFmpegError:
        return
