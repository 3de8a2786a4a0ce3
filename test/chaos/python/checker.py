"""Watches a campaign from outside: `checker.py <options as JSON>`, commands on standard input.

Options: directories (the data directories of the servers), limits (seconds by "node building" and the like), hosts,
cloud (the directory of the fake cloud), stock (least ready nodes by label).
Commands: `violations` (those found since the last call), `counts`, `disagreement` (words for what of the tree and the
cloud does not agree yet, or null).

The logs of the servers hold every change, which watches, seen one after the other, do not. They are read with a lag, so
that what one server alone has logged is known to be agreed or not.
"""

import json
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../interop/python"))

from model import Model
from tree import NODES, REQUESTS, Tree, serve
from txnlog import Agreed

LAG_SEC = 5
STANDING = "900-"


class Checker:
    def __init__(self, options):
        self.options = options
        self.agreed = Agreed(options["directories"], len(options["directories"]) // 2 + 1)
        self.model = Model(options["limits"])
        self.told = 0
        self.tree = None

    def violations(self, to_end=False):
        for transaction in self.agreed.read(time.time() - (0 if to_end else LAG_SEC)):
            self.model.apply(transaction)
        self.model.check_limits()
        found = self.model.violations[self.told :]
        self.told += len(found)
        return [{"time": item.time, "zxid": "%x" % item.zxid, "words": item.words} for item in found]

    def counts(self):
        return dict(self.model.counts, slowest=self.model.slowest(8))

    def disagreement(self):
        if self.tree is None:
            self.tree = Tree(self.options["hosts"], 30)
        return next(self.disagreements(), None)

    def disagreements(self):
        nodes = {}
        for name in self.tree.children(NODES):
            record = self.tree.read("%s/%s" % (NODES, name))
            if record is None:
                yield "node %s is empty" % name
                continue
            nodes[name] = record
        for name, record in nodes.items():
            if (record["state"], record["allocated_to"]) != ("ready", None):
                yield "node %s of %s is %s and allocated to %s" % (
                    name,
                    record["provider"],
                    record["state"],
                    record["allocated_to"],
                )
        left = [name for name in self.tree.children(REQUESTS) if not name.startswith(STANDING)]
        if left:
            yield "requests are left: %s" % left
        for label, least in self.options["stock"].items():
            if len([record for record in nodes.values() if label in record["type"]]) < least:
                yield "fewer than %d nodes of %s" % (least, label)
        yield from self.disagreements_of_cloud("instances", self.instances(), self.nodes_in_cloud(nodes))
        yield from self.disagreements_of_cloud("images", self.images(), self.uploads())

    def disagreements_of_cloud(self, kind, found, expected):
        """The cloud has each thing that a record names, and nothing else."""
        strangers = sorted(set(found) - set(expected))
        if strangers:
            yield "%s without a record: %s" % (kind, [(name, found[name]) for name in strangers])
        missing = sorted(set(expected) - set(found))
        if missing:
            yield "%s that records name and the cloud has not: %s" % (kind, [(name, expected[name]) for name in missing])

    def nodes_in_cloud(self, nodes):
        return {record["external_id"]: name for name, record in nodes.items()}

    def instances(self):
        return {name: tags.get("nodepool_node_id") for name, tags in self.cloud("instances")}

    def images(self):
        return {name: tags.get("nodepool_upload_id") for name, tags in self.cloud("images")}

    def cloud(self, kind):
        directory = os.path.join(self.options["cloud"], kind)
        for file_name in os.listdir(directory):
            name, *end = file_name.split(".")
            if end[-1] != "json":
                continue
            try:
                with open(os.path.join(directory, file_name), encoding="utf8") as file:
                    yield name, json.load(file)["tags"]
            except FileNotFoundError:
                pass

    def uploads(self):
        found, root = {}, "/nodepool/images"
        for image in self.tree.children(root):
            for build in self.tree.children("%s/%s/builds" % (root, image)):
                for provider in self.tree.children("%s/%s/builds/%s/providers" % (root, image, build)):
                    parent = "%s/%s/builds/%s/providers/%s/images" % (root, image, build, provider)
                    for upload in self.tree.children(parent):
                        record = None if upload == "lock" else self.tree.read("%s/%s" % (parent, upload))
                        if record is not None and record["external_id"] is not None:
                            found[record["external_id"]] = upload
        return found


def main():
    checker = Checker(json.loads(sys.argv[1]))
    serve({name: getattr(checker, name) for name in ("violations", "counts", "disagreement")})


main()
