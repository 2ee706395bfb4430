"""Gives events with OpenMeter's client: openmeter_client.py ENDPOINT TOKEN SUBJECT."""

import asyncio
import datetime
import sys

import openmeter
import openmeter.aio
from corehttp.exceptions import HttpResponseError
from openmeter.models import Event

endpoint, token, subject = sys.argv[1:]


def event(number, **data):
    time = datetime.datetime(2025, 2, 27, 17, 0, number, tzinfo=datetime.timezone.utc)
    return Event(
        id=f"om-{number}", source="my-app", specversion="1.0", type="prompt", subject=subject, time=time, data=data
    )


client = openmeter.Client(endpoint=endpoint, token=token)
first = event(1, tokens=100, model="gpt-4o", type="input")
client.events.ingest_event(first)
client.events.ingest_event(first)
client.events.ingest_events(
    [event(2, tokens="7", model="gpt-4o", type="output"), event(3, model="gpt-4o", cache_hit_tokens=5, output_tokens=2)]
)


async def main():
    async with openmeter.aio.Client(endpoint=endpoint, token=token) as client:
        await client.events.ingest_event(event(4, model="gpt-4o", output_tokens=1))


asyncio.run(main())
try:
    client.events.ingest_event(event(1, tokens=101, model="gpt-4o", type="input"))
except HttpResponseError as error:
    print("refused", error.status_code)
