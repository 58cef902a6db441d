#!/usr/bin/env python3
"""What the gateway costs: a cached call beside nginx, an uncached one beside a direct one.

Runs alone, or through `./dev bench gateway`. Everything is measured in one run on one machine,
ours and the other in turn, and the median of the rounds counts. Where there are two cores, the
server under load has one and wrk the other.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import http.client
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

TARGETS = ["larder", "demo-upstream"]

PAYLOAD_BYTES = 1024
CONNECTIONS = 32
ROUNDS = 5
ROUND_SECONDS = 4
COLD_STARTS = 15
COLD_START_BUDGET_MS = 50.0

# wrk calls done() once; `latency` is in microseconds.
LUA = """
wrk.method = "POST"
wrk.path = "/mcp"
wrk.body = [==[%(body)s]==]
%(headers)s
function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '\\nRESULT {"requests":%%d,"micros":%%d,"p50":%%d,"p99":%%d,"errors":%%d}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
"""

NGINX = """
daemon off;
master_process off;
worker_processes 1;
pid %(folder)s/nginx.pid;
error_log %(folder)s/nginx.log;
events { worker_connections 1024; }
http {
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path %(folder)s/body;
  proxy_temp_path %(folder)s/proxy;
  fastcgi_temp_path %(folder)s/fastcgi;
  uwsgi_temp_path %(folder)s/uwsgi;
  scgi_temp_path %(folder)s/scgi;
  server {
    listen 127.0.0.1:%(port)d;
    location = /mcp { default_type application/json; return 200 '%(body)s'; }
  }
}
"""


@dataclasses.dataclass(frozen=True)
class Round:
    per_second: float
    p50_us: float
    p99_us: float
    cpu_us: float  # of the server, for one request


@dataclasses.dataclass(frozen=True)
class Server:
    name: str
    port: int
    pid: int


def call(tool: str) -> tuple[bytes, dict[str, str]]:
    """The request of a modern client for PAYLOAD_BYTES of text."""
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    params = {"name": tool, "arguments": {"bytes": PAYLOAD_BYTES}, "_meta": meta}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": "2026-07-28",
        "Mcp-Method": "tools/call",
        "Mcp-Name": tool,
    }
    return json.dumps(body, separators=(",", ":")).encode(), headers


def post(port: int, tool: str) -> tuple[bytes, str]:
    """The body of the answer and its Cache-Status."""
    body, headers = call(tool)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    with contextlib.closing(connection):
        connection.request("POST", "/mcp", body, headers)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != 200 or b'"error"' in text[:200]:
            raise RuntimeError(f"{tool}: HTTP {answer.status}: {text[:300]!r}")
        return text, answer.getheader("Cache-Status", "")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def pin(core: int) -> Callable[[], None] | None:
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        return None
    return lambda: os.sched_setaffinity(0, {cores[core % len(cores)]})


@contextlib.contextmanager
def running(name: str, command: Sequence[str | Path], port: int, core: int = 0) -> Iterator[Server]:
    """Runs a server until the block ends; it listens when the block begins."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, preexec_fn=pin(core))
        try:
            wait_for_port(process, port, name)
            yield Server(name, port, process.pid)
        except BaseException:
            log.seek(0)
            print(f"---- {name} ----\n{log.read().decode(errors='replace')[-2000:]}")
            raise
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=20)


