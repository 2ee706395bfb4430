"""The shapes of usage, each with what its provider says of the fields.

OpenAI, developers.openai.com/api/reference (as in openai-python's types/completion_usage.py and response_usage.py):
  prompt_tokens "Number of tokens in the prompt."; prompt_tokens_details "Breakdown of tokens used in the prompt.",
  cached_tokens "Cached tokens present in the prompt."; completion_tokens_details "Breakdown of tokens used in a completion.";
  total_tokens "Total number of tokens used in the request (prompt + completion)."
DeepSeek, api-docs.deepseek.com/api/create-chat-completion: prompt_tokens is prompt_cache_hit_tokens + prompt_cache_miss_tokens.
Anthropic, platform.claude.com/docs/en/api/messages (anthropic-sdk-python's types/usage.py): cache_creation_input_tokens "The number
  of input tokens used to create the cache entry."; cache_read_input_tokens "The number of input tokens read from the cache.";
  cache_creation "Breakdown of cached tokens by TTL". platform.claude.com/docs/en/build-with-claude/prompt-caching: the whole
  input is the sum of these two and input_tokens.
vLLM and SGLang: OpenAI's, where prompt_tokens_details is null without --enable-prompt-tokens-details and --enable-cache-report.
"""

import unittest

from taximeter.usage import Tokens, UsageError, tokens

SHAPES = [
    ("OpenAI chat", {
        "prompt_tokens": 2006, "completion_tokens": 300, "total_tokens": 2306,
        "prompt_tokens_details": {"cached_tokens": 1920, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 120, "audio_tokens": 0}}, Tokens(1920, 86, 0, 0, 300)),
    ("OpenAI chat with writes", {
        "prompt_tokens": 2006, "completion_tokens": 3, "total_tokens": 2009,
        "prompt_tokens_details": {"cached_tokens": 1000, "cache_write_tokens": 900}}, Tokens(1000, 106, 900, 0, 3)),
    ("OpenAI responses", {
        "input_tokens": 75, "input_tokens_details": {"cached_tokens": 32}, "output_tokens": 1186,
        "output_tokens_details": {"reasoning_tokens": 1024}, "total_tokens": 1261}, Tokens(32, 43, 0, 0, 1186)),
    ("OpenAI embeddings", {"prompt_tokens": 8, "total_tokens": 8}, Tokens(0, 8)),
    ("DeepSeek", {
        "prompt_tokens": 90, "completion_tokens": 7, "total_tokens": 97, "prompt_tokens_details": {"cached_tokens": 64},
        "prompt_cache_hit_tokens": 64, "prompt_cache_miss_tokens": 26}, Tokens(64, 26, 0, 0, 7)),
    ("DeepSeek without details", {
        "prompt_tokens": 90, "completion_tokens": 7, "total_tokens": 97, "prompt_cache_hit_tokens": 64,
        "prompt_cache_miss_tokens": 26}, Tokens(64, 26, 0, 0, 7)),
    ("Anthropic", {
        "input_tokens": 50, "cache_read_input_tokens": 100_000, "cache_creation_input_tokens": 248,
        "cache_creation": {"ephemeral_5m_input_tokens": 148, "ephemeral_1h_input_tokens": 100}, "output_tokens": 503,
        "service_tier": "standard", "server_tool_use": None}, Tokens(100_000, 50, 148, 100, 503)),
    ("Anthropic without lives", {
        "input_tokens": 50, "cache_read_input_tokens": None, "cache_creation_input_tokens": 248, "output_tokens": 1},
     Tokens(0, 50, 248, 0, 1)),
    ("Anthropic without a cache", {"input_tokens": 2095, "output_tokens": 503}, Tokens(0, 2095, 0, 0, 503)),
    ("vLLM", {"prompt_tokens": 31, "total_tokens": 131, "completion_tokens": 100, "prompt_tokens_details": None},
     Tokens(0, 31, 0, 0, 100)),
    ("SGLang", {
        "prompt_tokens": 31, "total_tokens": 131, "completion_tokens": 100, "prompt_tokens_details": {"cached_tokens": 16},
        "reasoning_tokens": 0}, Tokens(16, 15, 0, 0, 100)),
    ("LiteLLM of Anthropic", {
        "prompt_tokens": 100_298, "completion_tokens": 503, "total_tokens": 100_801,
        "prompt_tokens_details": {
            "cached_tokens": 100_000, "cache_write_tokens": 248, "cache_creation_tokens": 248, "text_tokens": 50,
            "cache_creation_token_details": {"ephemeral_5m_input_tokens": 148, "ephemeral_1h_input_tokens": 100}},
        "cache_creation_input_tokens": 248, "cache_read_input_tokens": 100_000}, Tokens(100_000, 50, 148, 100, 503)),
]

WRONG = [
    ("prompt_tokens", {}),
    ("prompt_tokens", {"promptTokenCount": 3, "candidatesTokenCount": 4}),
    ("prompt_tokens", {"prompt_tokens": "3", "completion_tokens": 1}),
    ("prompt_tokens", {"prompt_tokens": -3, "completion_tokens": 1}),
    ("prompt_tokens", {"prompt_tokens": True, "completion_tokens": 1}),
    ("prompt_tokens", {"prompt_tokens": 3.0, "completion_tokens": 1}),
    ("completion_tokens", {"prompt_tokens": 3}),
    ("completion_tokens", {"prompt_tokens": 3, "total_tokens": 4}),
    ("total_tokens", {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 5}),
    ("prompt_tokens_details", {"prompt_tokens": 3, "completion_tokens": 1, "prompt_tokens_details": 2}),
    ("prompt_tokens", {"prompt_tokens": 3, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 4}}),
    ("prompt_tokens_details.cached_tokens",
     {"prompt_tokens": 3, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": "1"}}),
    ("prompt_cache_hit_tokens", {
        "prompt_tokens": 3, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 1}, "prompt_cache_hit_tokens": 2}),
    ("prompt_cache_miss_tokens",
     {"prompt_tokens": 3, "completion_tokens": 1, "prompt_cache_hit_tokens": 1, "prompt_cache_miss_tokens": 1}),
    ("completion_tokens_details.reasoning_tokens",
     {"prompt_tokens": 3, "completion_tokens": 1, "completion_tokens_details": {"reasoning_tokens": 2}}),
    ("input_tokens", {"prompt_tokens": 3, "completion_tokens": 1, "input_tokens": 2}),
    ("input_tokens_details", {
        "input_tokens": 3, "output_tokens": 1, "input_tokens_details": {"cached_tokens": 1}, "cache_read_input_tokens": 1}),
    ("output_tokens", {"input_tokens": 3, "cache_read_input_tokens": 1}),
    ("cache_creation", {
        "input_tokens": 3, "output_tokens": 1, "cache_creation_input_tokens": 5,
        "cache_creation": {"ephemeral_5m_input_tokens": 1, "ephemeral_1h_input_tokens": 1}}),
]


class UsageTests(unittest.TestCase):
    def test_shapes(self):
        for name, usage, expected in SHAPES:
            with self.subTest(name):
                self.assertEqual(tokens(usage), expected)

    def test_what_is_wrong_is_named(self):
        for key, usage in WRONG:
            with self.subTest(key=key, usage=usage):
                with self.assertRaises(UsageError) as caught:
                    tokens(usage)
                self.assertEqual(caught.exception.key, key)
                self.assertIn(repr(caught.exception.value), str(caught.exception))

    def test_no_object(self):
        for value in (None, 3, [], "usage"):
            with self.assertRaises(UsageError):
                tokens(value)


if __name__ == "__main__":
    unittest.main()
