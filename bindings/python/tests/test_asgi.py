"""The middleware, in FastAPI and bare, and in a server that clients leave."""

import asyncio
import json
import os
import random
import threading
import unittest

import support
from taximeter.asgi import Middleware

try:
    import fastapi
    import httpx
    import uvicorn
    from fastapi.responses import JSONResponse, StreamingResponse
except ImportError:
    raise unittest.SkipTest("fastapi, httpx and uvicorn are not installed")

CHAT = {"prompt_tokens": 90, "completion_tokens": 7, "total_tokens": 97}


def data(value):
    return f"data: {json.dumps(value)}\n\n"


OPENAI_STREAM = "".join([
    data({"model": "m", "choices": [{"delta": {"content": 'they said "usage" é'}}], "usage": None}),
    data({"model": "m", "choices": [], "usage": {**CHAT, "prompt_cache_hit_tokens": 64, "prompt_cache_miss_tokens": 26}}),
    "data: [DONE]\n\n",
]).encode()
ANTHROPIC_STREAM = "".join([
    "event: message_start\n",
    data({"type": "message_start", "message": {"model": "m", "usage": {
        "input_tokens": 26, "cache_read_input_tokens": 64, "cache_creation_input_tokens": 0, "output_tokens": 1}}}),
    "event: ping\n", data({"type": "ping"}),
    "event: message_delta\n",
    data({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"input_tokens": None, "output_tokens": 7}}),
    "event: message_stop\n", data({"type": "message_stop"}),
]).replace("\n", "\r\n").encode()
RESPONSES_STREAM = "".join([
    data({"type": "response.created", "response": {"model": "m", "usage": None}}),
    data({"type": "response.completed", "response": {"model": "m", "usage": {
        "input_tokens": 90, "input_tokens_details": {"cached_tokens": 64}, "output_tokens": 7, "total_tokens": 97}}}),
]).replace("\n", "\r").encode()


def bare(parts, kind=b"text/event-stream", status=200, headers=(), fail_after=None):
    """An application of the bare protocol, which sends these parts."""
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", kind), *headers]})
        for number, part in enumerate(parts):
            if number == fail_after:
                raise RuntimeError("the engine fell over")
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    return app


def call(middleware, path="/v1/chat/completions", method="POST", headers=((b"X-Account", b"acme"),)):
    sent = []

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "headers": list(headers)}
    asyncio.run(middleware(scope, None, send))
    return b"".join(message.get("body", b"") for message in sent[1:]), len(sent)


