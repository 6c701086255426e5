"""The values that Rollcall's nodes write, and what a reader makes of them; see
docs/format.md. It needs Python 3.9 with the package msgpack."""

import base64
import re
import time
from dataclasses import dataclass

import msgpack

VERSION = 1
PAGE_SLOTS = 16
MAX_CLIENTS = 1 << 28
MAX_PAGES = MAX_CLIENTS // PAGE_SLOTS
MAX_LEVEL = 26
MAX_NODES = 4096
MAX_NAME = 255  # bytes
MAX_STRINGS = 64  # roles, or attributes
MAX_ATTRIBUTES = 4096  # bytes
MAX_VALUE = 4 << 20  # bytes
DAY = 86_400_000
NODE = re.compile("[A-Za-z0-9_-]{10}[AEIMQUYcgkosw048]")


class Unreadable(Exception):
    """A value in the cache is not what a node of this version writes."""


@dataclass(frozen=True)
class Client:
    id: str
    user: str
    anonymous: bool
    roles: list
    since: int  # milliseconds since 1970, by the clock of the node
    attributes: dict
    age: int  # milliseconds that this may be old


@dataclass(frozen=True)
class Node:
    id: str
    name: str
    clients: int
    users: int
    anonymous: int
    age: int  # milliseconds that this may be old
    pages: int  # the numbers of its pages are below
    level: int  # it has 2 ** level lists of users
    ttl: int  # milliseconds that its lease lasts
    asked: float  # when the lease was asked for, by time.monotonic

    def since_asked(self):
        return int((time.monotonic() - self.asked) * 1000) + 1


def decode_nodes(value):
    """The ids in the list of nodes."""
    ids = _elements(value)
    _must(len(ids) <= MAX_NODES and all(type(id) is str and NODE.fullmatch(id) for id in ids), "the nodes")
    return list(dict.fromkeys(ids))


def decode_lease(id, value, asked):
    _, pages, level, clients, users, anonymous, ttl, lag, name = _at_least(9, _elements(value))[:9]
    _must(_within(pages, MAX_PAGES) and _within(level, MAX_LEVEL) and _within(clients, MAX_CLIENTS), "a lease")
    _must(_within(users, clients) and _within(anonymous, clients) and _is_str(name, MAX_NAME), "a lease")
    _must(_within(ttl, DAY) and _within(lag, 365 * DAY), "a lease")
    return Node(id, name, clients, users, anonymous, ttl + lag, pages, level, ttl, asked)


def decode_page(node, number, value):
    clients = _elements(value)
    _must(len(clients) <= PAGE_SLOTS, "a page of too many clients")
    return [_client(node, number, fields) for fields in clients]


def _client(node, page, fields):
    slot, generation, user, anonymous, roles, since, attributes = _at_least(7, fields)[:7]
    _must(_within(slot, MAX_CLIENTS) and slot // PAGE_SLOTS == page, "a client on the wrong page")
    _must(_within(generation, 2**32 - 1) and generation > 0, "a client")
    _must(type(since) is int and since < 2**63, "a client")
    _must(_is_str(user, MAX_NAME) and user and type(anonymous) is bool, "a client")
    _must(type(roles) is list and len(roles) <= MAX_STRINGS and all(_is_str(r, MAX_NAME) for r in roles), "roles")
    _must(type(attributes) is dict and len(attributes) <= MAX_STRINGS, "attributes")
    strings = [s for pair in attributes.items() for s in pair]
    _must(all(type(s) is str for s in strings) and _is_str("".join(strings), MAX_ATTRIBUTES), "attributes")
    id = node.id + _base64(slot << 32 | generation)
    return Client(id, user, anonymous, roles, since, attributes, node.age + node.since_asked())


def decode_users(value):
    """(name, anonymous, pages) of the users in a list."""
    users = [_at_least(3, user)[:3] for user in _elements(value)]
    for name, anonymous, pages in users:
        _must(_is_str(name, MAX_NAME) and name and type(anonymous) is bool, "a user")
        _must(type(pages) is list and pages and all(_within(n, MAX_PAGES - 1) for n in pages), "pages")
        _must(all(a < b for a, b in zip(pages, pages[1:])), "pages")
    return users


def _elements(value):
    """What stands behind the version."""
    _must(len(value) <= MAX_VALUE, "too long")
    try:
        elements = msgpack.unpackb(value, raw=False, unicode_errors="surrogateescape")
    except (ValueError, msgpack.UnpackException):
        raise Unreadable("corrupt value in the cache: malformed") from None
    version = _at_least(1, elements)[0]
    _must(type(version) is int, "no version")
    _must(version == VERSION, f"format version {version}, this program reads {VERSION}")
    return elements[1:]


def _at_least(count, fields):
    """The fields, which a later version may have added to."""
    _must(type(fields) is list and len(fields) >= count, "malformed")
    return fields


def _within(n, most):
    return type(n) is int and 0 <= n <= most


def _is_str(s, most):
    return type(s) is str and len(_bytes(s)) <= most


def _must(holds, what):
    if not holds:
        raise Unreadable(f"corrupt value in the cache: {what}")


def _bytes(s):
    return s.encode("utf-8", "surrogateescape")


def fnv1a(node, user):
    """FNV-1a of 32 bits."""
    h = 2166136261
    for byte in _bytes(node + user):
        h = (h ^ byte) * 16777619 & 0xFFFFFFFF
    return h


def _base64(n):
    return base64.urlsafe_b64encode(n.to_bytes(8, "big")).rstrip(b"=").decode()


def base36(n):
    digits = ""
    while n >= 36:
        n, digit = divmod(n, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return "0123456789abcdefghijklmnopqrstuvwxyz"[n] + digits
