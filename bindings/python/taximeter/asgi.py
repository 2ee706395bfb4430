"""ASGI middleware that meters an OpenAI- or Anthropic-compatible server by the ``usage`` in its responses.

    app = FastAPI()
    app.add_middleware(taximeter.asgi.Middleware, meter=meter, account="x-account")

Responses are passed on as they come, byte for byte. docs/python.md says what is metered when a client leaves.
"""

from __future__ import annotations

import json
import time
from typing import Any, Awaitable, Callable, Collection, MutableMapping, Optional, Union

from . import Meter
from .recording import Recorder, Request, Unmetered

__all__ = ["Middleware"]

_Message = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]
_Text = Union[str, Callable[[_Message], Optional[str]]]
#: The routes of the usual servers.
PATHS = frozenset(
    prefix + path for prefix in ("", "/v1")
    for path in ("/chat/completions", "/completions", "/embeddings", "/responses", "/messages"))


class Middleware:
    """Meters POST requests to ``paths`` that are answered with less than 400.

    ``account`` and ``request_id`` name a header, which must be set by somebody who is trusted, or are functions of the
    ASGI scope. Without ``request_id`` the meter makes the ids. ``durably`` ends a response once its event is on the disk.
    ``body_limit`` is the most bytes of a JSON response or of one event of a stream that are looked at. ``outcomes`` counts
    ``metered``, ``partial``, ``failed``, ``unmetered`` and ``unconfirmed`` requests.
    """

    def __init__(
        self, app: Callable[..., Awaitable[None]], meter: Meter, *, account: _Text, request_id: Optional[_Text] = None,
        paths: Collection[str] = PATHS, channel: str = "api", service_tier: str = "standard", durably: bool = False,
        body_limit: int = 16 << 20, on_unmetered: Optional[Callable[[Unmetered], None]] = None,
    ) -> None:
        self._app, self._account, self._request_id, self._paths = app, account, request_id, paths
        self._channel, self._service_tier, self._body_limit = channel, service_tier, body_limit
        self._recorder = Recorder(meter, durably=durably, on_unmetered=on_unmetered)

    @property
    def outcomes(self) -> dict[str, int]:
        """How many requests had which outcome."""
        return self._recorder.outcomes

    async def __call__(self, scope: _Message, receive: _Receive, send: _Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST" or scope["path"] not in self._paths:
            return await self._app(scope, receive, send)
        started_at = time.time_ns() // 1_000
        response: Optional[_Response] = None
        has_ended = False

        def request(response: _Response) -> Request:
            names: list[Optional[str]] = []
            for source in (self._account, self._request_id):
                try:
                    names.append(None if source is None else _text(source, scope))
                except Exception as error:  # the server's own function: the response does not suffer for it
                    response.problem = f"no name from the request: {error!r}"
                    names.append(None)
            account, request_id = names
            return Request(
                account, response.model, request_id, started_at, time.time_ns() // 1_000, self._channel, self._service_tier)

        async def metered(message: _Message) -> None:
            nonlocal response, has_ended
            if message["type"] == "http.response.start":
                response = _Response(message, self._body_limit)
            elif message["type"] == "http.response.body" and response is not None and not has_ended:
                response.feed(message.get("body", b""))
                if not message.get("more_body", False):
                    response.end()
                    has_ended = True
                    await self._close(request(response), response)
            await send(message)

        try:
            await self._app(scope, receive, metered)
        finally:
            if response is None:
                self._recorder.count("failed")
            elif not has_ended:
                # The client has left, or the server has failed in the middle. What the stream has said so far was computed.
                if response.usage is None and response.problem is None:
                    response.problem = "the response broke off before its usage"
                self._close_broken(request(response), response)

    async def _close(self, request: Request, response: _Response) -> None:
        if response.status < 400 and response.problem is None:
            await self._recorder.record_async(request, response.usage)
        else:
            self._tell(request, response)

    def _close_broken(self, request: Request, response: _Response) -> None:
        if response.status < 400 and response.problem is None:
            self._recorder.record(request, response.usage, "partial")
        else:
            self._tell(request, response)

    def _tell(self, request: Request, response: _Response) -> None:
        if response.status >= 400:
            self._recorder.count("failed")
        else:
            self._recorder.unmetered(request, response.problem or "", response.usage)


def _text(source: _Text, scope: _Message) -> Optional[str]:
    if callable(source):
        return source(scope)
    name = source.lower().encode()
    return next((value.decode("utf-8", "replace") for key, value in scope["headers"] if key.lower() == name), None)


class _Response:
    """Reads usage and model from a response while it passes."""

    def __init__(self, start: _Message, limit: int) -> None:
        headers = {bytes(key).lower(): bytes(value) for key, value in start.get("headers", ())}
        kind = headers.get(b"content-type", b"").split(b";")[0].strip().lower()
        self.status: int = start["status"]
        self.usage: Optional[dict[str, Any]] = None
        self.model: Optional[str] = None
        self.problem: Optional[str] = None
        self._is_stream, self._limit = kind == b"text/event-stream", limit
        self._buffer = bytearray()
        encoding = headers.get(b"content-encoding", b"identity").decode("latin-1")
        if encoding.lower() != "identity":
            self.problem = f"the response is encoded as {encoding}: compress outside of this middleware"
        elif not self._is_stream and kind not in (b"application/json", b"application/problem+json"):
            self.problem = f"the response is {kind.decode('latin-1') or 'of no type'}, not application/json or text/event-stream"

    def feed(self, body: bytes) -> None:
        """Takes the next part of the body, cut anywhere."""
        if self.status >= 400 or self.problem is not None:
            return
        if not self._is_stream:
            self._buffer += body
        else:
            self._buffer += body
            if b"\n" in body or b"\r" in body:
                # Lines end with LF, CR LF or CR. What is after the last end waits for the rest.
                lines = bytes(self._buffer).replace(b"\r", b"\n").split(b"\n")
                self._buffer = bytearray(lines.pop())
                for line in lines:
                    self._line(line)
        if len(self._buffer) > self._limit:
            self.problem = f"more than {self._limit} bytes without an end"
            self._buffer.clear()

    def end(self) -> None:
        """The body is complete."""
        if self.status >= 400 or self.problem is not None:
            return
        if self._is_stream:
            self._line(bytes(self._buffer))
        else:
            self._take(self._buffer)
        self._buffer.clear()

    def _line(self, line: bytes) -> None:
        # Most events of a stream say nothing of usage: they are not parsed.
        if line.startswith(b"data:") and b'"usage"' in line:
            self._take(line[5:])

    def _take(self, text: Union[bytes, bytearray]) -> None:
        try:
            value = json.loads(text)
        except ValueError as error:
            self.problem = f"the response is no JSON: {error}"
            return
        if not isinstance(value, dict):
            self.problem = "the response is no JSON object"
            return
        # The responses and messages APIs have it one level down in some events.
        for key in ("response", "message"):
            if isinstance(value.get(key), dict):
                value = {**value, **value[key]}
        if isinstance(value.get("model"), str):
            self.model = value["model"]
        usage = value.get("usage")
        if isinstance(usage, dict):
            # Anthropic's message_delta goes on where message_start began; all other usages are whole.
            known = self.usage if value.get("type") == "message_delta" and self.usage is not None else {}
            self.usage = {**known, **{key: count for key, count in usage.items() if count is not None or key not in known}}
        elif usage is not None:
            self.problem = f"usage is {usage!r}, not an object"