class MiddlewareTests(support.SpoolTestCase):
    def middleware(self, app, **options):
        self.told = []
        self.tap = self.meter()
        return Middleware(app, self.tap, account="x-account", on_unmetered=self.told.append, **options)

    def test_streams_cut_anywhere_are_passed_on_as_they_are(self):
        seed = int(os.environ.get("TAXIMETER_TEST_SEED") or random.randrange(1 << 32))
        generator = random.Random(seed)
        middleware = self.middleware(None)
        for stream in (OPENAI_STREAM, ANTHROPIC_STREAM, RESPONSES_STREAM):
            cuts_of_one = [list(range(1, len(stream)))]
            for cuts in cuts_of_one + [sorted(generator.sample(range(len(stream)), 5)) for _ in range(100)] + [[]]:
                with self.subTest(seed=seed, cuts=cuts):
                    parts = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)])]
                    middleware._app = bare(parts)
                    self.assertEqual(call(middleware), (stream, len(parts) + 2))
                    self.assertEqual(self.tap.counts_of(), (64, 26, 0, 0, 7))
                    self.assertEqual((self.tap.records[-1]["account"], self.tap.records[-1]["model"]), ("acme", "m"))
        self.assertEqual(middleware.outcomes, {"metered": 306})
        self.assertEqual(self.told, [])

    def test_every_response_without_a_bill_is_told(self):
        whole = json.dumps({"model": "m", "usage": CHAT}).encode()
        for app, reason in [
            (bare([b'{"model": "m"}'], b"application/json"), "usage"),
            (bare([b'{"model": "m", "usage": 7}'], b"application/json"), "not an object"),
            (bare([b'{"model": "m", "usage": {"tokens": 7}}'], b"application/json"), "prompt_tokens or input_tokens"),
            (bare([b'{"usage": {"prompt_tokens": 1, "completion_tokens": 1}}'], b"application/json"), "model"),
            (bare([b"{"], b"application/json"), "no JSON"), (bare([b"[]"], b"application/json"), "no JSON object"),
            (bare([whole], b"application/json", headers=[(b"content-encoding", b"gzip")]), "gzip"),
            (bare([whole], b"text/html"), "text/html"),
            (bare([whole + b" " * 2_000], b"application/json"), "2000 bytes"),
            (bare([b"data: [DONE]\n\n"]), "usage"),
        ]:
            with self.subTest(reason):
                middleware = self.middleware(app, body_limit=2_000)
                call(middleware)
                self.assertEqual(middleware.outcomes, {"unmetered": 1})
                self.assertIn(reason, self.told[0].reason)
                self.assertEqual(self.tap.records, [])
                self.tap.close()
        middleware = self.middleware(bare([whole], b"application/json"))
        call(middleware, headers=())
        self.assertIn("account", self.told[0].reason)
        for account in (lambda scope: {}["authorization"], lambda scope: 7):
            middleware._account = account
            self.assertEqual(call(middleware)[0], whole)
        self.assertIn("KeyError", self.told[1].reason)
        self.assertIn("AttributeError", self.told[2].reason)
        self.assertEqual((middleware.outcomes, self.tap.records), ({"unmetered": 3}, []))

    def test_what_is_not_served_is_not_metered(self):
        whole = json.dumps({"model": "m", "usage": CHAT}).encode()
        middleware = self.middleware(bare([whole], b"application/json", status=429))
        call(middleware)
        self.assertEqual((middleware.outcomes, self.tap.records), ({"failed": 1}, []))
        middleware._app = bare([whole], b"application/json")
        call(middleware, path="/v1/models")
        call(middleware, method="GET")
        self.assertEqual((middleware.outcomes, self.told), ({"failed": 1}, []))

    def test_a_stream_that_breaks_off(self):
        start = ANTHROPIC_STREAM.index(b"event: ping")
        middleware = self.middleware(bare([ANTHROPIC_STREAM[:start], b"", b""], fail_after=1))
        with self.assertRaises(RuntimeError):
            call(middleware)
        self.assertEqual((middleware.outcomes, self.tap.counts_of()), ({"partial": 1}, (64, 26, 0, 0, 1)))
        middleware._app = bare([OPENAI_STREAM[:50], b""], fail_after=1)
        with self.assertRaises(RuntimeError):
            call(middleware)
        self.assertEqual(middleware.outcomes, {"partial": 1, "unmetered": 1})
        self.assertIn("broke off", self.told[0].reason)

    def test_fastapi(self):
        app = fastapi.FastAPI()
        meter = self.meter()
        app.add_middleware(
            Middleware, meter=meter, account=lambda scope: dict(scope["headers"])[b"authorization"].decode()[7:],
            request_id="x-request-id", durably=True)

        @app.post("/v1/chat/completions")
        async def chat():
            return JSONResponse({"model": "m", "usage": CHAT})

        @app.post("/v1/messages")
        async def messages():
            return StreamingResponse(iter([ANTHROPIC_STREAM]), media_type="text/event-stream")

        async def requests():
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://server") as client:
                headers = {"authorization": "Bearer acme", "x-request-id": "r-1"}
                first = await client.post("/v1/chat/completions", headers=headers)
                second = await client.post("/v1/messages", headers={**headers, "x-request-id": "r-2"})
                return first.json()["usage"], second.content

        self.assertEqual(asyncio.run(requests()), (CHAT, ANTHROPIC_STREAM))
        self.assertEqual([record["request_id"] for record in meter.records], ["r-1", "r-2"])
        self.assertEqual([record["account"] for record in meter.records], ["acme", "acme"])
        self.assertEqual((meter.counts_of(0), meter.counts_of(1)), ((0, 90, 0, 0, 7), (64, 26, 0, 0, 7)))

    def test_a_client_that_leaves(self):
        app = fastapi.FastAPI()

        @app.post("/v1/messages")
        async def messages():
            async def events():
                yield ANTHROPIC_STREAM[:ANTHROPIC_STREAM.index(b"event: ping")]
                while True:
                    await asyncio.sleep(0.01)
                    yield b": still here\n\n"
            return StreamingResponse(events(), media_type="text/event-stream")

        middleware = self.middleware(app)
        port = support.free_port()
        server = uvicorn.Server(uvicorn.Config(middleware, port=port, log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            support.eventually(lambda: server.started, "the server listens")
            with httpx.stream("POST", f"http://127.0.0.1:{port}/v1/messages", headers={"x-account": "acme"}) as response:
                next(response.iter_bytes())
            support.eventually(lambda: middleware.outcomes, "the server sees that the client has left")
        finally:
            server.should_exit = True
            thread.join()
        self.assertEqual((middleware.outcomes, self.tap.counts_of()), ({"partial": 1}, (64, 26, 0, 0, 1)))


if __name__ == "__main__":
    unittest.main()
