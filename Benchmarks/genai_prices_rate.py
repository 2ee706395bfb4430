"""Prints how often a second genai-prices' calc_price prices a request of the model that the rater is timed with."""
import time
from genai_prices import Usage, calc_price

CALLS = 40_000
usage = Usage(input_tokens=5_000, cache_read_tokens=2_000, output_tokens=700)
calc_price(usage, model_ref="deepseek-reasoner", provider_id="deepseek")
start = time.perf_counter()
for _ in range(CALLS):
    calc_price(usage, model_ref="deepseek-reasoner", provider_id="deepseek")
print(round(CALLS / (time.perf_counter() - start)))
