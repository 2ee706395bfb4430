"""What LiteLLM says, for the test that compares it with the importer.

Reads cases from standard input, writes the cost of each, a line each; the only argument is the map. A case is a line of
fields between tabs: model, multiplier or nothing, microseconds since 1970, tokens of cache_hit, cache_miss, cache_write,
cache_write_1h, output. An answer is the cost in dollars, or `error` and why.
"""

import json
import os
import sys
from datetime import datetime, timedelta, timezone

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

from litellm.cost_calculator import batch_cost_calculator
from litellm.litellm_core_utils.llm_cost_calc import utils
from litellm.types.utils import CacheCreationTokenDetails, PromptTokensDetailsWrapper, Usage


def answer(rows, line):
    model, multiplier, microseconds, *tokens = line.rstrip("\n").split("\t")
    hit, miss, write, write_1h, output = map(int, tokens)
    row = rows[model]
    row = rows[row["alias_of"]] if "alias_of" in row else row
    provider = row.get("litellm_provider", "")
    lifetimes = CacheCreationTokenDetails(ephemeral_5m_input_tokens=write, ephemeral_1h_input_tokens=write_1h)
    usage = Usage(
        prompt_tokens=hit + miss + write + write_1h,
        completion_tokens=output,
        prompt_tokens_details=PromptTokensDetailsWrapper(
            cached_tokens=hit, cache_creation_tokens=write + write_1h, cache_creation_token_details=lifetimes
        ),
    )
    if multiplier == "batch":
        return sum(batch_cost_calculator(usage, model, provider, row))
    cost = sum(
        utils.generic_cost_per_token(
            model=model,
            usage=usage,
            custom_llm_provider=provider,
            service_tier=multiplier if multiplier in ("flex", "balanced", "priority", "fast", "ultrafast") else None,
            data_residency=multiplier if multiplier in ("eu", "us", "fedramp") else None,
            vertex_location="us-east5" if multiplier == "regional" else None,
            model_info=row,
            current_time=datetime.fromtimestamp(0, timezone.utc) + timedelta(microseconds=int(microseconds)),
        )
    )
    usage.inference_geo = multiplier
    usage.speed = multiplier
    if multiplier in ("eu", "us"):
        cost *= utils.get_provider_specific_geo_multiplier(row, usage)
    return cost * utils.get_provider_specific_speed_multiplier(row, usage)


def main(path):
    with open(path, encoding="utf-8") as file:
        rows = json.load(file)
    for line in sys.stdin:
        try:
            print(repr(float(answer(rows, line))))
        except Exception as error:
            print(f"error: {type(error).__name__}: {error}".replace("\n", " "))


main(sys.argv[1])
