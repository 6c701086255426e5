"""Checks a server with a client that shares no code with it.

usage: foreign.py ws://host:port

The server sends every message back, except that it closes with 4401 when it is
told "sign me out", and with 1009 when a message is longer than 1 MiB. Prints a
line for each check and exits with 1 if one fails.
"""

import asyncio
import sys

import websockets

FAILED = []


def check(name, got, want):
    ok = got == want
    print("ok  " if ok else "FAIL", name, "" if ok else f"got {got!r:.200}, want {want!r:.200}")
    if not ok:
        FAILED.append(name)


async def echo(ws, message):
    await ws.send(message)
    return await ws.recv()


async def messages(url):
    async with websockets.connect(url, compression=None) as ws:
        check("text", await echo(ws, "présent 😀"), "présent 😀")
        check("binary", await echo(ws, b"\x00\xff\xfe"), b"\x00\xff\xfe")
        check("empty text", await echo(ws, ""), "")
        check("empty binary", await echo(ws, b""), b"")
        check("text in fragments", await echo(ws, ["pré", "", "sent ", "😀"]), "présent 😀")
        check("binary in fragments", await echo(ws, [b"\x00", b"\xff" * 70000]), b"\x00" + b"\xff" * 70000)
        for n in (125, 126, 65535, 65536):
            check(f"{n} bytes", await echo(ws, b"x" * n), b"x" * n)
        large = "é" * (1 << 19)
        check("large message", await echo(ws, large) == large, True)


async def pings(url):
    # The server pings as well, and drops who does not answer.
    async with websockets.connect(url, compression=None, ping_interval=None) as ws:
        pong = await ws.ping(b"are you there?")
        await asyncio.wait_for(pong, 20)
        check("ping", pong.done(), True)
        await ws.pong(b"nobody asked")
        check("unasked pong", await echo(ws, "still here"), "still here")
        await asyncio.sleep(3.5)
        check("pings of the server", await echo(ws, "still here"), "still here")


async def client_closes(url):
    ws = await websockets.connect(url, compression=None)
    await ws.close(code=4000, reason="à demain")
    check("close by the client", (ws.close_code, ws.close_reason), (4000, "à demain"))


async def told_to_go(url, name, message, code, reason):
    ws = await websockets.connect(url, compression=None)
    try:
        await ws.send(message)
        await ws.recv()
        check(name, "a message", "a close frame")
    except websockets.ConnectionClosed as e:
        got = e.rcvd and (e.rcvd.code, reason and e.rcvd.reason)
        check(name, got, (code, reason))
    finally:
        await ws.close()


async def deflate(url):
    async with websockets.connect(url, compression="deflate") as ws:
        check("deflate is declined", ws.extensions, [])
        check("text without it", await echo(ws, "a" * 1000), "a" * 1000)


async def main(url):
    await messages(url)
    await pings(url)
    await client_closes(url)
    await told_to_go(url, "close by the server", "sign me out", 4401, "signed out: à bientôt")
    await told_to_go(url, "too big", b"x" * ((1 << 20) + 1), 1009, None)
    await deflate(url)


asyncio.run(asyncio.wait_for(main(sys.argv[1]), 60))
sys.exit(1 if FAILED else 0)
