"""Requests per second of kazoo's asynchronous calls: connect string, count, depth; prints JSON."""

import json
import sys
import threading
import time

from kazoo.client import KazooClient

hosts, count, depth = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
payload = b"x" * 256
client = KazooClient(hosts=hosts)
client.start()
client.ensure_path("/kazoo")


def measure(request):
    slots = threading.Semaphore(depth)
    started = time.monotonic()
    for index in range(count):
        slots.acquire()
        request("/kazoo/%d" % index).rawlink(lambda _result: slots.release())
    for _ in range(depth):
        slots.acquire()
    return count / (time.monotonic() - started)


figures = {
    "create": measure(lambda path: client.create_async(path, payload)),
    "get": measure(client.get_async),
    "set": measure(lambda path: client.set_async(path, payload)),
    "delete": measure(client.delete_async),
}
client.stop()
print(json.dumps(figures))
