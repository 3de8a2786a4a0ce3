"""What the records of the tree must look like, key by key. Source: docs/compatibility/zookeeper.md sections 4, 5, 7."""

import json
import re

TEXT = (str,)
NULL = type(None)
NUMBER = (int, float)
MAYBE_TEXT = (str, NULL)

NODE = {
    "state": TEXT,
    "state_time": NUMBER,
    "created_time": NUMBER,
    "type": (list,),
    "provider": MAYBE_TEXT,
    "pool": MAYBE_TEXT,
    "launcher": MAYBE_TEXT,
    "allocated_to": MAYBE_TEXT,
    "requestor": MAYBE_TEXT,
    "tenant_name": MAYBE_TEXT,
    "external_id": (str, dict, NULL),
    "hostname": MAYBE_TEXT,
    "interface_ip": MAYBE_TEXT,
    "public_ipv4": MAYBE_TEXT,
    "private_ipv4": MAYBE_TEXT,
    "public_ipv6": MAYBE_TEXT,
    "host_id": MAYBE_TEXT,
    "cloud": MAYBE_TEXT,
    "region": MAYBE_TEXT,
    "az": MAYBE_TEXT,
    "image_id": MAYBE_TEXT,
    "username": MAYBE_TEXT,
    "connection_type": MAYBE_TEXT,
    "connection_port": (int, dict, NULL),
    "ssh_port": (int, dict, NULL),
    "shell_type": MAYBE_TEXT,
    "python_path": MAYBE_TEXT,
    "host_keys": (list,),
    "attributes": (dict, NULL),
    "resources": (dict, NULL),
    "slot": (int, NULL),
    "driver_data": (object,),
    "user_data": (object,),
    "hold_job": MAYBE_TEXT,
    "hold_expiration": (int, NULL),
    "comment": MAYBE_TEXT,
}

# Of a request that a launcher has written; Zuul leaves out what it does not know.
REQUEST = {
    "state": TEXT,
    "state_time": NUMBER,
    "created_time": (int, float, NULL),
    "node_types": (list,),
    "nodes": (list,),
    "declined_by": (list,),
    "reuse": (bool,),
    "requestor": MAYBE_TEXT,
    "requestor_data": (object,),
    "provider": MAYBE_TEXT,
    "relative_priority": (int,),
    "event_id": MAYBE_TEXT,
    "tenant_name": MAYBE_TEXT,
}

COMPONENT = {
    "hostname": TEXT,
    "kind": TEXT,
    "state": TEXT,
    "version": MAYBE_TEXT,
    "model_api": (int,),
}

POOL = dict(
    COMPONENT,
    id=TEXT,
    name=TEXT,
    provider_name=TEXT,
    supported_labels=(list,),
    priority=(int,),
    paused=(bool,),
)

# Keys of our components that other programs pass over: those of Python read what they know and keep the rest.
OURS = ("takes_turns",)

NODE_STATES = "init building testing ready in-use used hold deleting failed aborted deleted".split()
REQUEST_STATES = "requested pending fulfilled failed".split()
COMPONENT_STATES = "initializing running paused stopped".split()
POOL_ID = re.compile(r"^[^ ]+-PoolWorker\.[^ ]+-[0-9a-f]{32}$")


def problems_of_keys(record, rules, foreign):
    for key, types in rules.items():
        if key not in record:
            yield "lacks %s" % key
        elif types != (object,) and not is_one_of(record[key], types):
            yield "%s is %r" % (key, record[key])
    for key in set(record) - set(rules) - set(foreign):
        yield "has %s, which nobody knows" % key


def is_one_of(value, types):
    """As isinstance, but true and false are no numbers."""
    return isinstance(value, types) and (bool in types or not isinstance(value, bool))


def problems_of_node(record, foreign=()):
    yield from problems_of_keys(record, NODE, foreign)
    if record.get("state") not in NODE_STATES:
        yield "state is %r" % record.get("state")
    if record.get("ssh_port") != record.get("connection_port"):
        yield "ssh_port differs from connection_port"
    if not record.get("type") or not all(isinstance(label, str) for label in record["type"]):
        yield "type is %r" % record.get("type")
    if record.get("state") == "ready":
        for key in ("external_id", "interface_ip", "launcher", "pool", "provider"):
            if record.get(key) is None:
                yield "is ready and has no %s" % key


def problems_of_request(record, foreign=()):
    yield from problems_of_keys(record, REQUEST, foreign)
    state, nodes = record.get("state"), record.get("nodes")
    if state not in REQUEST_STATES:
        yield "state is %r" % state
    if len(nodes or []) != (len(record["node_types"]) if state == "fulfilled" else 0):
        yield "is %s with nodes %r" % (state, nodes)


def problems_of_component(record):
    yield from problems_of_keys(record, POOL if record.get("kind") == "pool" else COMPONENT, OURS)
    if record.get("state") not in COMPONENT_STATES:
        yield "state is %r" % record.get("state")
    if record.get("kind") == "pool" and not POOL_ID.match(record.get("id", "")):
        yield "id is %r" % record.get("id")
    if list(record) != sorted(record):
        yield "keys are not sorted"


def problems_of_data(data, check):
    """Words for everything that is wrong with the bytes of a record."""
    try:
        record = json.loads(data.decode("utf8", "strict"))
    except ValueError as error:
        return ["is no JSON: %s" % error]
    return list(check(record)) if isinstance(record, dict) else ["is no object"]
