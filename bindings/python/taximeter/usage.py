"""What a provider's ``usage`` says, as disjoint token classes.

    >>> tokens({"prompt_tokens": 1334, "completion_tokens": 842, "prompt_tokens_details": {"cached_tokens": 1024}})
    Tokens(cache_hit=1024, cache_miss=310, cache_write=0, cache_write_1h=0, output=842)

The shapes differ in what their input counts. ``prompt_tokens`` (OpenAI, DeepSeek, vLLM, SGLang, LiteLLM) and the
``input_tokens`` of OpenAI's responses include what came from a cache and what was written to it; Anthropic's
``input_tokens`` are without both. Reasoning tokens are a part of the output everywhere here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Optional

__all__ = ["Tokens", "UsageError", "tokens"]


@dataclass(frozen=True)
class Tokens:
    """Disjoint counts: a token is in one of them. The arguments of :meth:`taximeter.Meter.record`."""

    cache_hit: int = 0
    cache_miss: int = 0
    cache_write: int = 0
    cache_write_1h: int = 0
    output: int = 0


class UsageError(ValueError):
    """A usage of no known shape, or whose numbers contradict each other: ``key`` and ``value`` say where."""

    def __init__(self, key: str, value: Any, expected: str) -> None:
        super().__init__(f"usage: {key} is {value!r}; expected {expected}")
        self.key, self.value = key, value


def tokens(usage: Any) -> Tokens:
    """The token classes of a usage: a mapping as in the provider's JSON, or an SDK's object with ``model_dump``.

    :raises UsageError: Nothing is guessed, and nothing that is missing is taken for 0.
    """
    if hasattr(usage, "model_dump"):
        usage = usage.model_dump()
    if not isinstance(usage, Mapping):
        raise UsageError("usage", usage, "an object")
    if "prompt_tokens" in usage and "input_tokens" in usage:
        # LiteLLM and some gateways give both names; they must be the same number to be one shape.
        if _count(usage, "prompt_tokens") != _count(usage, "input_tokens"):
            raise UsageError("input_tokens", usage["input_tokens"], "as many as prompt_tokens, or one of the two")
    if "prompt_tokens" in usage:
        return _with_cache_in_prompt(usage, "prompt_tokens", "completion_tokens", "prompt_tokens_details")
    if "input_tokens" not in usage:
        raise UsageError("prompt_tokens", None, "prompt_tokens or input_tokens")
    of_anthropic = [key for key in ("cache_read_input_tokens", "cache_creation_input_tokens", "cache_creation") if key in usage]
    if not of_anthropic:
        # Without any cache, both readings of input_tokens are the same.
        return _with_cache_in_prompt(usage, "input_tokens", "output_tokens", "input_tokens_details")
    if usage.get("input_tokens_details") is not None:
        raise UsageError("input_tokens_details", usage["input_tokens_details"], f"none next to {of_anthropic[0]}")
    return _of_anthropic(usage)


def _count(mapping: Mapping[str, Any], key: str, path: str = "") -> int:
    value = mapping.get(key)
    if type(value) is not int or value < 0:
        raise UsageError(path + key, value, "a whole number from 0")
    return value


def _optional(mapping: Mapping[str, Any], key: str, path: str = "") -> Optional[int]:
    return None if mapping.get(key) is None else _count(mapping, key, path)


def _details(usage: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = usage.get(key)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise UsageError(key, value, "an object")
    return value


def _one(candidates: list[tuple[str, Optional[int]]]) -> int:
    """The number that several names give, as far as they are there; 0 when none is."""
    found = [(key, value) for key, value in candidates if value is not None]
    for key, value in found[1:]:
        if value != found[0][1]:
            raise UsageError(key, value, f"{found[0][1]}, as in {found[0][0]}")
    return found[0][1] if found and found[0][1] is not None else 0


def _of_hour(details: Mapping[str, Any], key: str, written: int) -> int:
    """Of what was written to the cache, how much stays an hour; the rest is for five minutes."""
    by_life = _details(details, key)
    hour = _optional(by_life, "ephemeral_1h_input_tokens", f"{key}.") or 0
    minutes = _optional(by_life, "ephemeral_5m_input_tokens", f"{key}.")
    if hour > written or minutes is not None and hour + minutes != written:
        raise UsageError(key, dict(by_life), f"{written} tokens in all, as many as were written to the cache")
    return hour


def _with_cache_in_prompt(usage: Mapping[str, Any], prompt_key: str, output_key: str, details_key: str) -> Tokens:
    prompt, output = _count(usage, prompt_key), _optional(usage, output_key)
    total = _optional(usage, "total_tokens")
    if output is None:
        # Embeddings have no output, and a total that says so.
        if total != prompt:
            raise UsageError(output_key, usage.get(output_key), "a whole number from 0")
        output = 0
    if total is not None and total != prompt + output:
        raise UsageError("total_tokens", total, f"{prompt + output}, {prompt_key} and {output_key} together")

    details, path = _details(usage, details_key), f"{details_key}."
    hit = _one([
        (f"{path}cached_tokens", _optional(details, "cached_tokens", path)),
        ("prompt_cache_hit_tokens", _optional(usage, "prompt_cache_hit_tokens")),
        ("cache_read_input_tokens", _optional(usage, "cache_read_input_tokens")),
        ("cached_tokens", _optional(usage, "cached_tokens")),
    ])
    written = _one([
        (f"{path}cache_write_tokens", _optional(details, "cache_write_tokens", path)),
        (f"{path}cache_creation_tokens", _optional(details, "cache_creation_tokens", path)),
        ("cache_creation_input_tokens", _optional(usage, "cache_creation_input_tokens")),
    ])
    if hit + written > prompt:
        raise UsageError(prompt_key, prompt, f"at least {hit + written}, what was read from and written to the cache")
    missed = _optional(usage, "prompt_cache_miss_tokens")
    if missed is not None and hit + missed != prompt:
        raise UsageError("prompt_cache_miss_tokens", missed, f"{prompt - hit}, {prompt_key} without the hits")
    reasoning_key = output_key + "_details"
    reasoning = _optional(_details(usage, reasoning_key), "reasoning_tokens", f"{reasoning_key}.")
    if reasoning is not None and reasoning > output:
        raise UsageError(f"{reasoning_key}.reasoning_tokens", reasoning, f"at most {output}, a part of {output_key}")
    hour = _of_hour(details, "cache_creation_token_details", written)
    return Tokens(hit, prompt - hit - written, written - hour, hour, output)


def _of_anthropic(usage: Mapping[str, Any]) -> Tokens:
    by_life = _details(usage, "cache_creation")
    parts = [_optional(by_life, f"ephemeral_{life}_input_tokens", "cache_creation.") for life in ("5m", "1h")]
    sum_of_parts = None if parts == [None, None] else sum(part or 0 for part in parts)
    written = _one([
        ("cache_creation_input_tokens", _optional(usage, "cache_creation_input_tokens")), ("cache_creation", sum_of_parts)])
    hour = _of_hour(usage, "cache_creation", written)
    return Tokens(
        _optional(usage, "cache_read_input_tokens") or 0, _count(usage, "input_tokens"), written - hour, hour,
        _count(usage, "output_tokens"))
