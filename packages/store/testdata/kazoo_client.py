"""Does with kazoo what Zuul does, one JSON command per line of standard input, one JSON answer per line."""

import json
import sys

from kazoo.client import KazooClient
from kazoo.exceptions import LockTimeout, NoNodeError


def main():
    client = KazooClient(hosts=sys.argv[1], timeout=float(sys.argv[2]))
    client.start()
    locks = {}

    def lock(path, timeout=None):
        held = client.Lock(path, "zuul.example.com")
        try:
            taken = held.acquire(blocking=timeout is not None, timeout=timeout)
        except LockTimeout:
            taken = False
        if taken:
            locks[path] = held
        return taken

    def unlock(path):
        locks.pop(path).release()

    def create(path, data, sequence=False):
        return client.create(path, json.dumps(data).encode("utf8"), makepath=True, sequence=sequence)

    def change(path, fields):
        data, stat = client.get(path)
        record = json.loads(data.decode("utf8"))
        record.update(fields)
        client.set(path, json.dumps(record).encode("utf8"), version=stat.version)
        return record

    def get(path):
        try:
            return json.loads(client.get(path)[0].decode("utf8"))
        except NoNodeError:
            return None

    def delete(path):
        client.delete(path)

    def contenders(path):
        return client.Lock(path).contenders()

    commands = {f.__name__: f for f in (lock, unlock, create, change, get, delete, contenders)}
    for line in sys.stdin:
        command = json.loads(line)
        result = commands[command.pop("command")](**command)
        print(json.dumps({"result": result}), flush=True)
    client.stop()


main()
