"""Many jobs, as Zuul runs them, through everything that befalls the servers: `load.py <hosts> <options as JSON>`.

Options: seed, threads, labels, pause (longest time between two jobs of a thread, s), hold (longest time of use, s),
cancel_share, patience (s).
Commands on standard input: `start`, `counts`, `stop` (no new job; waits for those there are), `problems`.

An operation that a cut connection leaves open is repeated as Zuul repeats it: a creation only after a look at what is
there. When the session itself is lost, so are its locks, and a job that had any is given up.
"""

import collections
import json
import os
import random
import sys
import threading
import time
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../interop/python"))

from kazoo.client import KazooState
from kazoo.exceptions import ConnectionLoss, LockTimeout, NoNodeError, OperationTimeoutError, SessionExpiredError
from kazoo.recipe.lock import Lock
from kazoo.retry import KazooRetry

from tree import NODES, REQUESTS, Tree, serve

SESSION_SEC = 40
NODE_LOCK_TIMEOUT = 30
OPEN = (ConnectionLoss, OperationTimeoutError, SessionExpiredError)


class SessionLost(Exception):
    """Everything that was locked is not any more."""


class Load:
    def __init__(self, hosts, options):
        self.options = options
        self.tree = Tree(hosts, SESSION_SEC)
        self.client = self.tree.client
        self.sessions_lost = 0
        self.client.add_listener(self.state_changed)
        self.retry = KazooRetry(max_tries=-1, delay=0.1, max_delay=1, ignore_expire=True)
        self.stopping = threading.Event()
        self.threads = []
        self.counts_ = collections.Counter()
        self.waits = []
        self.problems_ = []

    def state_changed(self, state):
        if state == KazooState.LOST:
            self.sessions_lost += 1

    # Commands

    def start(self):
        for number in range(self.options["threads"]):
            thread = threading.Thread(target=self.work, args=(number,), daemon=True)
            thread.start()
            self.threads.append(thread)

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join()
        return self.counts()

    def counts(self):
        waits = sorted(self.waits)
        spread = {"p50": waits[len(waits) // 2], "p99": waits[len(waits) * 99 // 100], "max": waits[-1]} if waits else {}
        return dict(self.counts_, waits=spread, sessions_lost=self.sessions_lost)

    def problems(self):
        found, self.problems_ = self.problems_, []
        return found

    # Jobs

    def work(self, number):
        dice = random.Random("%s/%s" % (self.options["seed"], number))
        while not self.stopping.is_set():
            try:
                self.job(dice)
            except SessionLost:
                self.counts_["cut off"] += 1
            except Exception as error:
                self.problems_.append("%s: %s" % (type(error).__name__, error))
            self.stopping.wait(dice.random() * self.options["pause"])

    def job(self, dice):
        wanted = [dice.choice(self.options["labels"]) for _ in range(dice.choice((1, 1, 1, 2, 3)))]
        cancel = dice.random() < self.options["cancel_share"]
        request = self.submit(wanted)
        if cancel:
            time.sleep(dice.random() * 3)
            self.delete(request)
            self.counts_["cancelled"] += 1
            return
        asked = time.monotonic()
        record = self.await_answer(request)
        if record is None:
            return
        self.waits.append(time.monotonic() - asked)
        self.counts_[record["state"]] += 1
        if record["state"] == "failed":
            self.problems_.append("request %s for %s failed, declined by %s" % (request, wanted, record["declined_by"]))
            self.delete(request)
            return
        self.use(request, record, dice)

    def use(self, request, record, dice):
        """Zuul's part: locked, checked, in use; the request goes; used, unlocked."""
        session = self.sessions_lost
        locks = []
        try:
            for node in record["nodes"]:
                lock = Lock(self.client, "%s/%s/lock" % (NODES, node), "zuul.example.com")
                try:
                    taken = lock.acquire(timeout=NODE_LOCK_TIMEOUT)
                except LockTimeout:
                    taken = False
                locks.append(lock)
                self.check_session(session)
                self.check_node(node, request, taken)
            self.delete(request)
            for node in record["nodes"]:
                self.set_state(node, "in-use", session)
            time.sleep(dice.random() * self.options["hold"])
            for node in record["nodes"]:
                self.set_state(node, "used", session)
            self.counts_["nodes used"] += len(record["nodes"])
        finally:
            for lock in locks:
                self.retry(lock.release)

    def check_node(self, node, request, taken):
        record = self.retry(self.tree.read, "%s/%s" % (NODES, node))
        found = None if record is None else (record["state"], record["allocated_to"])
        if not taken or found != ("ready", request):
            self.problems_.append("node %s for request %s, locked: %s, is %s" % (node, request, taken, found))

    def check_session(self, session):
        if self.sessions_lost != session:
            raise SessionLost()

    # Operations that outlive a cut

    def submit(self, labels):
        event = uuid.uuid4().hex
        now = time.time()
        record = {
            "state": "requested",
            "state_time": now,
            "node_types": labels,
            "requestor": "zuul.example.com",
            "requestor_data": {"job_name": "chaos"},
            "created_time": now,
            "provider": None,
            "relative_priority": 0,
            "event_id": event,
            "tenant_name": "tenant-a",
        }
        data = json.dumps(record).encode("utf8")
        while True:
            try:
                return self.client.create(REQUESTS + "/100-", data, sequence=True, makepath=True).rsplit("/", 1)[1]
            except OPEN:
                time.sleep(0.2)
            found = self.retry(self.find, event)
            if found is not None:
                return found

    def find(self, event):
        for name in self.tree.children(REQUESTS):
            record = self.tree.read("%s/%s" % (REQUESTS, name))
            if record is not None and record.get("event_id") == event:
                return name
        return None

    def await_answer(self, request):
        path = "%s/%s" % (REQUESTS, request)
        give_up = time.monotonic() + self.options["patience"]
        while time.monotonic() < give_up:
            changed = threading.Event()
            record = self.retry(self.tree.read, path, lambda event, changed=changed: changed.set())
            if record is None:
                self.problems_.append("request %s was deleted by another" % request)
                return None
            if record["state"] in ("fulfilled", "failed"):
                return record
            # A watch is lost with the session: look again now and then.
            changed.wait(2)
        self.problems_.append("request %s was not answered in %s s" % (request, self.options["patience"]))
        self.delete(request)
        return None

    def delete(self, request):
        self.retry(self.tree.remove, "%s/%s" % (REQUESTS, request))

    def set_state(self, node, state, session):
        path = "%s/%s" % (NODES, node)
        while True:
            self.check_session(session)
            try:
                self.tree.change(path, state=state)
                return
            except OPEN:
                time.sleep(0.1)
            except NoNodeError:
                self.check_session(session)
                raise


def main():
    load = Load(sys.argv[1], json.loads(sys.argv[2]))
    serve({name: getattr(load, name) for name in ("start", "stop", "counts", "problems")})


main()
