"""What most people would write today: aiohttp on both sides, connections kept open, uvloop."""

from __future__ import annotations

import random
import sys
from collections.abc import AsyncIterator

import aiohttp
import uvloop
from aiohttp import web

BACKENDS = sys.argv[2:]


async def client(app: web.Application) -> AsyncIterator[None]:
    """One client session for as long as the server runs."""
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, auto_decompress=False) as session:
        app[SESSION] = session
        yield


async def forward(request: web.Request) -> web.Response:
    """Hand the request to a backend, drawn by weight."""
    [backend] = random.choices(BACKENDS, (70, 30))  # noqa: S311 - a split, no secret
    headers = {name: value for name, value in request.headers.items() if name not in HOP_BY_HOP}
    url, body = f"http://{backend}{request.path_qs}", await request.read()
    async with request.app[SESSION].request(
        request.method, url, headers=headers, data=body or None
    ) as answer:
        kept = {name: value for name, value in answer.headers.items() if name not in HOP_BY_HOP}
        return web.Response(status=answer.status, body=await answer.read(), headers=kept)


SESSION = web.AppKey("session", aiohttp.ClientSession)
HOP_BY_HOP = frozenset({"Connection", "Keep-Alive", "Transfer-Encoding", "Content-Length", "Host"})

if __name__ == "__main__":
    app = web.Application()
    app.cleanup_ctx.append(client)
    app.router.add_route("*", "/{path:.*}", forward)
    web.run_app(
        app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, loop=uvloop.new_event_loop()
    )
