"""The clients as processes: the proxy and the examples as they are started, forked workers, and processes that are killed."""

import glob
import os
import random
import signal
import subprocess
import sys
import threading
import time
import unittest

import support
import taximeter

try:
    import fastapi  # noqa: F401
    import httpx
    import uvicorn  # noqa: F401
except ImportError:
    raise unittest.SkipTest("fastapi, httpx and uvicorn are not installed")
if not os.path.exists(support.COMMAND):
    raise unittest.SkipTest(f"{support.COMMAND} is not built")
try:
    import litellm  # noqa: F401
    has_litellm = True
except ImportError:
    has_litellm = False

# Completes without an end, eight calls waiting for LiteLLM's callback at most; says each call's id once it is on the disk.
LITELLM_LOAD = """
import os, sys, threading, litellm, taximeter
from taximeter.litellm import Callback

class Telling(Callback):
    def log_success_event(self, kwargs, response_obj, start_time, end_time):
        super().log_success_event(kwargs, response_obj, start_time, end_time)
        os.write(1, (kwargs["litellm_call_id"] + "\\n").encode())
        room.release()

room = threading.Semaphore(8)
callback = Telling(taximeter.Meter(sys.argv[1]), durably=True)
litellm.callbacks = [callback]
while True:
    room.acquire()
    litellm.completion("openai/m", messages=[{"role": "user", "content": "What?"}], mock_response="Paris.", user="acme")
"""


