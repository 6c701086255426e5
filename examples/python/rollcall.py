"""Reads from a cache who is connected to Rollcall's nodes, as docs/format.md
describes. It needs Python 3.9 with the package msgpack; on Debian:

    apt-get install python3-msgpack python3-redis

Copy this file and rollcall_format.py. Give the reader a function that returns
the values of some keys in their order, None for one that is not there:

    reader = rollcall.Reader(redis.Redis().mget)
    reader.online(["alice", "bob"])

An answer that cannot be given whole is an exception: Unreadable, or that of the
function. Users choose names and attributes, so escape them. What is not UTF-8
in them has surrogates, as in the names of files: see os.fsdecode.
"""

import base64
import itertools
import re
import struct
import time

from rollcall_format import (
    PAGE_SLOTS,
    Unreadable,
    base36,
    decode_lease,
    decode_nodes,
    decode_page,
    decode_users,
    fnv1a,
)

KEYS_AT_ONCE = 256


class Reader:
    def __init__(self, mget, prefix="rollcall:"):
        self._mget = mget
        self._prefix = prefix

    def lookup(self, id):
        """The client, or None."""
        if not re.fullmatch("[A-Za-z0-9_-]{22}", id):
            return None
        node, (slot, _) = id[:11], struct.unpack(">II", base64.urlsafe_b64decode(id[11:] + "="))
        number = slot // PAGE_SLOTS
        asked = time.monotonic()
        lease, page = self._fetch([self._lease_key(node), self._page_key(node, number)])
        if lease is None:
            return None  # the node is gone, and whatever it left counts no more
        node = decode_lease(node, lease, asked)
        clients = decode_page(node, number, page) if page is not None else []
        return next((c for c in clients if c.id == id), None)

    def by_user(self, user):
        """The clients of a user."""
        places = []
        for node, (name, _, pages) in self._listed([user]):
            if name == user:
                places += [(node, n, self._page_key(node.id, n)) for n in pages]
        return [c for c in self._clients_at(places) if c.user == user]

    def online(self, users):
        """Those of the users who are there."""
        there = {name for _, (name, *_) in self._listed(users)}
        return [user for user in users if user in there]

    def all(self):
        """Yields the clients."""
        return self._clients_at(
            (node, n, self._page_key(node.id, n)) for node in self.nodes() for n in range(node.pages)
        )

    def users(self):
        """A dict of the users; the value says whether they are anonymous."""
        return {name: anonymous for _, (name, anonymous, *_) in self._listed(None)}

    def count(self):
        """The numbers of clients, users and anonymous clients, and their age. A
        user who is on two nodes counts twice."""
        nodes = self.nodes()
        counts = {k: sum(getattr(n, k) for n in nodes) for k in ("clients", "users", "anonymous")}
        return {**counts, "age": max((n.age for n in nodes), default=0)}

    def nodes(self):
        """The nodes that are alive."""
        [value] = self._fetch([self._prefix + "nodes"])
        ids = decode_nodes(value) if value is not None else []
        asked = time.monotonic()
        leases = zip(ids, self._fetch([self._lease_key(id) for id in ids]))
        return [decode_lease(id, lease, asked) for id, lease in leases if lease is not None]

    def _listed(self, users):
        """Yields the users in the lists that users would be in, None for all lists."""

        def places():
            for node in self.nodes():
                buckets = range(1 << node.level)
                if users is not None:
                    buckets = {fnv1a(node.id, user) % (1 << node.level) for user in users}
                for n in buckets:
                    yield node, n, f"{self._prefix}u:{node.id}:{node.level}:{base36(n)}"

        for node, _, value in self._read(places()):
            if node.since_asked() > node.ttl:
                # The node may have moved its users to other lists, and deleted these.
                raise Unreadable("the cache is too slow: the lists took longer than a lease")
            for user in decode_users(value):
                yield node, user

    def _clients_at(self, places):
        for node, number, value in self._read(places):
            yield from decode_page(node, number, value)

    def _read(self, places):
        """Of places, which are (node, number, key), yields those that are there,
        with the value in place of the key."""
        places = iter(places)
        while some := list(itertools.islice(places, KEYS_AT_ONCE)):
            for (node, number, _), value in zip(some, self._fetch([key for *_, key in some])):
                if value is not None:
                    yield node, number, value

    def _fetch(self, keys):
        values = []
        for i in range(0, len(keys), KEYS_AT_ONCE):
            some = keys[i : i + KEYS_AT_ONCE]
            got = list(self._mget(some))
            if len(got) != len(some):
                raise Unreadable("the cache does not answer")
            values += got
        return values

    def _lease_key(self, node):
        return f"{self._prefix}l:{node}"

    def _page_key(self, node, number):
        return f"{self._prefix}p:{node}:{base36(number)}"
