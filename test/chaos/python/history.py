"""Prints every change of a part of the tree: `history.py <folder of a campaign> <path or part of it> ...`."""

import glob
import json
import os
import sys
import time

from txnlog import Agreed

SHOWN = ("state", "allocated_to", "nodes", "declined_by", "launcher", "external_id")


def words_of(operation):
    if not operation.detail:
        return ""
    try:
        record = json.loads(operation.detail.decode("utf8"))
    except ValueError:
        return ""
    return " ".join("%s=%s" % (key, record[key]) for key in SHOWN if record.get(key) not in (None, []))


def main():
    folder, parts = sys.argv[1], sys.argv[2:]
    directories = glob.glob(os.path.join(folder, "zookeeper-*"))
    sessions = set()
    for change in Agreed(directories, len(directories) // 2 + 1).read(time.time()):
        shown = [item for item in change.operations if item.path and any(part in item.path for part in parts)]
        if any(item.kind == "close" for item in change.operations) and change.session in sessions:
            shown = change.operations
        for item in shown:
            sessions.add(change.session)
            moment = time.strftime("%H:%M:%S", time.gmtime(change.time)) + ("%.3f" % (change.time % 1))[1:]
            session = "%x" % (change.session & 0xFFFFFFFFFFFFFFFF)
            print(moment, "%x" % change.zxid, session, item.kind, item.path or "", words_of(item))


main()
