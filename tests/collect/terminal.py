#!/usr/bin/python3
"""A second node of CUCM, in another style: a program on a terminal of the system's, which echoes, wraps and turns line
ends as a terminal does; GNU readline reads its commands. SSH carries that terminal and nothing else.

    terminal.py SCENARIO.json          prints its port, then serves until its standard input closes
    terminal.py SCENARIO.json --cli    the command line itself, on its terminal

Written from the published facts alone, and not from what cdrdiag expects.
"""

import json
import os
import sys

SCENARIO = sys.argv[1]
S = json.load(open(SCENARIO, encoding="utf-8"))


def record(text):
    with open(S["record"], "a", encoding="utf-8") as file:
        file.write(json.dumps(text) + "\n")


# The command line


def out(data):
    if isinstance(data, str):
        data = data.encode("latin-1")
    while data:
        data = data[os.write(1, data) :]


def key():
    """One key, unseen. By default what was typed before is thrown away, as `tcsetattr` does with TCSAFLUSH."""
    import termios
    import tty

    when = termios.TCSANOW if S.get("keeps_keys") else termios.TCSAFLUSH
    before = termios.tcgetattr(0)
    tty.setcbreak(0, when)
    try:
        pressed = os.read(0, 1)
    finally:
        termios.tcsetattr(0, termios.TCSANOW, before)
    if not pressed:
        sys.exit(0)
    record("key:" + pressed.decode("latin-1"))
    return pressed


def content(path):
    folder, name = path.rsplit("/", 1)
    for file in S["folders"].get(folder, []):
        if file["name"] == name and not file.get("dir"):
            return file["text"].encode("latin-1")
    return None


def more(lines, state):
    """The pager of ordinary commands."""
    for number, line in enumerate(lines):
        out(line)
        if not state["paged"] or (number + 1) % 22 or number + 1 == len(lines):
            continue
        out("\x1b[1mPress <enter> for 1 line, <space> for one page, or <q> to quit\x1b[0m")
        pressed = key()
        out("\r\x1b[K")
        if pressed == b"q":
            return


def view(data):
    """The viewer of `file view`, which no setting turns off here."""
    lines = data.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    out("\n")
    at = 0
    while True:
        page = lines[at : at + 20]
        for number, line in enumerate(page):
            is_last = at + number + 1 == len(lines)
            out(line + (b"" if is_last and not data.endswith(b"\n") else b"\n"))
        last = min(at + 20, len(lines))
        end = "\nend of the file reached" if last == len(lines) else ""
        first = at + 1 if lines else 0
        out(f"\x1b[1m{end}\noptions: q=quit, n=next, p=prev, b=begin, e=end (lines {first} - {last} of {len(lines)}) : \x1b[0m\n")
        while True:
            pressed = key()
            if pressed == b"q":
                return
            if pressed == b"n" and last < len(lines):
                at += 20
                break
            if pressed == b"b":
                at = 0
                break


def listing(path):
    path = path.rstrip("/")
    files = S["folders"].get(path)
    if files is None and content(path) is not None:
        folder, name = path.rsplit("/", 1)
        files = [file for file in S["folders"][folder] if file["name"] == name]
    if files is None:
        return ["no such file or directory can be found\n"]
    rows = []
    for file in files:
        date = file.get("date", "02 Dec,2004 12:00:59")
        size = "<dir>   " if file.get("dir") else f"{len(file['text']):,}"
        rows.append(f"{date} {size:>12}  {file['name']}\n")
    dirs = sum(1 for file in files if file.get("dir"))
    return rows + [f"dir count = {dirs}, file count = {len(files) - dirs}\n"]


