"""The other side of a lock: obeys one-word commands on stdin, answers one line each."""

import sys

from kazoo.client import KazooClient

hosts, path, counter = sys.argv[1:4]
client = KazooClient(hosts=hosts, timeout=10)
client.start()
lock = client.Lock(path, "kazoo")


def increment(rounds):
    for _ in range(rounds):
        with lock:
            data, _stat = client.get(counter)
            client.set(counter, str(int(data) + 1).encode())


for line in sys.stdin:
    command, *rest = line.split()
    if command == "try":
        answer = lock.acquire(blocking=False)
    elif command == "acquire":
        answer = lock.acquire(timeout=30)
    elif command == "release":
        answer = lock.release()
    elif command == "contenders":
        answer = ",".join(lock.contenders())
    elif command == "increment":
        answer = increment(int(rest[0]))
    print(answer, flush=True)

client.stop()
