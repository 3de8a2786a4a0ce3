"""What the rules allow, checked against every change of the tree. Source: docs/compatibility/zookeeper.md."""

import collections
import json
import re

NODE = re.compile(r"^/nodepool/nodes/([^/]+)$")
NODE_LOCK = re.compile(r"^/nodepool/nodes/([^/]+)/lock/(.+)$")
REQUEST = re.compile(r"^/nodepool/requests/([^/]+)$")
REQUEST_LOCK = re.compile(r"^/nodepool/requests-lock/([^/]+)/(.+)$")
BUILD = re.compile(r"^/nodepool/images/([^/]+)/builds/([0-9a-f]{32})$")
UPLOAD = re.compile(r"^/nodepool/images/([^/]+)/builds/([0-9a-f]{32})/providers/([^/]+)/images/(\d{10})$")
CONTENDER = re.compile(r"__lock__(-?\d{10})$")

# A client whose connection was cut repeats its write: `in-use` and `used` may follow themselves.
NODE_CHANGES = {
    "init": ("building", "deleting"),
    "building": ("building", "ready", "failed", "aborted", "deleting"),
    "ready": ("ready", "in-use", "deleting"),
    "in-use": ("in-use", "used", "hold", "deleting"),
    "hold": ("used", "deleting"),
    "used": ("used", "deleting", "deleted"),
    "failed": ("deleting", "deleted"),
    "aborted": ("deleting", "deleted"),
    "deleting": ("deleting", "deleted"),
    "deleted": ("deleted",),
}
REMOVABLE = ("deleting", "deleted", "used", "failed", "aborted")
REQUEST_CHANGES = {
    "requested": ("requested", "pending", "failed"),
    "pending": ("pending", "fulfilled", "failed", "requested"),
    "fulfilled": (),
    "failed": (),
}
OPEN = ("requested", "pending")
BUILD_CHANGES = {"building": ("ready", "failed", "deleting"), "ready": ("deleting",), "failed": ("deleting",)}
UPLOAD_CHANGES = {"uploading": ("ready", "failed", "deleting"), "ready": ("deleting",), "failed": ("deleting",)}
KEPT = 2
MIN_READY = "NodePool:min-ready"

Violation = collections.namedtuple("Violation", "time zxid words")


class Record:
    def __init__(self, fields, time):
        self.fields = fields
        self.since = time

    @property
    def state(self):
        return self.fields.get("state")


class Locks:
    """Contenders by lock directory; the lowest sequence holds the lock."""

    def __init__(self):
        self.contenders = collections.defaultdict(dict)

    def add(self, key, name, session):
        if CONTENDER.search(name):
            self.contenders[key][name] = session

    def remove(self, key, name):
        self.contenders[key].pop(name, None)
        if not self.contenders[key]:
            del self.contenders[key]

    def holder(self, key):
        """The holder's session, or None."""
        waiting = self.contenders.get(key)
        if not waiting:
            return None
        return waiting[min(waiting, key=lambda name: int(CONTENDER.search(name).group(1)))]


