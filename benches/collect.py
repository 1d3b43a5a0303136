#!/usr/bin/python3
"""How long `cdrdiag collect` takes, and how much memory, against the node that the tests play (tests/collect/cucm.py)
behind a round trip of 50 ms: four traces of 0.5 MB and the listing of 10,000 waiting files, with the viewer's pager,
with that of listings, too, where it can't be turned off, and with none.

    benches/collect.py      RUNS=3 RTT_MS=50 are the defaults; CDRDIAG names the binary (default: the release build)

Wants ssh-keygen, Debian's python3-asyncssh and GNU time.
"""

import asyncio
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CDRDIAG = os.environ.get("CDRDIAG", ROOT / os.environ.get("CARGO_TARGET_DIR", "target") / "release/cdrdiag")
RUNS = int(os.environ.get("RUNS", "3"))
ONE_WAY = int(os.environ.get("RTT_MS", "50")) / 2000

TRACES = "/cm/trace/cdrrep/log4j"
PRESERVE = "/cm/cdr_repository/preserve"


def scenario(pagers):
    line = "2019-07-25 13:12:11,{:03} INFO  [Thread-9] cdrrep.CDRSender (CDRSender.java:126) - CDRSender for destination 1 is running...\n"
    text = "".join(line.format(number % 1000) for number in range(4_600))
    traces = [
        {"name": f"cdrrepmgr0007{number}.log", "date": f"25 Jul,2019 1{number}:00:00", "text": text} for number in range(4)
    ]
    date = f"{PRESERVE}/20190725"
    folders = {TRACES: traces, PRESERVE: [{"name": "20190725", "dir": True}], date: []}
    return {"folders": folders, "numbered": {date: 10_000}} | pagers


async def delayed(reader, writer):
    """Passes on what comes, each piece half a round trip later, however many are under way."""
    pieces = asyncio.Queue()
    loop = asyncio.get_running_loop()

    async def take():
        while data := await reader.read(65_536):
            pieces.put_nowait((loop.time() + ONE_WAY, data))
        pieces.put_nowait((loop.time() + ONE_WAY, b""))

    taking = asyncio.ensure_future(take())
    while True:
        at, data = await pieces.get()
        await asyncio.sleep(max(0, at - loop.time()))
        if not data:
            break
        writer.write(data)
        await writer.drain()
    await taking
    writer.close()


async def proxy(port):
    async def connect(reader, writer):
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(delayed(reader, far_writer), delayed(far_reader, writer), return_exceptions=True)

    return await asyncio.start_server(connect, "127.0.0.1", 0)


async def run(folder, pagers):
    """Seconds and KiB of one collection."""
    plan = scenario(pagers) | {"record": f"{folder}/record", "host_key": f"{folder}/key"}
    Path(folder, "scenario.json").write_text(json.dumps(plan))
    node = await asyncio.create_subprocess_exec(
        "/usr/bin/python3", "-W", "ignore", str(ROOT / "tests/collect/cucm.py"), f"{folder}/scenario.json",
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )
    try:
        server = await proxy(int(await node.stdout.readline()))
        port = server.sockets[0].getsockname()[1]
        out = tempfile.mkdtemp(dir=folder)
        collect = await asyncio.create_subprocess_exec(
            "/usr/bin/time", "-f", "%e %M", str(CDRDIAG), "collect", f"reader@127.0.0.1:{port}", "--json", "--quiet",
            "--out", out, "--password-file", f"{folder}/password", "--host-key", fingerprint(folder),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        answer, told = await collect.communicate()
        server.close()
    finally:
        node.kill()
        await node.wait()
        # What was still on its way arrives.
        await asyncio.sleep(4 * ONE_WAY)
    answer = json.loads(answer)
    assert answer["verdict"] == "ok" and len(answer["traces"]) == 4, answer["warnings"]
    seconds, kib = re.findall(rb"^(\S+) (\d+)$", told, re.M)[-1]
    return float(seconds), int(kib)


def fingerprint(folder):
    printed = subprocess.run(["ssh-keygen", "-lf", f"{folder}/key.pub"], capture_output=True, text=True, check=True)
    return printed.stdout.split()[1]


def main():
    if not os.access(CDRDIAG, os.X_OK):
        sys.exit(f"no {CDRDIAG}: cargo build --release first")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", f"{folder}/key"], check=True)
        Path(folder, "password").write_text("secret\n")
        kinds = {
            "viewer's pager": {"viewer": True},
            "both pagers": {"viewer": True, "pagination_off": False},
            "no pager": {"viewer": False},
        }
        for name, pagers in kinds.items():
            runs = [asyncio.run(run(folder, pagers)) for _ in range(RUNS)]
            seconds, kib = (statistics.median(column) for column in zip(*runs))
            print(f"{name:16} median {seconds:6.1f} s   {kib / 1024:5.1f} MiB")


if __name__ == "__main__":
    main()
