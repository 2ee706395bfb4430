"""What genai-prices says, for the test that compares it with the importer.

    genai_prices_cases.py data          the data of the installed package, in the format of the published data.json
    genai_prices_cases.py price         reads cases from standard input, writes the price of each, a line each

A case is a line of fields between tabs: provider, model id, name asked for, value of the price context or nothing,
microseconds since 1970, tokens of cache_hit, cache_miss, cache_write, cache_write_1h, output. An answer is the exact
total in dollars, or `error` and why.
"""

import json
import sys
from dataclasses import fields
from datetime import datetime, timedelta, timezone
from decimal import Decimal, Inexact, getcontext

from genai_prices import Usage, calc_price, types
from genai_prices.data import providers


def number(value):
    """A JSON number whose shortest text is the exact price, as in the published file."""
    written = float(value)
    assert Decimal(repr(written)) == value, value
    return int(value) if value == value.to_integral_value() else written


def price(value):
    if isinstance(value, types.TieredPrices):
        tiers = [{"start": tier.start, "price": number(tier.price)} for tier in value.tiers]
        return {"base": number(value.base), "tiers": tiers}
    return number(value)


def prices(value):
    return {key: price(one) for key, one in value.__dict__.items() if one is not None}


def constraint(value):
    if value is None:
        return {}
    names = [field.name for field in fields(value)]
    return {"constraint": {name: getattr(value, name).isoformat().replace("+00:00", "Z") for name in names}}


def match(clause):
    if isinstance(clause, types.ClauseOr):
        return {"or": [match(one) for one in clause.or_]}
    if isinstance(clause, types.ClauseAnd):
        return {"and": [match(one) for one in clause.and_]}
    name = fields(clause)[0].name
    return {name: getattr(clause, name)}


def model(value):
    conditional = not isinstance(value.prices, types.ModelPrice)
    read = {"id": value.id, "match": match(value.match)}
    if conditional:
        read["prices"] = [{**constraint(one.constraint), "prices": prices(one.prices)} for one in value.prices]
    else:
        read["prices"] = prices(value.prices)
    if value.price_variants:
        read["price_variants"] = [
            {"when": one.when, **constraint(one.constraint), "prices": prices(one.prices)}
            for one in value.price_variants
        ]
    return read


def provider(value):
    read = {"id": value.id, "name": value.name, "pricing_urls": value.pricing_urls}
    if value.fallback_model_providers:
        read["fallback_model_providers"] = value.fallback_model_providers
    return {**read, "models": [model(one) for one in value.models]}


def answer(models, line):
    provider_id, model_id, name, context, microseconds, *tokens = line.rstrip("\n").split("\t")
    hit, miss, write, write_1h, output = map(int, tokens)
    owner, wanted = models[provider_id, model_id]
    usage = Usage(
        input_tokens=hit + miss + write + write_1h,
        cache_read_tokens=hit,
        cache_write_tokens=write + write_1h,
        cache_write_1h_tokens=write_1h,
        output_tokens=output,
    )
    options = {"genai_request_timestamp": datetime.fromtimestamp(0, timezone.utc) + timedelta(microseconds=int(microseconds))}
    if context:
        keys = [key for variant in wanted.price_variants for key, value in variant.when.items() if value == context]
        options["price_context"] = {keys[0]: context}
    found = owner.find_model(name)
    if found is wanted:
        return calc_price(usage, name, provider_id=provider_id, **options).total_price
    # Some ids are for people, and no rule matches them. A name that means another model would be a fault.
    if found is not None or name != model_id:
        return f"error: {name} means {found and found.id}"
    return wanted.calc_price(usage, owner, **options).total_price


def main(command):
    if command == "data":
        json.dump([provider(one) for one in providers], sys.stdout, ensure_ascii=False)
        return
    # A result that had to be rounded would be no result to compare with.
    getcontext().traps[Inexact] = True
    models = {(owner.id, one.id): (owner, one) for owner in providers for one in owner.models}
    for line in sys.stdin:
        try:
            result = answer(models, line)
        except Exception as error:
            result = f"error: {type(error).__name__}: {error}"
        print(format(result, "f") if isinstance(result, Decimal) else result)


main(sys.argv[1])
