"""What the programs share: where the server is, and how results are told (one JSON object at the end)."""

import json
import os
import sys

HOST = os.environ["PGHOST"]
PORT = int(os.environ["PGPORT"])
USER = os.environ["PGUSER"]
PASSWORD = os.environ["PGPASSWORD"]
DATABASE = os.environ["PGDATABASE"]
CA = os.environ["CA_FILE"]
SAMPLES = json.loads(os.environ["SAMPLES"])
ENDLESS = "with recursive r(n) as (select 1 union all select n + 1 from r) select count(*) from r"

told = {}


def check(name, given, wanted):
    """Tells whether a step gave what it should."""
    told[name] = "ok" if given == wanted else f"gave {given!r} instead of {wanted!r}"


def step(name):
    """A decorator: runs the function at once; what it throws is told under its name."""

    def run(function):
        try:
            function()
            told.setdefault(name, "ok")
        except Exception as error:  # every failure is a result
            told[name] = f"{type(error).__name__}: {error}"
        return function

    return run


def finish():
    json.dump(told, sys.stdout)