class Model:
    def __init__(self, limits):
        self.limits = limits
        self.nodes, self.requests, self.builds, self.uploads = {}, {}, {}, {}
        self.node_locks, self.request_locks = Locks(), Locks()
        self.ephemerals = collections.defaultdict(set)
        self.owner = {}
        self.violations = []
        self.overdue = set()
        self.answered, self.unlocked = [], []
        self.waits = []
        self.counts = collections.Counter()
        # Time by the servers' clocks, which nobody turns.
        self.now, self.zxid = 0, 0

    # Applying what happened

    def apply(self, transaction):
        self.now, self.zxid = transaction.time, transaction.zxid
        self.counts["transactions"] += 1
        # A lock may be given up, or taken, within the transaction that writes under it.
        holders = self.holders(transaction)
        for operation in transaction.operations:
            getattr(self, "do_" + operation.kind)(operation, transaction.session, holders)
        for words, locks, key in self.unlocked:
            # A lock that is taken by the transaction itself may come after the write under it.
            if locks.holder(key) != transaction.session:
                self.wrong(*words, *self.by(transaction.session, locks.holder(key)))
        self.unlocked.clear()
        for request in self.answered:
            self.check_fulfilled(request, self.requests[request].fields)
        self.answered.clear()

    def holders(self, transaction):
        found = {}
        for operation in transaction.operations:
            for pattern, locks in ((NODE, self.node_locks), (REQUEST, self.request_locks)):
                match = operation.path and pattern.match(operation.path)
                if match:
                    found[match.group(1)] = locks.holder(match.group(1))
        return found

    def do_create(self, operation, session, holders):
        if operation.ephemeral:
            self.ephemerals[session].add(operation.path)
            self.owner[operation.path] = session
        for pattern, locks in ((NODE_LOCK, self.node_locks), (REQUEST_LOCK, self.request_locks)):
            match = pattern.match(operation.path)
            if match:
                locks.add(match.group(1), match.group(2), session)
                return
        self.do_set(operation, session, holders, new=True)

    def do_set(self, operation, session, holders, new=False):
        for pattern, change in (
            (NODE, self.change_node),
            (REQUEST, self.change_request),
            (BUILD, self.change_build),
            (UPLOAD, self.change_upload),
        ):
            match = pattern.match(operation.path)
            if match and operation.detail:
                change(match.groups(), json.loads(operation.detail.decode("utf8")), session, holders, new)

    def do_delete(self, operation, session, holders):
        path = operation.path
        owner = self.owner.pop(path, None)
        if owner is not None:
            self.ephemerals[owner].discard(path)
        for pattern, locks in ((NODE_LOCK, self.node_locks), (REQUEST_LOCK, self.request_locks)):
            match = pattern.match(path)
            if match:
                locks.remove(match.group(1), match.group(2))
                return
        for pattern, gone in (
            (NODE, self.node_gone),
            (REQUEST, lambda keys, session, holders: self.requests.pop(keys[0], None)),
            (BUILD, self.build_gone),
            (UPLOAD, self.upload_gone),
        ):
            match = pattern.match(path)
            if match:
                gone(match.groups(), session, holders)

    def do_close(self, operation, session, holders):
        for path in sorted(self.ephemerals.pop(session, ())):
            self.owner.pop(path, None)
            self.do_delete(operation._replace(kind="delete", path=path), session, {})

    def wrong(self, *words):
        self.violations.append(Violation(self.now, self.zxid, " ".join(map(str, words))))

    # Nodes

    def change_node(self, keys, fields, session, holders, new):
        (node,) = keys
        before = self.nodes.get(node)
        if new or before is None:
            self.nodes[node] = Record(fields, self.now)
            self.counts["nodes"] += 1
            if fields.get("state") != "init":
                self.wrong("node", node, "is created as", fields.get("state"))
            return
        old, state = before.state, fields.get("state")
        if holders.get(node) != session:
            words = ("node", node, "is written (%s to %s)" % (old, state))
            self.unlocked.append((words, self.node_locks, node))
        # What never had an instance needs no deleting.
        shortcut = (old, state) == ("building", "deleted") and before.fields.get("external_id") is None
        if state not in NODE_CHANGES.get(old, ()) and not shortcut:
            self.wrong("node", node, "goes from", old, "to", state)
        self.check_allocation(node, before.fields.get("allocated_to"), fields, session)
        self.nodes[node] = Record(fields, self.now if state != old else before.since)

    def check_allocation(self, node, owner, fields, session):
        """A finished node passes from one request to another only through nobody, and never out of a fulfilled one."""
        now = fields.get("allocated_to")
        request = self.requests.get(owner)
        if owner is not None and now != owner:
            # A launch that its request no longer waits for may be finished for another.
            left = self.nodes[node].state == "building" and (request is None or request.state not in OPEN)
            if now is not None and not left:
                self.wrong("node", node, "passes from request", owner, "to", now)
            told = request is not None and request.state == "fulfilled" and node in request.fields.get("nodes", ())
            if told and request.fields.get("requestor") != MIN_READY:
                self.wrong("node", node, "is taken from request", owner, "which was told that it has it")
        taker = self.requests.get(now)
        if now is not None and owner is None and taker is not None:
            if taker.state != "pending" or self.request_locks.holder(now) != session:
                self.wrong("node", node, "is given to request", now, "by one that has not accepted it")
        if fields.get("state") == "in-use" and self.nodes[node].state == "ready":
            self.counts["uses"] += 1
            if now is None:
                self.wrong("node", node, "is used and nobody's")

    def node_gone(self, keys, session, holders):
        (node,) = keys
        record = self.nodes.pop(node, None)
        if record is None:
            return
        self.counts["nodes gone"] += 1
        if record.state not in REMOVABLE:
            self.wrong("node", node, "is removed while", record.state)

    # Requests

    def change_request(self, keys, fields, session, holders, new):
        (request,) = keys
        before = self.requests.get(request)
        if new or before is None:
            self.requests[request] = Record(fields, self.now)
            self.counts["requests"] += 1
            return
        old, state = before.state, fields.get("state")
        if holders.get(request) != session:
            words = ("request", request, "is written (%s to %s)" % (old, state))
            self.unlocked.append((words, self.request_locks, request))
        if state not in REQUEST_CHANGES.get(old, ()):
            self.wrong("request", request, "goes from", old, "to", state)
        # A request that is given back waits on: its time runs from its creation.
        self.requests[request] = Record(fields, before.since)
        if state == "fulfilled":
            self.counts["fulfilled"] += 1
            self.answered.append(request)
            self.waits.append((round(self.now - before.since, 1), request))

    def check_fulfilled(self, request, fields):
        nodes = fields.get("nodes", [])
        if len(nodes) != len(fields.get("node_types", [])) or len(set(nodes)) != len(nodes):
            self.wrong("request", request, "for", fields.get("node_types"), "gets", nodes)
        for node in nodes:
            record = self.nodes.get(node)
            found = None if record is None else (record.state, record.fields.get("allocated_to"))
            if found != ("ready", request):
                self.wrong("request", request, "gets node", node, "which is", found)
        for other, record in self.requests.items():
            both = set(nodes) & set(record.fields.get("nodes", ()))
            # Those who keep stock leave their nodes to others before they delete their request.
            if other != request and both and record.fields.get("requestor") != MIN_READY:
                self.wrong("requests", request, "and", other, "both get", sorted(both))

    # Images

    def change_build(self, keys, fields, session, holders, new):
        self.change_image("build", self.builds, keys, fields, BUILD_CHANGES)

    def change_upload(self, keys, fields, session, holders, new):
        self.change_image("upload", self.uploads, keys, fields, UPLOAD_CHANGES)

    def change_image(self, kind, records, keys, fields, changes):
        before = records.get(keys)
        old, state = before and before.state, fields.get("state")
        if before is not None and state != old and state not in changes.get(old, ()):
            self.wrong(kind, "-".join(keys), "goes from", old, "to", state)
        if old == "ready" and state == "deleting":
            self.check_kept(kind, records, keys)
        records[keys] = Record(fields, self.now if state != old else before.since)

    def check_kept(self, kind, records, keys):
        """The newest two that are ready stay, of an image or of an image in a provider."""
        times = [
            record.fields["state_time"]
            for key, record in records.items()
            if key != keys and group_of(key) == group_of(keys) and record.state == "ready"
        ]
        newer = [time for time in times if time >= records[keys].fields["state_time"]]
        if len(newer) < KEPT and not (kind == "upload" and self.is_build_going(keys)):
            self.wrong("ready", kind, "-".join(keys), "is deleted with", len(newer), "newer ones")

    def is_build_going(self, keys):
        build = self.builds.get(keys[:2])
        return build is None or build.state in ("deleting", "failed")

    def build_gone(self, keys, session, holders):
        record = self.builds.pop(keys, None)
        if record is not None and record.state == "ready":
            self.wrong("build", "-".join(keys), "is removed while ready")
        if any(upload[:2] == keys for upload in self.uploads):
            self.wrong("build", "-".join(keys), "is removed before its uploads")

    def upload_gone(self, keys, session, holders):
        record = self.uploads.pop(keys, None)
        if record is not None and record.state == "ready":
            self.wrong("upload", "-".join(keys), "is removed while ready")

    # Time

    def check_limits(self):
        """What has been too long in a state that should pass."""
        for kind, records in (
            ("node", self.nodes),
            ("request", self.requests),
            ("build", self.builds),
            ("upload", self.uploads),
        ):
            for key, record in records.items():
                limit = self.limits.get("%s %s" % (kind, record.state))
                name = (kind, key, record.state, record.since)
                if limit is not None and self.now - record.since > limit and name not in self.overdue:
                    self.overdue.add(name)
                    self.wrong(kind, key, "has been", record.state, "for more than", limit, "s")

    def slowest(self, count):
        """Seconds and ids of the requests that waited longest for their answer."""
        return sorted(self.waits, reverse=True)[:count]

    @staticmethod
    def by(session, holder):
        """Words for a writer who is not the holder."""
        words = "nobody does" if holder is None else "%x does" % (holder & 0xFFFFFFFFFFFFFFFF)
        return ("by %x," % (session & 0xFFFFFFFFFFFFFFFF), "which does not hold the lock:", words)


def group_of(keys):
    """Builds are kept by image, uploads by image and provider."""
    return keys[0], keys[2] if len(keys) > 2 else None
