"""What the programs of this folder share: paths, records as JSON, locks as kazoo makes them, commands on lines."""

import json
import logging
import sys
import threading
import time

from kazoo.client import KazooClient
from kazoo.exceptions import LockTimeout, NoNodeError, NotEmptyError
from kazoo.recipe.lock import Lock

REQUESTS = "/nodepool/requests"
REQUEST_LOCKS = "/nodepool/requests-lock"
NODES = "/nodepool/nodes"
COMPONENTS = "/nodepool/components"


# Cut connections are part of the play.
logging.getLogger("kazoo").setLevel(logging.CRITICAL + 1)


class Tree:
    """One session, and records read and written through it the way the Python programs do: whole, by any version."""

    def __init__(self, hosts, timeout):
        self.client = KazooClient(hosts=hosts, timeout=timeout)
        self.client.start(timeout=30)

    def children(self, path):
        try:
            return sorted(self.client.get_children(path))
        except NoNodeError:
            return []

    def read(self, path, watch=None):
        """The record, or None when there is none."""
        return self.read_with_version(path, watch)[0]

    def read_with_version(self, path, watch=None):
        try:
            data, stat = self.client.get(path, watch=watch)
        except NoNodeError:
            return None, None
        return (json.loads(data.decode("utf8")) if data else None), stat.version

    def write(self, path, record, version=-1):
        self.client.set(path, json.dumps(record).encode("utf8"), version=version)

    def change(self, path, **fields):
        """What a lock holder does: reads, changes, writes everything back."""
        record = self.read(path)
        if "state" in fields:
            fields["state_time"] = time.time()
        record.update(fields)
        self.write(path, record)
        return record

    def remove(self, path, recursive=False):
        """False when it was gone, or somebody asked for its lock while it came down: the next pass finds it again."""
        try:
            self.client.delete(path, recursive=recursive)
            return True
        except (NoNodeError, NotEmptyError):
            return False

    def lock(self, path, timeout=None, identifier=None):
        """The lock, or None when another holds it; waits only when `timeout` is given, seconds."""
        lock = Lock(self.client, path, identifier)
        try:
            taken = lock.acquire(blocking=timeout is not None, timeout=timeout)
        except (LockTimeout, NoNodeError):
            taken = False
        return lock if taken else None

    def wait(self, path, done, timeout):
        """Waits by watches until `done(record)`, with None for a record that is gone; the record then."""
        give_up = time.monotonic() + timeout
        while True:
            changed = threading.Event()
            record = self.read(path, watch=lambda event, changed=changed: changed.set())
            if done(record):
                return record
            if record is None:
                raise RuntimeError("%s is gone" % path)
            if not changed.wait(give_up - time.monotonic()):
                raise RuntimeError("%s still says %s" % (path, record.get("state")))

    def stop(self):
        self.client.stop()
        self.client.close()


def serve(commands):
    """Runs one JSON command per line of standard input and prints one JSON answer per line, until the input ends."""
    print(json.dumps({"result": "ready"}), flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        try:
            answer = {"result": commands[order.pop("command")](**order)}
        except Exception as error:
            answer = {"error": "%s: %s" % (type(error).__name__, error)}
        print(json.dumps(answer), flush=True)