def wait_for_port(process: subprocess.Popen[bytes], port: int, name: str) -> socket.socket:
    """The first connection that is accepted."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"{name} ended with {process.returncode}")
        with contextlib.suppress(OSError):
            return socket.create_connection(("127.0.0.1", port), timeout=20)
    raise RuntimeError(f"{name} does not listen on {port}")


def wrk(server: Server, folder: Path, tool: str, connections: int, seconds: int) -> dict[str, Any]:
    body, headers = call(tool)
    script = folder / f"{tool}.lua"
    lines = "\n".join(f'wrk.headers["{name}"] = "{value}"' for name, value in headers.items())
    script.write_text(LUA % {"body": body.decode(), "headers": lines})
    done = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds:.0f}s", "-s", script, f"http://127.0.0.1:{server.port}/mcp"],
        capture_output=True, text=True, check=True, preexec_fn=pin(1))  # fmt: skip
    found = re.search(r"^RESULT (.*)$", done.stdout, re.MULTILINE)
    if not found:
        raise RuntimeError(f"wrk told nothing:\n{done.stdout}{done.stderr}")
    result: dict[str, Any] = json.loads(found[1])
    if result["errors"] > 0 or result["requests"] == 0:
        raise RuntimeError(f"{server.name}: wrk met errors: {done.stdout}")
    return result


def cpu_seconds(pid: int) -> float:
    # Fields 14 and 15, user and system time, counted after the name, which may hold blanks.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def load(server: Server, folder: Path, tool: str, connections: int, seconds: int) -> Round:
    before = cpu_seconds(server.pid)
    result = wrk(server, folder, tool, connections, seconds)
    cpu = cpu_seconds(server.pid) - before
    return Round(
        per_second=result["requests"] / (result["micros"] / 1e6),
        p50_us=result["p50"],
        p99_us=result["p99"],
        cpu_us=cpu * 1e6 / result["requests"],
    )


def median(rounds: Sequence[Round]) -> Round:
    fields = [field.name for field in dataclasses.fields(Round)]
    return Round(**{name: statistics.median(getattr(one, name) for one in rounds) for name in fields})


def in_turn(sides: Sequence[Callable[[], Round]], rounds: int) -> list[Round]:
    """The medians of what each side measures; the sides take turns, so both meet the same noise."""
    for side in sides:
        side()  # warms caches, branch predictors and connections
    measured: list[list[Round]] = [[] for _ in sides]
    for _ in range(rounds):
        for side, results in zip(sides, measured, strict=True):
            results.append(side())
    return [median(results) for results in measured]


def syscalls(server: Server, folder: Path, tool: str) -> float | None:
    """System calls of the server for one request; None without strace or the right to use it."""
    if not shutil.which("strace"):
        return None
    counts = folder / "strace"
    tracer = subprocess.Popen(
        ["strace", "-c", "-f", "-U", "calls,name", "-o", counts, "-p", str(server.pid)],
        stderr=subprocess.PIPE, text=True)  # fmt: skip
    assert tracer.stderr is not None
    if "attached" not in tracer.stderr.readline():
        tracer.wait()
        return None
    try:
        requests = wrk(server, folder, tool, CONNECTIONS, 2)["requests"]
    finally:
        tracer.send_signal(signal.SIGINT)
        tracer.wait()
    total = re.search(r"^\s*(\d+)\s+total$", counts.read_text(), re.MULTILINE)
    return int(total[1]) / requests if total else None


def gateway_config(folder: Path, upstream: int, port: int) -> Path:
    """Two names for one upstream: what `cached` is asked is kept, what `plain` is asked is not."""
    url = f"http://127.0.0.1:{upstream}/mcp"
    rule = {"ttl": "1h", "scope": "public"}
    config = {
        "mcpServers": {
            "cached": {"url": url, "cache": {"tools": {"echo_size": rule}}},
            "plain": {"url": url},
        },
        "server": {"host": "127.0.0.1", "port": port, "threads": 1, "access_log": "off"},
    }
    path = folder / "larder.json"
    path.write_text(json.dumps(config))
    return path


def nginx_command(folder: Path, port: int, body: bytes) -> list[str | Path]:
    config = folder / "nginx.conf"
    config.write_text(NGINX % {"folder": folder, "port": port, "body": body.decode()})
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    return [program, "-p", folder, "-c", config]


def cold_start_ms(command: Sequence[str | Path], port: int) -> float:
    """From the start of the program to its first answer of an MCP server's tool, uncached."""
    body, headers = call("plain__echo_size")
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    request = f"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n{lines}\r\n".encode() + body
    begin = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with wait_for_port(process, port, "larder") as connection:
            connection.sendall(request)
            answer = connection.recv(1 << 16)
            took = time.monotonic() - begin
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)
    if not answer.startswith(b"HTTP/1.1 200 "):
        raise RuntimeError(f"the first answer is {answer[:200]!r}")
    return took * 1000


def figure(name: str, value: float, unit: str, against: str, ratio: float | None) -> dict[str, Any]:
    return {"name": name, "value": value, "unit": unit, "against": against, "ratio": ratio}


def row(name: str, one: Round, calls: float | None) -> str:
    traced = "-" if calls is None else f"{calls:.2f}"
    return (f"  {name:<8} {one.per_second:>10,.0f} {one.p50_us:>9,.0f} {one.p99_us:>9,.0f} "
            f"{one.cpu_us:>11.2f} {traced:>13}")  # fmt: skip


