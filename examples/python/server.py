"""A small OpenAI-compatible server that meters what it serves: `uvicorn server:app`, with TAXIMETER_SPOOL.

Each worker has a spool folder of its own, also under `gunicorn -w 4 -k uvicorn.workers.UvicornWorker server:app`.
"""

import json
import os

import taximeter
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from taximeter.asgi import Middleware

meter = taximeter.Meter(taximeter.worker_folder(os.environ["TAXIMETER_SPOOL"]))
app = FastAPI()
# The headers must come from what authenticates your clients, not from the clients.
app.add_middleware(Middleware, meter=meter, account="x-account", request_id="x-request-id", durably=True)


@app.post("/v1/chat/completions")
async def complete(request: Request):
    body = await request.json()
    text = "It depends.".split(" ")
    # An engine knows these numbers; this one has none.
    prompt, completion = sum(len(message["content"].split()) for message in body["messages"]), len(text)
    usage = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
    if not body.get("stream"):
        return {"model": body["model"], "choices": [{"message": {"content": " ".join(text)}}], "usage": usage}

    async def events():
        for word in text:
            yield f"data: {json.dumps({'model': body['model'], 'choices': [{'delta': {'content': word}}], 'usage': None})}\n\n"
        yield f"data: {json.dumps({'model': body['model'], 'choices': [], 'usage': usage})}\n\n"
        yield "data: [DONE]\n\n"

    return StreamingResponse(events(), media_type="text/event-stream")
