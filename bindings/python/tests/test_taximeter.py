"""Run by the Swift tests, with TAXIMETER_LIBRARY; also `python -m unittest` in this folder's parent."""

import asyncio
import json
import os
import tempfile
import threading
import unittest
from decimal import Decimal

import taximeter

BOOK = """
price_book: list
currency: USD
tariffs:
  - model: m
    versions: [{from: 2025-01-01T00:00:00Z, rates: {cache_miss: 1, output: 2}}]
"""


class MeterTests(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.spool = os.path.join(self.folder.name, "spool")

    def tearDown(self):
        self.folder.cleanup()

    def test_counts(self):
        with taximeter.Meter(self.spool) as meter:
            for index in range(100):
                meter.record("acme", "m", request_id=f"r-{index}", cache_miss=index, output=1)
            meter.record("acme", "m", output=1)
            meter.record("acme", "m", output=1, request_id="durable", durably=True)
            self.assertEqual(meter.counts, taximeter.Counts(102, 0, 102))

    def test_wrong_events_are_refused_with_their_reason(self):
        with taximeter.Meter(self.spool) as meter:
            for code, values in [
                ("invalid_event", {"output": -1}), ("invalid_event", {"output": 2**64 + 1}),
                ("invalid_event", {"output": 1, "started_at": 2_000_000, "completed_at": 1_000_000}),
                ("invalid_request_id", {"output": 1, "request_id": ""}),
                ("invalid_request_id", {"output": 1, "request_id": "x" * 256}),
                ("invalid_request_id", {"output": 1, "request_id": "a\0b"}),
            ]:
                with self.assertRaises(taximeter.TaximeterError) as caught:
                    meter.record("acme", "m", **values)
                self.assertEqual(caught.exception.code, code)
                self.assertTrue(str(caught.exception))
            with self.assertRaises(TypeError):
                meter.record("acme", "m", output=1.5)
            with self.assertRaises(taximeter.TaximeterError):
                meter.record("", "m", output=1)
            self.assertEqual(meter.counts.accepted, 0)

    def test_a_folder_has_one_meter(self):
        with taximeter.Meter(self.spool):
            with self.assertRaises(taximeter.TaximeterError) as caught:
                taximeter.Meter(self.spool)
            self.assertEqual(caught.exception.code, "spool")
            self.assertIn("open elsewhere", str(caught.exception))
        taximeter.Meter(self.spool).close()

    def test_a_closed_meter_refuses(self):
        meter = taximeter.Meter(self.spool)
        meter.close()
        meter.close()
        with self.assertRaises(taximeter.TaximeterError):
            meter.record("acme", "m", output=1)

    def test_batches(self):
        with taximeter.Meter(self.spool) as meter:
            account, model, channel, tier = meter.numbers("acme", "m")
            events = (taximeter.event_type * 3)()
            for place, event in enumerate(events):
                event.started_at = event.completed_at = 1_740_000_000_000_000
                event.output, event.requests = place + 1, 1
                event.account, event.model, event.channel, event.service_tier = account, model, channel, tier
            self.assertEqual(meter.record_batch(events, ["a", "bb", "ccc"]), [0, 0, 0])
            events[1].output = -1
            self.assertEqual(meter.record_batch(events), [0, 2, 0])
            events[1].output, events[2].model = 1, 99
            self.assertEqual(meter.record_batch(events), [0, 0, 4])
            self.assertEqual(meter.record_batch((taximeter.event_type * 0)()), [])
            with self.assertRaises(ValueError):
                meter.record_batch(events, ["a"])
            self.assertEqual(meter.counts.accepted, 7)

    def test_numpy(self):
        try:
            import numpy
        except ImportError:
            self.skipTest("numpy is not installed")
        with taximeter.Meter(self.spool) as meter:
            events = numpy.zeros(1_000, taximeter.numpy_dtype())
            events["started_at"] = events["completed_at"] = 1_740_000_000_000_000
            events["output"] = numpy.arange(1_000)
            events["requests"] = 1
            events["account"], events["model"], events["channel"], events["service_tier"] = meter.numbers("acme", "m")
            self.assertEqual(sum(meter.record_batch(events)), 0)
            self.assertEqual(meter.counts.accepted, 1_000)

    def test_threads_and_tasks(self):
        with taximeter.Meter(self.spool) as meter:
            def work(number):
                for index in range(500):
                    meter.record(f"account-{number}", "m", request_id=f"{index}", output=1)

            threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

            async def task(number):
                for index in range(100):
                    meter.record(f"task-{number}", "m", request_id=f"{index}", output=1)
                    await asyncio.sleep(0)

            async def tasks():
                await asyncio.gather(*(task(number) for number in range(10)))

            asyncio.run(tasks())
            self.assertEqual(meter.counts.accepted, 3_000)

    def test_forked_workers(self):
        with taximeter.Meter(self.spool) as meter:
            meter.record("acme", "m", output=1)
            child = os.fork()
            if child == 0:
                try:
                    meter.record("acme", "m", output=1)
                    os._exit(1)
                except taximeter.TaximeterError as error:
                    own = taximeter.Meter(self.spool + "-child")
                    own.record("acme", "m", output=1)
                    own.close()
                    os._exit(0 if error.code == "forked" else 2)
            self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 0)
            self.assertEqual(meter.counts.accepted, 1)


