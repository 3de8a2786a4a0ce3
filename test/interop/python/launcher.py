"""A launcher as the Python one looks from the tree: `launcher.py <hosts> <session timeout, s> <options as JSON>`.

It registers, takes requests, makes nodes, keeps min-ready, deletes and cleans up with the locks, the order of writes
and the whole-record rewrites of the original, in short loops and for a cloud that is a directory. Unknown keys of the
records it rewrites are lost, as with the original. Source: docs/compatibility/launcher.md sections 2 to 11.

Options: provider, pool, labels, max_servers, min_ready (by label), boot_sec, priority, cloud (directory).
Commands on standard input: `counts`, `stop`.
"""

import json
import socket
import sys
import threading
import time
import traceback
import uuid

from kazoo.exceptions import KazooException, NoNodeError

import rules
from cloud import Cloud
from tree import COMPONENTS, NODES, REQUEST_LOCKS, REQUESTS, Tree, serve

MIN_READY = "NodePool:min-ready"
LOOP_SEC = 0.1
CLEANUP_EVERY = 5
DELETABLE = ("used", "in-use", "building", "failed", "deleting", "deleted", "aborted")


class RequestGone(Exception):
    """Its owner has cancelled it: nothing to complain about."""


class Handler:
    """A request that was accepted: its lock, and the nodes gathered so far with theirs."""

    def __init__(self, request, record, lock):
        self.request = request
        self.record = record
        self.lock = lock
        self.nodes = []
        self.paused = False

    def missing(self):
        wanted = list(self.record["node_types"])
        for node in self.nodes:
            wanted.remove(node["label"])
        return wanted


