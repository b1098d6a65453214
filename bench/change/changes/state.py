"""kill -9 while the admin API changes what is kept in the state file."""

import http.client
import json
import random
import threading
import time

from harness.processes import BenchError

from .results import Result, only_weir
from .setting import start

KILLS, LONGEST_SECONDS = 50, 0.6
SEED = 5
POOL = "/v1/pools/spare/servers"
ADDRESSES = [f"127.9.0.{number}:9" for number in range(1, 40)]


def state(rig):
    """50 times: the API adds, removes and changes servers without a pause until Weir is killed."""
    if rig.kind != "weir":
        return only_weir("state", rig, "they keep no state")
    balancer, *_ = start(rig)
    chance = random.Random(SEED)
    edits = Edits(balancer.api, chance, _servers(balancer))
    damaged, lost, kept = 0, 0, 0
    kills = round(rig.scaled(KILLS, least=5))
    for _ in range(kills):
        edits.begin()
        time.sleep(chance.uniform(0.02, LONGEST_SECONDS))
        balancer.kill()
        edits.join()
        damaged += not _is_whole(balancer.directory / "state.json")
        balancer.launch()
        found = _servers(balancer)
        lost += found not in (edits.known, edits.maybe)
        kept += found == edits.maybe != edits.known
        edits.known = found
    result = Result("state", rig.kind)
    result.changes = edits.count
    result.target("state files that were not whole", damaged, 0)
    result.target("restarts that did not bring back all that the API had confirmed", lost, 0)
    result.notes.append(f"{kills} kills, without further load; {kept} times the change without an answer was kept")
    return result


class Edits:
    """Changes by the API, one after the other, on a thread of its own, until it answers no more."""

    def __init__(self, api, chance, known):
        self._api = api
        self._chance = chance
        self._thread = None
        self.known = known  # address -> weight, as confirmed
        self.maybe = known  # the same with the change that was not confirmed
        self.count = 0

    def begin(self):
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._failure = None
        self._thread.start()

    def join(self):
        self._thread.join()
        if self._failure:
            raise BenchError(self._failure)

    def _run(self):
        try:
            while True:
                self._edit()
                self.count += 1
        except (OSError, http.client.HTTPException):
            pass  # it was killed
        except BenchError as refused:
            self._failure = str(refused)

    def _edit(self):
        address = self._chance.choice(ADDRESSES)
        if address not in self.known:
            weight = self._chance.randint(1, 9)
            self.maybe = {**self.known, address: weight}
            self._api.must("POST", POOL, {"address": address, "weight": weight})
        elif self._chance.random() < 0.5:
            self.maybe = {key: value for key, value in self.known.items() if key != address}
            self._api.must("DELETE", f"{POOL}/{address}")
        else:
            weight = self.known[address] % 9 + 1
            self.maybe = {**self.known, address: weight}
            self._api.must("PATCH", f"{POOL}/{address}", {"weight": weight})
        self.known = self.maybe


def _servers(balancer):
    """What the pool has by the running Weir's account."""
    servers = balancer.api.must("GET", POOL)["servers"]
    return {server["address"]: server["config"].get("weight", 1) for server in servers}


def _is_whole(file):
    try:
        return isinstance(json.loads(file.read_text()), dict)
    except FileNotFoundError:
        return True  # nothing was changed yet
    except ValueError:
        return False
