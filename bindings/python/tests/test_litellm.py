"""The callback in real LiteLLM, with its mock responses; no provider is called."""

import asyncio
import unittest
import uuid

import support

try:
    import litellm
    from litellm.caching.caching import Cache
    from litellm.llms.anthropic.chat.transformation import AnthropicConfig
    from taximeter.litellm import Callback
except ImportError as error:
    raise unittest.SkipTest(f"litellm is not installed: {error}")

from taximeter.usage import Tokens, tokens

MESSAGES = [{"role": "user", "content": "What is the capital of France?"}]


class CallbackTests(support.SpoolTestCase):
    def setUp(self):
        super().setUp()
        self.told = []
        self.use()

    def use(self, **options):
        self.tap = self.meter()
        self.callback = Callback(self.tap, on_unmetered=self.told.append, **options)
        litellm.callbacks = [self.callback]
        # LiteLLM copies these to other lists with the first call.
        for name in ("success_callback", "failure_callback", "_async_success_callback", "_async_failure_callback"):
            setattr(litellm, name, [])
        self.addCleanup(setattr, litellm, "callbacks", [])

    def complete(self, text="Paris.", **options):
        return litellm.completion(
            "openai/m", messages=[{"role": "user", "content": options.pop("content", "What?")}], mock_response=text,
            metadata={"account": "acme"}, **options)

    def expect(self, **outcomes):
        support.eventually(lambda: sum(self.callback.outcomes.values()) >= sum(outcomes.values()), f"{outcomes}")
        self.assertEqual(
            {key: value for key, value in self.callback.outcomes.items() if key != "duplicate"}, outcomes, self.told)
        self.assertEqual(len(self.tap.records), outcomes.get("metered", 0))

    def test_a_completion(self):
        call_id = str(uuid.uuid4())
        usage = self.complete(litellm_call_id=call_id).usage
        self.expect(metered=1)
        record = self.tap.records[0]
        self.assertEqual((record["account"], record["model"], record["request_id"]), ("acme", "m", call_id))
        self.assertEqual(self.tap.counts_of(), (0, usage.prompt_tokens, 0, 0, usage.completion_tokens))
        self.assertGreater(usage.completion_tokens, 0)
        self.assertLessEqual(record["started_at"], record["completed_at"])

    def test_a_stream_is_metered_once(self):
        chunks = list(self.complete("It is Paris, of course.", stream=True))
        self.assertGreater(len(chunks), 3)
        self.expect(metered=1)
        self.assertGreater(self.tap.records[0]["output"], 0)

    def test_asynchronous_calls(self):
        async def calls():
            await litellm.acompletion("openai/m", messages=MESSAGES, mock_response="Paris.", user="beta")
            stream = await litellm.acompletion(
                "openai/m", messages=MESSAGES, mock_response="It is Paris.", stream=True, user="beta")
            async for _ in stream:
                pass
            # LiteLLM calls back after the response.
            for _ in range(500):
                if self.callback.outcomes.get("metered") == 2:
                    return
                await asyncio.sleep(0.02)

        asyncio.run(calls())
        self.expect(metered=2)
        self.assertEqual([record["account"] for record in self.tap.records], ["beta", "beta"])

    def test_answers_of_the_cache(self):
        litellm.cache = Cache(type="local")
        self.addCleanup(setattr, litellm, "cache", None)
        content = str(uuid.uuid4())
        self.complete(content=content, caching=True)
        self.expect(metered=1)
        self.complete(content=content, caching=True)
        self.expect(metered=1, cached=1)
        self.tap.close()
        self.use(cached_channel="cache")
        self.complete(content=content, caching=True)
        self.expect(metered=1)
        self.assertEqual(self.tap.records[0]["channel"], "cache")

    def test_failed_calls(self):
        with self.assertRaises(litellm.RateLimitError):
            self.complete("litellm.RateLimitError", num_retries=0)
        self.expect(failed=1)

    def test_retries_and_fallbacks_count_once(self):
        def deployment(name, response):
            return {"model_name": name, "litellm_params": {
                "model": f"openai/{name}", "api_key": "none", "mock_response": response}}

        router = litellm.Router(
            [deployment("first", "litellm.RateLimitError"), deployment("second", "Paris.")],
            fallbacks=[{"first": ["second"]}], num_retries=2, retry_after=0, cooldown_time=0)
        router.completion("first", messages=MESSAGES, metadata={"account": "acme"})
        support.eventually(lambda: self.tap.records, "the call that succeeds is metered")
        router.completion("second", messages=MESSAGES, metadata={"account": "acme"})
        support.eventually(lambda: len(self.tap.records) == 2, "the next call is metered")
        self.assertEqual([record["model"] for record in self.tap.records], ["second", "second"])
        self.assertEqual(self.callback.outcomes["metered"], 2)
        self.assertGreaterEqual(self.callback.outcomes["failed"], 1)
        self.assertEqual(self.told, [])

    def test_one_call_told_twice_counts_once(self):
        kwargs = {"litellm_call_id": "c-1", "model": "m", "user": "acme"}
        response = {"usage": {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4}}
        self.callback.log_success_event(kwargs, response, None, None)
        asyncio.run(self.callback.async_log_success_event(kwargs, response, None, None))
        self.assertEqual(self.callback.outcomes, {"metered": 1, "duplicate": 1})

    def test_what_cannot_be_metered_is_told(self):
        kwargs = {"litellm_call_id": "c-2", "model": "m", "user": "acme"}
        self.callback.log_success_event(kwargs, {"usage": None}, None, None)
        zeros = litellm.ModelResponse(usage=litellm.Usage())
        self.callback.log_success_event({**kwargs, "litellm_call_id": "c-3"}, zeros, None, None)
        usage = {"usage": {"prompt_tokens": 1, "completion_tokens": 1}}
        self.callback.log_success_event({"litellm_call_id": "c-4", "model": "m"}, usage, None, None)
        self.assertEqual([told.request.request_id for told in self.told], ["c-2", "c-3", "c-4"])
        self.assertIn("account", self.told[2].reason)
        self.callback._account = lambda kwargs: kwargs["team"]
        self.callback.log_success_event({**kwargs, "litellm_call_id": "c-6"}, usage, None, None)
        self.assertIn("KeyError", self.told[3].reason)
        self.assertEqual(self.tap.records, [])

    def test_the_proxy_does_not_believe_its_clients(self):
        metadata = {"account": "somebody-else", "user_api_key_hash": "h", "user_api_key_team_id": "team-1"}
        kwargs = {"litellm_call_id": "c-5", "model": "m", "user": "other", "litellm_params": {"metadata": metadata}}
        self.callback.log_success_event(kwargs, {"usage": {"prompt_tokens": 1, "completion_tokens": 1}}, None, None)
        self.assertEqual(self.tap.records[0]["account"], "team-1")

    def test_its_own_usages(self):
        """What LiteLLM makes of Anthropic's usage has the same classes as Anthropic's own."""
        usage = {
            "input_tokens": 50, "cache_read_input_tokens": 100_000, "cache_creation_input_tokens": 248, "output_tokens": 503,
            "cache_creation": {"ephemeral_5m_input_tokens": 148, "ephemeral_1h_input_tokens": 100}}
        expected = Tokens(100_000, 50, 148, 100, 503)
        self.assertEqual(tokens(usage), expected)
        self.assertEqual(tokens(AnthropicConfig().calculate_usage(usage, None)), expected)
        deepseek = litellm.Usage(
            prompt_tokens=90, completion_tokens=7, total_tokens=97, prompt_cache_hit_tokens=64, prompt_cache_miss_tokens=26)
        self.assertEqual(tokens(deepseek), Tokens(64, 26, 0, 0, 7))


if __name__ == "__main__":
    unittest.main()
