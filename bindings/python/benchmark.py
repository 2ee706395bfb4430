"""What a call from Python costs, in processor time of its thread, next to the call of the library that it makes and to the
cheapest that ctypes can make. `make bench` runs it."""

import ctypes
import os
import tempfile
import time

import taximeter
from taximeter._library import library

COUNT = 200_000
RUNS = 5


def best(body):
    """The shortest of some runs, in seconds a call."""
    times = []
    for _ in range(RUNS):
        start = time.thread_time()
        body()
        times.append(time.thread_time() - start)
    return min(times) / COUNT


with tempfile.TemporaryDirectory() as folder, taximeter.Meter(os.path.join(folder, "spool"), wait_for_room=30) as meter:
    ids = [f"req-{index}" for index in range(COUNT)]

    def one_by_one():
        for request_id in ids:
            meter.record("acme", "m", request_id=request_id, cache_hit=100, cache_miss=20, output=30)

    packed = taximeter._EVENT.pack(1_740_000_000_000_000, 1_740_000_000_000_000, 100, 20, 0, 0, 30, 1, meter._packed(
        ("acme", "m", "api", "standard")))
    texts = [request_id.encode() for request_id in ids]

    def alone():
        function, handle = library.taximeter_record, meter._handle
        for text in texts:
            function(handle, packed, text, len(text))

    def nothing():
        function = library.taximeter_abi_version
        for _ in ids:
            function()

    events = (taximeter.event_type * COUNT)()
    numbers = meter.numbers("acme", "m")
    for event in events:
        event.started_at = event.completed_at = 1_740_000_000_000_000
        event.output, event.requests = 30, 1
        event.account, event.model, event.channel, event.service_tier = numbers
    parts = [
        ((taximeter.event_type * 10_000).from_buffer(events, start * ctypes.sizeof(taximeter.event_type)),
         ids[start:start + 10_000])
        for start in range(0, COUNT, 10_000)
    ]

    def in_batches():
        for part, names in parts:
            meter.record_batch(part, names)

    print("recording from Python")
    print(f"  {1e-3 / best(one_by_one):.0f} k calls/s  record, one by one")
    print(f"  {1e-3 / best(alone):.0f} k calls/s  the library's call alone, its arguments ready")
    print(f"  {1e-6 / best(in_batches):.2f} M events/s  record_batch of 10,000 with ids")
    print(f"  {1e-6 / best(nothing):.2f} M calls/s  a call of the library that does nothing")