class ProcessTests(support.SpoolTestCase):
    @classmethod
    def setUpClass(cls):
        cls.database = support.Database()
        cls.addClassCleanup(cls.database.stop)

    def spools(self):
        return [path for path in glob.glob(os.path.join(self.spool, "worker-*")) if os.path.isdir(path)]

    def stored(self, account):
        rows = self.database.query(
            "SELECT request_id FROM taximeter.usage_event INNER JOIN taximeter.account USING (account_key) "
            f"WHERE external_id = '{account}'")
        ids = [row[0] for row in rows]
        self.assertEqual(len(ids), len(set(ids)), "an id is stored twice")
        return set(ids)

    def serve(self, log, *arguments):
        port = support.free_port()
        process = support.start(
            *[argument.format(port=port) for argument in arguments], log=log, TAXIMETER_SPOOL=self.spool,
            LITELLM_MASTER_KEY="sk-test", OPENAI_API_KEY="none", LITELLM_TELEMETRY="False")
        self.addCleanup(lambda: process.poll() is None and process.kill())
        return process, f"http://127.0.0.1:{port}"

    def wait(self, url, log):
        def answers():
            try:
                return httpx.get(url, timeout=5).status_code < 500
            except httpx.HTTPError:
                return False
        try:
            support.eventually(answers, url, 120)
        except AssertionError:
            with open(log) as text:
                self.fail(f"{url} does not answer: {text.read()[-3000:]}")

    @unittest.skipUnless(has_litellm, "litellm is not installed")
    def test_the_proxy(self):
        log = os.path.join(self.folder, "log")
        config = str(support.ROOT / "examples/litellm/config.yaml")
        process, url = self.serve(
            log, "-c", "import sys; from litellm import run_server; sys.exit(run_server())", "--config", config, "--port",
            "{port}", "--host", "127.0.0.1")
        self.wait(f"{url}/health/liveliness", log)
        body = {"model": "mock", "messages": [{"role": "user", "content": "What?"}], "metadata": {"account": "thief"}}
        answer = httpx.post(
            f"{url}/v1/chat/completions", json=body, headers={"authorization": "Bearer sk-test"}, timeout=60)
        self.assertEqual(answer.status_code, 200, answer.text)
        call_id = answer.headers["x-litellm-call-id"]
        # LiteLLM calls back after the response; a segment is made with the first batch.
        support.eventually(lambda: glob.glob(self.spool + "/worker-0/*.spool"), "the call is in the spool")
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        self.database.drain(*self.spools())
        rows = self.database.query(
            "SELECT cache_miss_tokens, output_tokens, account.external_id FROM taximeter.usage_event "
            f"INNER JOIN taximeter.account USING (account_key) WHERE request_id = '{call_id}'")
        usage = answer.json()["usage"]
        self.assertEqual(rows[0][:2], (str(usage["prompt_tokens"]), str(usage["completion_tokens"])))
        self.assertNotEqual(rows[0][2], "thief")

    @unittest.skipUnless(has_litellm, "litellm is not installed")
    def test_litellm_killed_under_load(self):
        acknowledged = set()
        for _ in range(3):
            with open(os.path.join(self.folder, "log"), "ab") as log:
                process = subprocess.Popen(
                    [sys.executable, "-c", LITELLM_LOAD, self.spool], env=support.environment(), stdout=subprocess.PIPE,
                    stderr=log)
            watchdog = threading.Timer(120, process.kill)
            watchdog.start()
            lines = [process.stdout.readline()]  # it has begun
            watchdog.cancel()
            threading.Timer(random.uniform(0.1, 1), process.kill).start()
            lines += process.stdout.readlines()
            self.assertEqual(process.wait(), -signal.SIGKILL)
            process.stdout.close()
            acknowledged |= {line.decode().strip() for line in lines if line.endswith(b"\n")}
        self.assertGreater(len(acknowledged), 3)
        self.database.drain(self.spool)
        self.assertEqual(acknowledged - self.stored("acme"), set())

    def test_a_server_killed_under_load(self):
        os.chdir(support.ROOT / "examples/python")
        log, acknowledged = os.path.join(self.folder, "log"), set()
        for round in range(3):
            process, url = self.serve(log, "-m", "uvicorn", "server:app", "--port", "{port}", "--log-level", "warning")
            self.wait(f"{url}/openapi.json", log)

            def load(number):
                with httpx.Client(base_url=url) as client:
                    for index in range(100_000):
                        name = f"{round}-{number}-{index}"
                        body = {"model": "m", "messages": [{"role": "user", "content": "why not"}], "stream": index % 2 == 1}
                        try:
                            answer = client.post(
                                "/v1/chat/completions", json=body, headers={"x-account": "server", "x-request-id": name})
                        except httpx.HTTPError:
                            return
                        if answer.status_code == 200:
                            acknowledged.add(name)

            threads = [threading.Thread(target=load, args=(number,)) for number in range(4)]
            for thread in threads:
                thread.start()
            time.sleep(random.uniform(0.3, 1.5))
            process.kill()
            process.wait()
            for thread in threads:
                thread.join()
        self.assertGreater(len(acknowledged), 10)
        # A worker takes over the folder of the one before.
        self.assertEqual([os.path.basename(path) for path in self.spools()], ["worker-0"])
        self.database.drain(*self.spools())
        self.assertEqual(acknowledged - self.stored("server"), set())

    def test_forked_workers_have_folders_of_their_own(self):
        def work(number):
            meter = taximeter.Meter(taximeter.worker_folder(self.spool))
            for index in range(50):
                meter.record("forked", "m", request_id=f"{number}-{index}", output=1)
            meter.close()
            time.sleep(1)  # all at the same time

        children = []
        for number in range(3):
            child = os.fork()
            if child == 0:
                try:
                    work(number)
                    os._exit(0)
                finally:
                    os._exit(1)
            children.append(child)
        for child in children:
            self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 0)
        self.assertEqual(len(self.spools()), 3)
        self.database.drain(*self.spools())
        self.assertEqual(len(self.stored("forked")), 150)

    def test_gunicorn(self):
        try:
            import gunicorn  # noqa: F401
            import uvicorn.workers  # noqa: F401
        except ImportError as error:
            self.skipTest(str(error))
        os.chdir(support.ROOT / "examples/python")
        log = os.path.join(self.folder, "log")
        process, url = self.serve(
            log, "-m", "gunicorn", "-w", "2", "-k", "uvicorn.workers.UvicornWorker", "-b", "127.0.0.1:{port}", "server:app")
        self.wait(f"{url}/openapi.json", log)
        support.eventually(lambda: len(self.spools()) == 2, "both workers have a folder")
        body = {"model": "m", "messages": [{"role": "user", "content": "why"}]}
        for index in range(20):
            answer = httpx.post(
                f"{url}/v1/chat/completions", json=body, headers={"x-account": "gunicorn", "x-request-id": f"r-{index}"})
            self.assertEqual(answer.status_code, 200)
        process.terminate()
        process.wait(30)
        self.database.drain(*self.spools())
        self.assertEqual(len(self.stored("gunicorn")), 20)

    def test_the_script(self):
        book = str(support.ROOT / "fixtures/price-books/deepseek-usd.yaml")
        result = subprocess.run(
            [sys.executable, str(support.ROOT / "examples/python/meter.py"), self.spool, book], env=support.environment(),
            capture_output=True, text=True, timeout=60)
        self.assertEqual(result.returncode, 0, result.stderr)
        # 1024 x 0.035 + 310 x 0.135 + 842 x 0.55 and 64 x 0.035 + 26 x 0.135 + 7 x 0.55 dollars a million, at night.
        self.assertEqual(result.stdout, "req-1 0.00054079\nreq-2 0.0000096\n2 on the disk\n")
        self.database.drain(self.spool)
        self.assertEqual(self.stored("acme") & {"req-1", "req-2"}, {"req-1", "req-2"})


if __name__ == "__main__":
    unittest.main()
