"""Small servers of this machine: an RTSP camera, an HTTP camera, a file behind HTTP."""

from __future__ import annotations

import socketserver
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import av
import cv2

from tests.video.numbered_clips import HEIGHT, WIDTH, numbered

Serve = Callable[[BaseHTTPRequestHandler], None]


def coded_frames(numbers: range) -> list[list[bytes]]:
    """H.264 of numbered frames, each a key frame: its units, without their start codes."""
    codec = av.CodecContext.create("libx264", "w")
    codec.width, codec.height, codec.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    codec.framerate = 25
    codec.options = {"x264-params": "keyint=1:annexb=1:repeat-headers=1:slices=1:sliced-threads=0"}
    coded = []
    for number in (*numbers, None):
        frame = None
        if number is not None:
            frame = av.VideoFrame.from_ndarray(numbered(number), format="rgb24")
            frame.pts = number
        for packet in codec.encode(frame):
            data = bytes(packet).replace(b"\0\0\0\1", b"\0\0\1")
            coded.append(data.split(b"\0\0\1")[1:])
    return coded


class RtspCamera(socketserver.BaseRequestHandler):
    """The least of RTSP (RFC 2326) with the pictures interleaved (RFC 6184, single units)."""

    frames_per_connection = 5
    num_connections = 0

    def handle(self) -> None:
        kind = type(self)
        for line, sequence in self._requests():
            reply = f"RTSP/1.0 200 OK\r\nCSeq: {sequence}\r\nSession: 1\r\n"
            body = ""
            if line.startswith("DESCRIBE"):
                body = (
                    "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=camera\r\nt=0 0\r\n"
                    "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:1\r\n"
                )
                reply += "Content-Type: application/sdp\r\n"
            if line.startswith("SETUP"):
                reply += "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n"
            reply += f"Content-Length: {len(body)}\r\n\r\n{body}"
            self.request.sendall(reply.encode())
            if line.startswith("PLAY"):
                first = kind.num_connections * kind.frames_per_connection
                kind.num_connections += 1
                self._play(range(first, first + kind.frames_per_connection))
                return

    def _requests(self) -> Iterator[tuple[str, str]]:
        waiting = b""
        while data := self.request.recv(4096):
            waiting += data
            while b"\r\n\r\n" in waiting:
                head, _, waiting = waiting.partition(b"\r\n\r\n")
                lines = head.decode().split("\r\n")
                sequence = next(s[5:].strip() for s in lines if s.lower().startswith("cseq"))
                yield lines[0], sequence

    def _play(self, numbers: range) -> None:
        count = 0
        for number, units in zip(numbers, coded_frames(numbers), strict=True):
            for unit in units:
                marker = 0x80 if unit is units[-1] else 0
                time = number * 3600
                packet = struct.pack(">BBHII", 0x80, 96 | marker, count & 0xFFFF, time, 7) + unit
                self.request.sendall(b"$\0" + struct.pack(">H", len(packet)) + packet)
                count += 1


@contextmanager
def running(server: socketserver.TCPServer) -> Iterator[int]:
    """Serve in a thread and give the port."""
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def rtsp_camera(*, frames_per_connection: int) -> Iterator[tuple[str, type[RtspCamera]]]:
    """An RTSP camera that hangs up after some frames; its numbers go on from there."""
    handler = type("Handler", (RtspCamera,), {"frames_per_connection": frames_per_connection})
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler, bind_and_activate=True)
    with running(server) as port:
        yield f"rtsp://me:secret@127.0.0.1:{port}/live", handler


@contextmanager
def http_server(serve: Serve) -> Iterator[str]:
    """Answer every request with ``serve``."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            with suppress(ConnectionError):
                serve(self)

    with running(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as port:
        yield f"http://127.0.0.1:{port}"


def file_behind_http(path: Path) -> Serve:
    """A whole file, without a way to ask for a part of it."""

    def serve(request: BaseHTTPRequestHandler) -> None:
        data = path.read_bytes()
        request.send_response(200)
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        request.wfile.write(data)

    return serve


def http_camera(numbers: Callable[[], Iterator[int]]) -> Serve:
    """JPEGs one after the other, as simple network cameras send them."""

    def serve(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        request.end_headers()
        for number in numbers():
            picture = cv2.imencode(".jpg", numbered(number))[1].tobytes()
            head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
            request.wfile.write(head.encode() + picture + b"\r\n")

    return serve
