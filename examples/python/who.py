"""Prints who is connected, or which of some users are:

    python3 who.py 127.0.0.1:6379 [user...]
"""

import datetime
import sys

import redis

import rollcall

if len(sys.argv) < 2:
    sys.exit("usage: python3 who.py host[:port] [user...]")
host, _, port = sys.argv[1].partition(":")
reader = rollcall.Reader(redis.Redis(host, int(port or 6379), socket_timeout=1).mget)

if users := sys.argv[2:]:
    online = reader.online(users)
    for user in users:
        print(f"{user!r:20} {'online' if user in online else 'offline'}")
    sys.exit()
for node in reader.nodes():
    print(f"node {node.id} {node.name!r}: {node.clients} clients of {node.users} users")
for client in reader.all():
    since = datetime.datetime.fromtimestamp(client.since / 1000).astimezone()
    print(f"{client.id}  {client.user!r:20} since {since:%FT%T%z}  {client.roles}")
