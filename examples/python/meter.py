"""Meters a few requests and says what they would cost: `python meter.py SPOOL PRICE_BOOK`."""

import sys

import taximeter
from taximeter.usage import tokens

spool, price_book = sys.argv[1:]
usages = {
    "req-1": {"prompt_tokens": 1334, "completion_tokens": 842, "prompt_tokens_details": {"cached_tokens": 1024}},
    "req-2": {"prompt_tokens": 90, "completion_tokens": 7, "prompt_cache_hit_tokens": 64, "prompt_cache_miss_tokens": 26},
}
with taximeter.Meter(spool) as meter, taximeter.Quoter(open(price_book).read()) as quoter:
    for request_id, usage in usages.items():
        counts = tokens(usage)
        meter.record("acme", "deepseek-reasoner", request_id=request_id, **vars(counts))
        [quote] = quoter.quote([{
            "id": request_id, "model": "deepseek-reasoner", "completed_at": "2025-02-27T17:00:00Z",
            "cache_hit_tokens": counts.cache_hit, "cache_miss_tokens": counts.cache_miss, "output_tokens": counts.output}])
        print(request_id, quote.get("amount") or quote["unpriced"])
    meter.flush()
    print(meter.counts.durable, "on the disk")