class Launcher:
    def __init__(self, hosts, timeout, options):
        self.tree = Tree(hosts, timeout)
        self.options = options
        self.provider, self.pool = options["provider"], options["pool"]
        self.cloud = Cloud(options["cloud"])
        self.id = "%s-PoolWorker.%s-%s-%s" % (socket.getfqdn(), self.provider, self.pool, uuid.uuid4().hex)
        self.handlers = []
        self.own_requests = {}
        self.counts = {"fulfilled": 0, "declined": 0, "launched": 0, "deleted": 0, "reset": 0, "errors": []}
        self.running = True

    # Registry

    def register(self):
        common = {"hostname": socket.gethostname(), "state": "running", "version": "10.0.0", "model_api": 0}
        pool = {
            "id": self.id,
            "name": self.pool,
            "provider_name": self.provider,
            "supported_labels": self.options["labels"],
            "priority": self.options.get("priority", 100),
            "paused": False,
        }
        for record in (dict(common, kind="launcher"), dict(common, kind="pool", **pool)):
            self.tree.client.create(
                "%s/%s/%s" % (COMPONENTS, record["kind"], record["hostname"]),
                json.dumps(record, sort_keys=True).encode("utf8"),
                makepath=True,
                ephemeral=True,
                sequence=True,
            )

    def pools(self):
        parent = COMPONENTS + "/pool"
        return [pool for pool in (self.tree.read(parent + "/" + name) for name in self.tree.children(parent)) if pool]

    # Requests

    def assign(self, nodes):
        pools = self.pools()
        if self.id not in [pool["id"] for pool in pools]:
            return
        requests = [(name, self.tree.read("%s/%s" % (REQUESTS, name))) for name in self.tree.children(REQUESTS)]
        requests = [(name, record) for name, record in requests if record is not None]
        requests.sort(key=lambda pair: (pair[0].split("-")[0], pair[1].get("relative_priority", 0), pair[0]))
        for name, record in requests:
            if record["state"] != "requested" or self.id in record.get("declined_by", []):
                continue
            labels = set(record["node_types"])
            lacking = labels - set(self.options["labels"])
            candidates = [
                pool
                for pool in pools
                if labels <= set(pool["supported_labels"]) and pool["id"] not in record.get("declined_by", [])
            ]
            if lacking and candidates:
                continue
            full = len(self.own(nodes)) >= self.options["max_servers"]
            hopeless = (
                bool(lacking)
                or len(record["node_types"]) > self.options["max_servers"]
                or (full and record.get("requestor") == MIN_READY)
            )
            if not hopeless and any(handler.paused for handler in self.handlers):
                continue
            self.take(name, hopeless, pools, nodes)

    def take(self, name, hopeless, pools, nodes):
        lock = self.tree.lock("%s/%s" % (REQUEST_LOCKS, name))
        if lock is None:
            return
        record = self.tree.read("%s/%s" % (REQUESTS, name))
        if record is None or record["state"] != "requested" or self.id in record.get("declined_by", []):
            lock.release()
            return
        handler = Handler(name, self.known_request(record), lock)
        if hopeless:
            self.decline(handler, pools)
            return
        try:
            self.store_request(handler, "pending")
        except RequestGone:
            lock.release()
            return
        self.handlers.append(handler)
        self.gather(handler, nodes)

    def known_request(self, record):
        """A record in memory holds only what the original knows."""
        defaults = {"declined_by": [], "nodes": [], "reuse": True, "relative_priority": 0}
        return {key: record.get(key, defaults.get(key)) for key in rules.REQUEST}

    def store_request(self, handler, state):
        path = "%s/%s" % (REQUESTS, handler.request)
        handler.record.update(state=state, state_time=time.time())
        try:
            self.tree.write(path, handler.record)
        except NoNodeError:
            raise RequestGone() from None

    def decline(self, handler, pools):
        handler.record["declined_by"].append(self.id)
        everybody = {pool["id"] for pool in pools}
        self.counts["declined"] += 1
        self.give_back(handler)
        try:
            self.store_request(handler, "failed" if everybody <= set(handler.record["declined_by"]) else "requested")
        except RequestGone:
            pass
        handler.lock.release()

    def give_back(self, handler):
        for node in handler.nodes:
            self.store_node(node, allocated_to=None)
            node["lock"].release()
        handler.nodes = []

    # Nodes

    def read_nodes(self):
        found = ((node, self.tree.read("%s/%s" % (NODES, node))) for node in self.tree.children(NODES))
        return {node: record for node, record in found if record is not None}

    def own(self, nodes):
        return [record for record in nodes.values() if record["provider"] == self.provider]

    def store_node(self, node, **fields):
        if "state" in fields:
            fields["state_time"] = time.time()
        node["record"].update(fields)
        node["record"]["ssh_port"] = node["record"]["connection_port"]
        self.tree.write("%s/%s" % (NODES, node["id"]), node["record"])

    def gather(self, handler, nodes):
        handler.paused = False
        for label in handler.missing():
            node = self.reuse(handler, label, nodes) if handler.record["reuse"] else None
            if node is None:
                if len(self.own(nodes)) >= self.options["max_servers"]:
                    handler.paused = True
                    self.make_room(nodes)
                    return
                node = self.launch(handler, label)
                nodes[node["id"]] = node["record"]
            handler.nodes.append(node)

    def reuse(self, handler, label, nodes):
        for name, seen in nodes.items():
            place = (seen["provider"], seen["pool"], seen["state"], seen["allocated_to"])
            if place != (self.provider, self.pool, "ready", None) or label not in seen["type"]:
                continue
            node = self.hold(name, ("ready",))
            if node is None:
                continue
            if node["record"]["allocated_to"] is not None:
                node["lock"].release()
                continue
            node["label"] = label
            self.allocate(node, handler)
            nodes[name] = node["record"]
            return node
        return None

    def allocate(self, node, handler):
        wish = handler.record
        self.store_node(
            node,
            allocated_to=handler.request,
            tenant_name=wish["tenant_name"],
            requestor=wish["requestor"],
        )

    def hold(self, name, states):
        """Locks without waiting and reads again; None when another has it or its state is no longer one of `states`."""
        lock = self.tree.lock("%s/%s/lock" % (NODES, name))
        if lock is None:
            return None
        record = self.tree.read("%s/%s" % (NODES, name))
        if record is None or record["state"] not in states:
            lock.release()
            return None
        return {"id": name, "record": {key: record.get(key) for key in rules.NODE}, "lock": lock}

    def launch(self, handler, label):
        """Stored as `init`, then locked, then `building`: between the writes others see each step."""
        now = time.time()
        record = dict.fromkeys(rules.NODE)
        record.update(
            state="init",
            state_time=now,
            created_time=now,
            type=[label],
            provider=self.provider,
            pool=self.pool,
            launcher=self.id,
            allocated_to=handler.request,
            requestor=handler.record["requestor"],
            tenant_name=handler.record["tenant_name"],
            username="zuul",
            connection_type="ssh",
            connection_port=22,
            ssh_port=22,
            host_keys=[],
            image_id="ready-made",
        )
        path = self.tree.client.create(
            NODES + "/", json.dumps(record).encode("utf8"), makepath=True, sequence=True
        )
        node = {"id": path.rsplit("/", 1)[1], "record": record, "label": label}
        node["lock"] = self.tree.lock(path + "/lock")
        if node["lock"] is None:
            raise RuntimeError("another holds the lock of new node %s" % node["id"])
        self.store_node(node, state="building")
        node["external_id"] = self.cloud.create(self.provider, self.pool, node["id"])
        node["runs_at"] = time.monotonic() + self.options["boot_sec"]
        self.store_node(node, external_id=node["external_id"])
        self.counts["launched"] += 1
        return node

    def make_room(self, nodes):
        idle = [
            (seen["state_time"], name)
            for name, seen in nodes.items()
            if (seen["provider"], seen["state"], seen["allocated_to"]) == (self.provider, "ready", None)
        ]
        for _, name in sorted(idle)[:1]:
            node = self.hold(name, ("ready",))
            if node is not None:
                if node["record"]["allocated_to"] is None:
                    self.store_node(node, state="deleting")
                node["lock"].release()

    # Completion

    def poll(self, handler):
        """True when the request needs nobody any more."""
        for node in handler.nodes:
            if node["record"]["state"] == "building" and node["runs_at"] <= time.monotonic():
                self.store_node(
                    node,
                    state="ready",
                    interface_ip="fake",
                    public_ipv4="fake",
                    cloud="fake",
                    az="az1",
                    resources={"cores": 4, "instances": 1, "ram": 8192},
                )
        if self.tree.read("%s/%s" % (REQUESTS, handler.request)) is None:
            if any(node["record"]["state"] != "ready" for node in handler.nodes):
                return False
            self.give_back(handler)
            handler.lock.release()
            return True
        if handler.missing() or any(node["record"]["state"] != "ready" for node in handler.nodes):
            return False
        self.fulfil(handler)
        return True

    def fulfil(self, handler):
        """Nodes in the order of the labels; they are unlocked before the request says so."""
        left = list(handler.nodes)
        for label in handler.record["node_types"]:
            node = next(node for node in left if node["label"] == label)
            left.remove(node)
            handler.record["nodes"].append(node["id"])
        for node in handler.nodes:
            node["lock"].release()
        try:
            self.store_request(handler, "fulfilled")
            self.counts["fulfilled"] += 1
        except RequestGone:
            pass
        handler.lock.release()

    # Cleaning

    def delete_nodes(self, nodes):
        for name, seen in nodes.items():
            if seen["provider"] != self.provider or self.tree.children("%s/%s/lock" % (NODES, name)):
                continue
            orphan = seen["state"] == "ready" and seen["allocated_to"] is not None
            if orphan and self.tree.read("%s/%s" % (REQUESTS, seen["allocated_to"])) is None:
                self.deallocate(name)
            elif seen["state"] in DELETABLE:
                self.delete_node(name)

    def deallocate(self, name):
        node = self.hold(name, ("ready",))
        if node is None:
            return
        owner = node["record"]["allocated_to"]
        if owner is not None and self.tree.read("%s/%s" % (REQUESTS, owner)) is None:
            self.store_node(node, allocated_to=None)
        node["lock"].release()

    def delete_node(self, name):
        node = self.hold(name, DELETABLE)
        if node is None:
            return
        self.store_node(node, state="deleting")
        if node["record"]["external_id"] is not None:
            self.cloud.delete(node["record"]["external_id"])
        self.store_node(node, state="deleted")
        if self.tree.remove("%s/%s" % (NODES, name), recursive=True):
            self.counts["deleted"] += 1

    def clean_lost_requests(self, nodes):
        for name in self.tree.children(REQUESTS):
            record = self.tree.read("%s/%s" % (REQUESTS, name))
            if record is None or record["state"] != "pending":
                continue
            lock = self.tree.lock("%s/%s" % (REQUEST_LOCKS, name))
            if lock is None:
                continue
            record = self.tree.read("%s/%s" % (REQUESTS, name))
            if record is not None and record["state"] == "pending":
                self.reset(name, record, nodes)
            lock.release()

    def reset(self, name, record, nodes):
        for node_name, seen in nodes.items():
            if seen["allocated_to"] != name:
                continue
            node = self.hold(node_name, rules.NODE_STATES)
            if node is None or node["record"]["allocated_to"] != name:
                continue
            self.store_node(node, allocated_to=None, **({"state": "deleting"} if seen["state"] == "init" else {}))
            node["lock"].release()
        handler = Handler(name, self.known_request(record), None)
        handler.record["nodes"] = []
        try:
            self.store_request(handler, "requested")
            self.counts["reset"] += 1
        except RequestGone:
            pass

    def remove_empty_nodes(self):
        for name in self.tree.children(NODES):
            path = "%s/%s" % (NODES, name)
            try:
                if self.tree.client.get(path)[0] == b"" and not self.tree.children(path + "/lock"):
                    self.tree.remove(path, recursive=True)
            except NoNodeError:
                pass

    # Standing stock

    def keep_stock(self, nodes):
        for request in list(self.own_requests):
            record = self.tree.read("%s/%s" % (REQUESTS, request))
            if record is not None and record["state"] == "fulfilled":
                for name in record["nodes"]:
                    node = self.hold(name, ("ready",))
                    if node is not None:
                        self.store_node(node, allocated_to=None)
                        node["lock"].release()
            if record is None or record["state"] in ("fulfilled", "failed"):
                self.tree.remove("%s/%s" % (REQUESTS, request))
                del self.own_requests[request]
        for label, wanted in self.options.get("min_ready", {}).items():
            if label in self.own_requests.values():
                continue
            ready = [n for n in nodes.values() if (n["state"], n["allocated_to"]) == ("ready", None)]
            for _ in range(wanted - len([n for n in ready if label in n["type"]])):
                self.request_stock(label)

    def request_stock(self, label):
        record = dict.fromkeys(rules.REQUEST)
        record.update(
            state="requested",
            state_time=time.time(),
            declined_by=[],
            node_types=[label],
            nodes=[],
            reuse=False,
            requestor=MIN_READY,
            relative_priority=0,
            event_id=uuid.uuid4().hex,
        )
        data = json.dumps(record).encode("utf8")
        path = self.tree.client.create(REQUESTS + "/900-", data, ephemeral=True, sequence=True, makepath=True)
        self.own_requests[path.rsplit("/", 1)[1]] = label

    # The loop

    def step(self, number):
        nodes = self.read_nodes()
        for handler in self.handlers:
            if handler.paused:
                self.gather(handler, nodes)
        self.assign(nodes)
        self.handlers = [handler for handler in self.handlers if not self.poll(handler)]
        self.keep_stock(nodes)
        self.delete_nodes(nodes)
        if number % CLEANUP_EVERY == 0:
            self.clean_lost_requests(nodes)
            self.remove_empty_nodes()

    def run(self):
        number = 0
        while self.running:
            number += 1
            try:
                self.step(number)
            except (KazooException, RuntimeError) as error:
                self.counts["errors"].append("".join(traceback.format_exception(error)))
            time.sleep(LOOP_SEC)


def main():
    launcher = Launcher(sys.argv[1], float(sys.argv[2]), json.loads(sys.argv[3]))
    launcher.register()
    worker = threading.Thread(target=launcher.run, daemon=True)
    worker.start()

    def stop():
        launcher.running = False
        worker.join()
        launcher.tree.stop()
        return launcher.counts

    serve({"counts": lambda: launcher.counts, "stop": stop})


main()