ANSWERS = {
    "show version active": "Active Master Version: 12.5.1.11900-146\nActive Version Installed Software Options:\nNo Installed Software Options Found.\n",
    "show status": "Host Name          : pub12\nDate               : Thu Jul 21, 2016 16:07:16\nTime Zone          : India Standard Time (Asia/Kolkata)\nLocale             : en_US.UTF-8\nProduct Ver        : 12.5.1.11900-146\nUnified OS Version : 6.0.0.0-2\n",
    "utils fips status": "FIPS Mode is disabled.\n",
    "utils service list": "Requesting service status, please wait...\nSystem SSH [STARTED]\nCisco CDR Agent[STARTED]  \nCisco CDR Repository Manager[STARTED]  \nPrimary Node =true\n",
}


def run(command, state):
    words = command.split()
    if command == "set cli pagination off":
        state["paged"] = False
        out("Automatic pagination is turned off\n")
    elif command in ANSWERS:
        more(ANSWERS[command].splitlines(keepends=True), state)
    elif words[:3] == ["file", "list", "activelog"]:
        more(listing(words[3]), state)
    elif words[:3] == ["file", "view", "activelog"]:
        data = content(words[3])
        if data is None:
            out("no such file or directory can be found\n")
        elif S.get("viewer", True):
            view(data)
        else:
            out(b"\n" + data)
    elif command.startswith("run sql select c.colname") and "'billingserver'" in command:
        more(["colname        \n", "============== \n", "hostname       \n", "password       \n", "userid         \n"], state)
    elif command == "run sql select hostname,userid from billingserver":
        more(["hostname userid \n", "======== ====== \n", "10.0.0.5 cdr    \n"], state)
    else:
        out("Executed command unsuccessfully\nNo valid command entered\n")


def cli():
    import readline
    import time

    readline.parse_and_bind("set enable-bracketed-paste off")
    out("Command Line Interface is starting up, please wait ...\n")
    time.sleep(0.5)
    out("\n   Welcome to the Platform Command Line Interface\n\nVMware Installation:\n\t4 vCPU: Intel(R) Xeon(R)\n\tDisk 1: 110GB, Partitions aligned\n\n")
    state = {"paged": True}
    while True:
        try:
            command = input(S.get("prompt", "admin:")).strip()
        except EOFError:
            return
        if command:
            record(command)
        if command in ("exit", "quit"):
            return
        if command:
            run(command, state)


# SSH around it


def serve():
    import asyncio
    import fcntl
    import pty
    import struct
    import termios
    import warnings

    warnings.filterwarnings("ignore")
    import asyncssh

    class Server(asyncssh.SSHServer):
        def begin_auth(self, username):
            return True

        def password_auth_supported(self):
            return True

        def validate_password(self, username, password):
            with open(S["record"] + ".logins", "a", encoding="utf-8") as file:
                file.write(f"{username} {password}\n")
            return password == "secret"

        def kbdint_auth_supported(self):
            return False

    async def handle(process):
        columns, rows, _, _ = process.term_size
        columns = S.get("columns", columns)
        child, terminal = pty.fork()
        if child == 0:
            os.environ["TERM"] = S.get("term", "vt100")
            os.execv(sys.executable, [sys.executable, os.path.abspath(__file__), SCENARIO, "--cli"])
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows or 24, columns or 80, 0, 0))
        loop = asyncio.get_running_loop()

        async def down():
            while True:
                try:
                    data = await loop.run_in_executor(None, os.read, terminal, 4096)
                except OSError:
                    return
                if not data:
                    return
                process.stdout.write(data)
                await process.stdout.drain()

        async def up():
            while True:
                data = await process.stdin.read(256)
                if not data:
                    return
                os.write(terminal, data)

        upward = asyncio.ensure_future(up())
        await down()
        upward.cancel()
        os.close(terminal)
        os.waitpid(child, 0)
        process.exit(0)

    async def main():
        server = await asyncssh.create_server(
            Server, "127.0.0.1", 0, server_host_keys=[S["host_key"]], process_factory=handle, encoding=None, line_editor=False
        )
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        os._exit(0)

    asyncio.run(main())


if __name__ == "__main__":
    cli() if "--cli" in sys.argv else serve()
