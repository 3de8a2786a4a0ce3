"""Zuul, as far as a launcher can see it: usage `zuul.py <hosts> <session timeout, s>`, commands on standard input.

A request is persistent and holds only the keys that Zuul knows. Nodes are checked, locked within 30 s and checked
again before the request is deleted; every write goes through a lock; a priority is revised under the request's lock.
"""

import json
import random
import sys
import threading
import time

from kazoo.exceptions import BadVersionError, NoNodeError

import rules
from tree import COMPONENTS, NODES, REQUEST_LOCKS, REQUESTS, Tree, serve

NODE_LOCK_TIMEOUT = 30
ANSWER_TIMEOUT = 45
FOREIGN_REQUEST_KEYS = ("zuul_only",)


class Zuul:
    def __init__(self, hosts, timeout):
        self.tree = Tree(hosts, timeout)
        self.locks = {}

    # Requests

    def submit(self, labels, priority=100, ephemeral=False, **fields):
        now = time.time()
        record = {
            "state": "requested",
            "state_time": now,
            "node_types": labels,
            "requestor": "zuul.example.com",
            "requestor_data": {
                "build_set_uuid": "0b6d8c5e5cf94b6a8a7f1d5d9e3e2c11",
                "tenant_name": "tenant-a",
                "pipeline_name": "check",
                "job_name": "unit",
                "span_info": None,
            },
            "created_time": now,
            "provider": None,
            "relative_priority": 0,
            "event_id": "f1f1c0ffee0000000000000000000000",
            "tenant_name": "tenant-a",
        }
        record.update(fields)
        path = "%s/%s-" % (REQUESTS, str(priority).zfill(3))
        data = json.dumps(record).encode("utf8")
        path = self.tree.client.create(path, data, makepath=True, sequence=True, ephemeral=ephemeral)
        return path.rsplit("/", 1)[1]

    def request(self, request):
        return self.tree.read("%s/%s" % (REQUESTS, request))

    def revise(self, request, relative_priority):
        """Under the lock, which is not waited for, and only while nobody has taken the request."""
        path = "%s/%s" % (REQUESTS, request)
        lock = self.tree.lock("%s/%s" % (REQUEST_LOCKS, request))
        if lock is None:
            return "locked"
        try:
            record, version = self.tree.read_with_version(path)
            if record is None:
                return "gone"
            if record["state"] != "requested":
                return record["state"]
            record["relative_priority"] = relative_priority
            self.tree.write(path, record, version)
            return "revised"
        except BadVersionError:
            return "changed meanwhile"
        finally:
            lock.release()

    def await_request(self, request, states, timeout=ANSWER_TIMEOUT):
        """The record once it is in one of `states`; `gone` is one."""
        path = "%s/%s" % (REQUESTS, request)
        return self.tree.wait(path, lambda record: ("gone" if record is None else record["state"]) in states, timeout)

    def cancel(self, request):
        return self.tree.remove("%s/%s" % (REQUESTS, request))

    # Nodes

    def accept(self, request):
        """Takes the nodes of a fulfilled request, then deletes it; `problems` says what a client must never see."""
        record = self.request(request)
        problems, launchers, nodes = [], [], record["nodes"]
        for node, label in zip(nodes, record["node_types"]):
            problems += self.problems_of_allocation(node, request, label)
            lock = self.tree.lock("%s/%s/lock" % (NODES, node), NODE_LOCK_TIMEOUT, "zuul.example.com")
            if lock is None:
                problems.append("node %s cannot be locked" % node)
                continue
            self.locks[node] = lock
            launchers.append(self.node(node)["launcher"])
            problems += self.problems_of_allocation(node, request, label)
        if not self.cancel(request):
            problems.append("request %s was deleted by another" % request)
        return {"nodes": nodes, "launchers": launchers, "problems": problems}

    def problems_of_allocation(self, node, request, label):
        record = self.node(node)
        if record is None:
            return ["node %s is gone" % node]
        found = (record["allocated_to"], record["state"], label in record["type"])
        return [] if found == (request, "ready", True) else ["node %s is %r" % (node, found)]

    def node(self, node):
        return self.tree.read("%s/%s" % (NODES, node))

    def use(self, nodes):
        for node in nodes:
            self.tree.change("%s/%s" % (NODES, node), state="in-use", user_data={"zuul_system": "zuul.example.com"})

    def finish(self, nodes, **fields):
        """Stores `used`, or what is given, and unlocks."""
        for node in nodes:
            self.tree.change("%s/%s" % (NODES, node), **dict({"state": "used"}, **fields))
        self.unlock(nodes)

    def hold(self, nodes, comment, hold_expiration):
        self.finish(
            nodes,
            state="hold",
            comment=comment,
            hold_expiration=hold_expiration,
            hold_job="tenant-a example/project unit .*",
        )

    def unlock(self, nodes):
        for node in nodes:
            self.locks.pop(node).release()

    def await_node(self, node, states, timeout=ANSWER_TIMEOUT):
        path = "%s/%s" % (NODES, node)
        return self.tree.wait(path, lambda record: ("gone" if record is None else record["state"]) in states, timeout)

    def await_free(self, node):
        """Until the node is ready and nobody's."""
        path = "%s/%s" % (NODES, node)
        return self.tree.wait(path, lambda record: record is None or is_free(record), ANSWER_TIMEOUT)

    def nodes_of(self, request):
        """Ids of the nodes allocated to a request."""
        found = ((node, self.node(node)) for node in self.tree.children(NODES))
        return [node for node, record in found if record is not None and record["allocated_to"] == request]

    # The tree

    def all_nodes(self):
        found = ((node, self.node(node)) for node in self.tree.children(NODES))
        return {node: record for node, record in found if record is not None}

    def all_requests(self):
        found = ((request, self.request(request)) for request in self.tree.children(REQUESTS))
        return {request: record for request, record in found if record is not None}

    def pools(self):
        paths = ["%s/pool/%s" % (COMPONENTS, name) for name in self.tree.children(COMPONENTS + "/pool")]
        return [record for record in map(self.tree.read, paths) if record is not None]

    def check(self, requests=()):
        """Everything that is wrong with the records there are; of requests only those named, answered by then."""
        kinds = [
            (NODES, self.tree.children(NODES), rules.problems_of_node),
            (REQUESTS, requests, lambda record: rules.problems_of_request(record, FOREIGN_REQUEST_KEYS)),
        ]
        for kind in ("launcher", "pool", "builder"):
            parent = "%s/%s" % (COMPONENTS, kind)
            kinds.append((parent, self.tree.children(parent), rules.problems_of_component))
        problems = []
        for parent, names, check in kinds:
            for name in names:
                path = "%s/%s" % (parent, name)
                try:
                    data = self.tree.client.get(path)[0]
                except NoNodeError:
                    continue
                # Kazoo leaves an empty znode behind when it locks a node that is just going away.
                if data or parent != NODES:
                    problems += ["%s %s" % (path, words) for words in rules.problems_of_data(data, check)]
        return problems

    # Load

    def jobs(self, count, threads, labels, seed, cancel_share=0.0, hold=0.05):
        """Many jobs at once, of one to three nodes each, some of them cancelled at any stage."""
        outcomes, queue = [], list(range(count))

        def work():
            while queue:
                try:
                    number = queue.pop()
                except IndexError:
                    return
                outcomes.append(self.job(random.Random(seed * 1000003 + number), labels, cancel_share, hold))

        workers = [threading.Thread(target=work, daemon=True) for _ in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        return outcomes

    def job(self, dice, labels, cancel_share, hold):
        wanted = [dice.choice(labels) for _ in range(dice.randint(1, 3))]
        request = self.submit(wanted, relative_priority=dice.randint(0, 3))
        outcome = {"request": request, "state": "cancelled", "nodes": [], "launchers": [], "problems": []}
        try:
            if dice.random() < cancel_share:
                time.sleep(dice.random() * 0.3)
                self.cancel(request)
                return outcome
            if dice.random() < 0.3:
                self.revise(request, dice.randint(0, 3))
            record = self.await_request(request, ["fulfilled", "failed"])
            outcome["state"] = record["state"]
            outcome["problems"] += rules.problems_of_request(record, FOREIGN_REQUEST_KEYS)
            if record["state"] == "failed":
                self.cancel(request)
                return outcome
            taken = self.accept(request)
            outcome.update(taken, problems=outcome["problems"] + taken["problems"])
            if dice.random() < cancel_share:
                self.unlock(taken["nodes"])
                outcome["state"] = "given back"
                return outcome
            self.use(taken["nodes"])
            time.sleep(dice.random() * hold)
            self.finish(taken["nodes"])
        except Exception as error:
            outcome["problems"].append("%s: %s" % (type(error).__name__, error))
        return outcome


def is_free(record):
    return record["state"] == "ready" and record["allocated_to"] is None


def main():
    zuul = Zuul(sys.argv[1], float(sys.argv[2]))
    names = (
        "submit request revise await_request cancel accept node use finish hold unlock await_node await_free nodes_of "
        "all_nodes all_requests pools check jobs"
    )
    serve({name: getattr(zuul, name) for name in names.split()})
    zuul.tree.stop()


main()
