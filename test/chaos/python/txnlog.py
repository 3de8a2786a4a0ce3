"""Reads the transaction logs of ZooKeeper 3.6 to 3.9: every change, in the order in which the servers agreed on it."""

import collections
import os
import struct
import zlib

MAGIC = 0x5A4B4C47
FILE_HEADER = 16
ENTRY_HEADER = 12

CREATE, DELETE, SET_DATA, CHECK, MULTI = 1, 2, 5, 13, 14
CREATE2, CREATE_CONTAINER, DELETE_CONTAINER, CREATE_TTL = 15, 19, 20, 21
CLOSE_SESSION, ERROR = -11, -1
CREATES = (CREATE, CREATE2, CREATE_CONTAINER, CREATE_TTL)
DELETES = (DELETE, DELETE_CONTAINER)

Transaction = collections.namedtuple("Transaction", "zxid session time operations")
# kind is create, delete, set or close; `detail` is data, or for close the paths that go with the session.
Operation = collections.namedtuple("Operation", "kind path detail ephemeral")


class Reader:
    """Jute, the encoding of the log."""

    def __init__(self, data):
        self.data = data
        self.at = 0

    def int(self):
        return self.number(">i", 4)

    def long(self):
        return self.number(">q", 8)

    def bool(self):
        return self.number(">b", 1) != 0

    def number(self, form, size):
        (value,) = struct.unpack_from(form, self.data, self.at)
        self.at += size
        return value

    def buffer(self):
        size = self.int()
        if size < 0:
            return b""
        self.at += size
        return self.data[self.at - size : self.at]

    def text(self):
        return self.buffer().decode("utf8")

    def acl(self):
        for _ in range(self.int()):
            self.int()
            self.text()
            self.text()


def transaction(data):
    reader = Reader(data)
    session, _, zxid, time_ms, kind = reader.long(), reader.int(), reader.long(), reader.long(), reader.int()
    return Transaction(zxid, session, time_ms / 1000, list(operations(kind, reader)))


def operations(kind, reader):
    if kind == MULTI:
        parts = [(reader.int(), reader.buffer()) for _ in range(reader.int())]
        # One that failed is logged too, with what would have been done until then.
        if all(part != ERROR for part, _ in parts):
            for part, body in parts:
                yield from operations(part, Reader(body))
    elif kind in CREATES:
        path, data = reader.text(), reader.buffer()
        reader.acl()
        yield Operation("create", path, data, reader.bool() if kind in (CREATE, CREATE2) else False)
    elif kind in DELETES:
        yield Operation("delete", reader.text(), None, False)
    elif kind == SET_DATA:
        yield Operation("set", reader.text(), reader.buffer(), False)
    elif kind == CLOSE_SESSION:
        yield Operation("close", None, None, False)


class Log:
    """The files of one server, read on as they grow."""

    def __init__(self, directory):
        self.directory = os.path.join(directory, "version-2")
        self.name = None
        self.at = 0

    def read(self):
        """Transactions that were appended since the last call."""
        found = []
        while True:
            if self.name is not None:
                found += self.read_file()
            following = self.following()
            if following is None:
                return found
            # A file that has a successor is complete, but may have grown since it was read.
            if self.name is not None:
                found += self.read_file()
            self.name, self.at = following, FILE_HEADER

    def following(self):
        names = sorted(
            (name for name in os.listdir(self.directory) if name.startswith("log.")), key=lambda name: int(name[4:], 16)
        )
        later = [name for name in names if self.name is None or int(name[4:], 16) > int(self.name[4:], 16)]
        return later[0] if later else None

    def read_file(self):
        with open(os.path.join(self.directory, self.name), "rb") as file:
            file.seek(self.at)
            data = file.read()
        found, at = [], 0
        while at + ENTRY_HEADER <= len(data):
            checksum, size = struct.unpack_from(">qi", data, at)
            end = at + ENTRY_HEADER + size
            if size <= 0 or end >= len(data):
                break
            body = data[at + ENTRY_HEADER : end]
            # Half an entry is there while it is written; it is complete when its checksum is.
            if zlib.adler32(body) != checksum or data[end : end + 1] != b"B":
                break
            found.append(transaction(body))
            at = end + 1
        self.at += at
        return found


class Agreed:
    """What a majority of servers has logged: a transaction of one server alone may never have been committed."""

    def __init__(self, directories, majority):
        self.logs = [Log(directory) for directory in directories]
        self.majority = majority
        self.waiting = {}
        self.last = 0

    def read(self, up_to_time):
        """Agreed transactions not newer than that, in their order; the rest is kept for later calls."""
        for number, log in enumerate(self.logs):
            for found in log.read():
                self.waiting.setdefault(found.zxid, (found, set()))[1].add(number)
        agreed = sorted(
            zxid
            for zxid, (found, servers) in self.waiting.items()
            if len(servers) >= self.majority and found.time <= up_to_time
        )
        for zxid in agreed:
            found, _ = self.waiting.pop(zxid)
            # A server that was away writes again what was read from the others long ago.
            if zxid > self.last:
                self.last = zxid
                yield found
