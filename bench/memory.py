"""How soon a server is ready at a million accounts, and how much memory it has: idle, and after a minute of full load.

    python -m bench.memory [--accounts 1000000] [--keep DIR] [--seconds 60]

The load: grants of 20,000 accounts from all over the database. Memory is all that is resident, shared libraries too.
"""

import argparse
import tempfile
import time
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from bench import organisation
from bench.measure import FORM, Load, machine, memory, pin, spread, write_results, write_script
from tests.serving import Server

_ACCOUNTS_AT_WORK: Final = 20_000


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data_dir: Path = options.keep or folder / "var"
        organisation.make(data_dir, options.accounts)
        starts = [_start(data_dir) for _ in range(options.starts)]
        with Server(data_dir) as server:
            pin(server.pid)
            time.sleep(options.idle)
            idle = memory(server.pid).resident
            bodies = [
                urlencode(organisation.grant_form(one))
                for one in organisation.names(data_dir, _ACCOUNTS_AT_WORK)
            ]
            script = write_script(folder / "grants.lua", "POST", FORM, bodies)
            load = Load(script, f"{server.url}/api/v2/token", [server.pid])
            rate = load.round(options.seconds).rate
            loaded = memory(server.pid).resident
    print(machine())
    print(f"{options.accounts:,} accounts, SQLite")
    print(f"ready after {spread(starts, '.2f')} s")
    print(
        f"resident: {idle:.0f} MiB idle, {loaded:.0f} MiB after {options.seconds} s at {rate:,.0f} grants a second"
    )
    write_results(
        "memory",
        {
            "accounts": options.accounts,
            "readySeconds": [round(one, 3) for one in starts],
            "idleMiB": round(idle, 1),
            "loadedMiB": round(loaded, 1),
        },
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.memory", description=__doc__.partition("\n")[0])
    parser.add_argument("--accounts", type=int, default=1_000_000, help="how many accounts (1,000,000)")
    parser.add_argument("--keep", type=Path, help="where the database is kept, and used again")
    parser.add_argument("--starts", type=int, default=3, help="how often it is started (3)")
    parser.add_argument("--idle", type=int, default=5, help="seconds before it counts as idle (5)")
    parser.add_argument("--seconds", type=int, default=60, help="seconds of load (60)")
    return parser.parse_args()


def _start(data_dir: Path) -> float:
    """Seconds from the command to the first answer that it is ready."""
    begun = time.perf_counter()
    with Server(data_dir):
        return time.perf_counter() - begun


if __name__ == "__main__":
    main()