class QuoterTests(unittest.TestCase):
    def test_quotes(self):
        with taximeter.Quoter(BOOK) as quoter:
            case = {"id": "1", "model": "m", "completed_at": "2025-02-27T17:00:00Z", "cache_miss_tokens": 3, "output_tokens": 4}
            priced, unpriced = quoter.quote([case, {**case, "id": "2", "model": "n"}])
            self.assertEqual(priced["amount"], "0.000011")
            self.assertEqual(unpriced, {"id": "2", "unpriced": "no_tariff"})
            self.assertEqual(len(quoter.quote([case] * 1_000)), 1_000)

    def test_a_book_with_errors(self):
        with self.assertRaises(taximeter.TaximeterError) as caught:
            taximeter.Quoter(BOOK.replace("rates:", "rate:"))
        self.assertEqual(caught.exception.code, "invalid_input")
        self.assertIn("rates", str(caught.exception))


@unittest.skipUnless(os.environ.get("TAXIMETER_TEST_DATABASE_URL"), "no database was given")
class StoreTests(unittest.TestCase):
    def test_reservations(self):
        # The test that runs this has granted 10 dollars to prepaid.
        with taximeter.Store(os.environ["TAXIMETER_TEST_DATABASE_URL"]) as store:
            self.assertIsNone(store.balance("nobody"))
            self.assertEqual(store.balance("prepaid")["available"], Decimal(10))
            self.assertEqual(store.reserve("prepaid", "r1", Decimal("6.5"), "USD", 60), {"answer": "reserved"})
            answer = store.reserve("prepaid", "r2", "4", "USD", 60)
            self.assertEqual((answer["answer"], Decimal(answer["available"])), ("insufficient", Decimal("3.5")))
            self.assertEqual(store.settle("prepaid", "r1", "2", "USD"), {"answer": "settled"})
            self.assertEqual(store.settle("prepaid", "r9", "2", "USD"), {"answer": "unknown"})
            self.assertEqual(store.balance("prepaid")["available"], Decimal(8))
            with self.assertRaises(TypeError):
                store.reserve("prepaid", "r3", 0.1, "USD", 60)

    def test_what_was_recorded_is_shipped(self):
        with tempfile.TemporaryDirectory() as folder, taximeter.Store(os.environ["TAXIMETER_TEST_DATABASE_URL"]) as store:
            with taximeter.Meter(os.path.join(folder, "spool"), store) as meter:
                for index in range(1_000):
                    meter.record("python", "m", request_id=f"r-{index}", output=2)


if __name__ == "__main__":
    unittest.main()
