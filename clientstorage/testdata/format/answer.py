"""Answers questions with the reader of examples/python, for a test. From stdin
it reads jobs in JSON and writes one answer to each."""

import dataclasses
import json
import pathlib
import sys

import redis

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "examples" / "python"))
import rollcall


def mget_of(job):
    if "redis" in job:
        host, port = job["redis"].split(":")
        return redis.Redis(host, int(port)).mget
    values = {key: bytes.fromhex(value) for key, value in job["keys"].items()}
    return lambda keys: [values.get(key) for key in keys]


def answer(job):
    reader = rollcall.Reader(mget_of(job))
    return {
        "lookup": {id: reader.lookup(id) for id in job.get("lookup") or []},
        "byUser": {user: reader.by_user(user) for user in job.get("byUser") or []},
        "online": reader.online(job.get("online") or []),
        "all": list(reader.all()),
        "count": reader.count(),
        "users": [{"name": name, "anonymous": anonymous} for name, anonymous in reader.users().items()],
        "nodes": reader.nodes(),
    }


def answer_or_say_why_not(job):
    try:
        return answer(job)
    except rollcall.Unreadable as e:
        return {"unreadable": str(e)}


answers = [answer_or_say_why_not(job) for job in json.load(sys.stdin)]
text = json.dumps(answers, default=dataclasses.asdict, ensure_ascii=False)
# Go's JSON has no surrogates of their own; it says the same with one U+FFFD for each.
sys.stdout.buffer.write("".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text).encode())
