"""A PostgreSQL, processes and spools for the tests of the clients.

TAXIMETER_COMMAND is the `taximeter` command; without it `.build/debug/taximeter`.
"""

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import taximeter

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # no network
ROOT = Path(__file__).resolve().parents[3]
COMMAND = os.environ.get("TAXIMETER_COMMAND") or str(ROOT / ".build/debug/taximeter")


class TapMeter(taximeter.Meter):
    """A meter that remembers what it was given, once the library has taken it."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.records = []

    def record(self, account, model, **values):
        super().record(account, model, **values)
        self.records.append({"account": account, "model": model, **values})

    def counts_of(self, place=-1):
        keys = ("cache_hit", "cache_miss", "cache_write", "cache_write_1h", "output")
        return tuple(self.records[place][key] for key in keys)


class SpoolTestCase(unittest.TestCase):
    """A folder that is gone after the test."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.spool = os.path.join(self.folder, "spool")

    def meter(self, **options):
        meter = TapMeter(self.spool, **options)
        self.addCleanup(meter.close)
        return meter


def eventually(condition, what, seconds=60):
    """Waits for something that another thread or process does."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {seconds} seconds")
        time.sleep(0.02)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def environment(**values):
    """The environment for a process that imports taximeter, as it is imported here."""
    path = os.pathsep.join([str(ROOT / "bindings/python"), os.environ.get("PYTHONPATH", "")])
    return {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", **values}


def start(*arguments, log, **values):
    """Starts this Python with a module or a script."""
    with open(log, "ab") as output:
        return subprocess.Popen([sys.executable, *arguments], env=environment(**values), stdout=output, stderr=output)


class Database:
    """A PostgreSQL of the command's own, for one test class."""

    def __init__(self):
        self._home = tempfile.TemporaryDirectory(prefix="tx-")
        os.chmod(self._home.name, 0o755)  # root runs the server as postgres
        self._environment = {key: value for key, value in os.environ.items() if not key.startswith(("PG", "TAXIMETER_DATABASE"))}
        self._environment["TAXIMETER_HOME"] = os.path.join(self._home.name, "home")
        self.run("db", "start")
        self.run("db", "migrate")
        answer = self.run("db", "status")
        found = re.search(r"postgres(?:ql)?://\S+|host=.*", answer)
        assert found, answer
        self.url = found.group(0).strip().strip("'\"")

    def run(self, *arguments):
        result = subprocess.run([COMMAND, *arguments], env=self._environment, capture_output=True, text=True, timeout=120)
        if result.returncode != 0:
            raise AssertionError(f"taximeter {' '.join(arguments)}: {result.returncode} {result.stdout} {result.stderr}")
        return result.stdout

    def query(self, sql):
        """The rows, as text."""
        tools = sorted(Path("/usr/lib/postgresql").glob("*/bin/psql"))
        psql = str(tools[-1]) if tools else "psql"
        result = subprocess.run([psql, "-XAtq", self.url, "-c", sql], capture_output=True, text=True, timeout=60)
        if result.returncode != 0:
            raise AssertionError(result.stderr)
        return [tuple(line.split("|")) for line in result.stdout.splitlines()]

    def drain(self, *folders):
        """Ships what the folders of dead processes have, and holds it against what they said."""
        for folder in folders:
            self.run("spool", "drain", str(folder))
        self.run("audit", "events")

    def stop(self):
        self.run("db", "stop")
        self._home.cleanup()