def bench_cached(larder: Server, folder: Path, rounds: int, seconds: int) -> list[dict[str, Any]]:
    tool = "cached__echo_size"
    post(larder.port, tool)
    body, status = post(larder.port, tool)
    if "hit" not in status:
        raise RuntimeError(f"the call is not cached: Cache-Status {status!r}")
    port = free_port()
    with running("nginx", nginx_command(folder, port, body), port) as nginx:
        if post(nginx.port, tool)[0] != body:
            raise RuntimeError("nginx does not answer the same bytes")
        ours, theirs = in_turn(
            [lambda: load(larder, folder, tool, CONNECTIONS, seconds),
             lambda: load(nginx, folder, tool, CONNECTIONS, seconds)], rounds)  # fmt: skip
        our_calls, their_calls = syscalls(larder, folder, tool), syscalls(nginx, folder, tool)
    print(f"cached tools/call, {len(body)} bytes of body, {CONNECTIONS} connections, one thread\n"
          f"  {'':<8} {'requests/s':>10} {'p50 us':>9} {'p99 us':>9} {'CPU us/req':>11} {'syscalls/req':>13}\n"
          f"{row('larder', ours, our_calls)}\n{row('nginx', theirs, their_calls)}\n"
          f"  larder does {ours.per_second / theirs.per_second:.0%} of nginx")  # fmt: skip
    against = "nginx return 200"
    figures = [
        figure("gateway cached call", ours.per_second, "req/s", against, ours.per_second / theirs.per_second),
        figure("gateway cached call p50", ours.p50_us, "us", against, theirs.p50_us / ours.p50_us),
        figure("gateway cached call p99", ours.p99_us, "us", against, theirs.p99_us / ours.p99_us),
        figure("gateway cached call CPU", ours.cpu_us, "us/req", against, theirs.cpu_us / ours.cpu_us),
    ]
    if our_calls is not None and their_calls is not None:
        figures.append(figure("gateway cached call system calls", our_calls, "per req", against,
                              their_calls / our_calls))  # fmt: skip
    return figures


def bench_uncached(larder: Server, upstream: Server, folder: Path, rounds: int, seconds: int) -> list[dict[str, Any]]:
    ours, direct = in_turn(
        [lambda: load(larder, folder, "plain__echo_size", 1, seconds),
         lambda: load(upstream, folder, "echo_size", 1, seconds)], rounds)  # fmt: skip
    added = ours.p50_us - direct.p50_us
    print(f"uncached tools/call, one connection\n"
          f"  through larder {ours.p50_us:.0f} us, direct {direct.p50_us:.0f} us: adds {added:.0f} us at the median")  # fmt: skip
    return [figure("gateway uncached call adds", added, "us", "a direct call", direct.p50_us / ours.p50_us)]


def bench_cold_start(larder: Sequence[str | Path], port: int) -> list[dict[str, Any]]:
    took = statistics.median(cold_start_ms(larder, port) for _ in range(COLD_STARTS))
    print(f"cold start to the first answer {took:.1f} ms")
    return [figure("gateway cold start", took, "ms", "50 ms", COLD_START_BUDGET_MS / took)]


def main(output: Path, build: Path, rounds: int = ROUNDS, seconds: int = ROUND_SECONDS) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ports = free_port(), free_port()
        demo = [build / "bin" / "demo-upstream", "--port", str(ports[0])]
        config = gateway_config(folder, *ports)
        larder: list[str | Path] = [build / "bin" / "larder", "serve", "--config", config]
        with running("demo-upstream", demo, ports[0], core=1) as upstream:
            figures = bench_cold_start(larder, ports[1])
            with running("larder", larder, ports[1]) as gateway:
                figures += bench_cached(gateway, folder, rounds, seconds)
                figures += bench_uncached(gateway, upstream, folder, rounds, seconds)
    output.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, required=True, help="file for the figures")
    parser.add_argument("--build", type=Path, default=Path("build/release"), help="folder of the build")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often each side is measured")
    parser.add_argument("--seconds", type=int, default=ROUND_SECONDS, help="length of a round")
    arguments = parser.parse_args()
    main(arguments.json, arguments.build, arguments.rounds, arguments.seconds)
