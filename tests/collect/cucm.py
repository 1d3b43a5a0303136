#!/usr/bin/python3
"""A CUCM node's command line for tests: an SSH server on 127.0.0.1 that prints what public transcripts show.

    cucm.py SCENARIO.json    prints its port, then serves until its standard input closes

The scenario's keys are read below, each with a default. Every command and key that comes is written to the file
"record", one JSON text a line; every password tried to "logins".
"""

import asyncio
import datetime
import json
import sys
import warnings

warnings.filterwarnings("ignore")
import asyncssh  # noqa: E402

S = json.load(open(sys.argv[1], encoding="utf-8"))
PASSWORD = S.get("password", "secret")
DELAY = S.get("delay_ms", 0) / 1000
STATE = {"pagination": True, "sessions": 0, "views": {}}


def get(name, default):
    return S.get(name, default)


def record(text):
    with open(S["record"], "a", encoding="utf-8") as file:
        file.write(json.dumps(text) + "\n")


def data(file):
    if "text" in file:
        return file["text"].encode("latin-1")
    return open(file["file"], "rb").read()


def terminal(raw):
    return raw.replace(b"\n", b"\r\n")


class Closed(Exception):
    pass


class Session:
    def __init__(self, process):
        self.process = process
        self.pagination = True
        self.sent = 0
        self.number = 0

    async def write(self, raw):
        if isinstance(raw, str):
            raw = raw.encode("latin-1")
        piece = get("pieces", 0)
        limit = get("drop_after", None)
        if limit is not None and self.sent + len(raw) > limit:
            self.process.stdout.write(raw[: max(0, limit - self.sent)])
            await asyncio.sleep(0.05)
            self.process.channel.get_connection().abort() if hasattr(self.process.channel, "get_connection") else None
            self.process.close()
            raise Closed()
        stall = get("stall_after", None)
        if stall is not None and self.sent + len(raw) > stall:
            self.process.stdout.write(raw[: max(0, stall - self.sent)])
            await asyncio.sleep(3600)
        self.sent += len(raw)
        if piece:
            for start in range(0, len(raw), piece):
                self.process.stdout.write(raw[start : start + piece])
                await asyncio.sleep(get("piece_gap_ms", 1) / 1000)
        else:
            self.process.stdout.write(raw)
            await self.process.stdout.drain()

    async def key(self):
        while True:
            byte = await self.process.stdin.read(1)
            if not byte:
                raise Closed()
            await asyncio.sleep(DELAY)
            return byte

    async def line(self):
        """A command, echoed as it comes, wrapped at the terminal's width where asked for."""
        text = b""
        column = len(get("prompt", "admin:"))
        width = get("echo_width", 0)
        out = b""
        while True:
            byte = await self.process.stdin.read(1)
            if not byte:
                raise Closed()
            if byte in b"\r\n":
                await asyncio.sleep(DELAY)
                await self.write(out + b"\r\n")
                return text.decode("latin-1")
            if byte == b"\x03":
                record("CTRL-C")
            text += byte
            if get("echo", True):
                out += byte
                column += 1
                if width and column % width == 0:
                    out += get("echo_wrap", " \r").encode("latin-1")

    async def lines(self, text):
        """Text by the first pager, unless pagination is off."""
        raw = text if isinstance(text, bytes) else text.encode("latin-1")
        if not self.pagination:
            await self.write(terminal(raw))
            return
        lines = raw.splitlines(keepends=True)
        size = get("page", 23)
        for start in range(0, len(lines), size):
            await self.write(terminal(b"".join(lines[start : start + size])))
            if start + size < len(lines):
                await self.write(get("press", "\x1b[1mPress <enter> for 1 line, <space> for one page, or <q> to quit\x1b[0m"))
                key = await self.key()
                record("key:" + key.decode("latin-1"))
                await self.write(b"\r\x1b[K")
                if key == b"q":
                    return

    async def view(self, name, file):
        count = STATE["views"][name] = STATE["views"].get(name, 0) + 1
        raw = data(file)
        if get("viewer", False):
            lines = raw.splitlines(keepends=True) if b"\r" not in raw else [l + b"\n" for l in raw.split(b"\n")]
            await self.write(b"\r\n" * get("lead", 1))
            at, total = 0, len(lines)
            while True:
                if at >= 40 and name in get("grows", []) and count <= get("grows_times", 1):
                    lines = lines + [b"grown\n"] * 5
                    total = len(lines)
                if at >= 40 and name in get("rotates", []) and count <= get("rotates_times", 1):
                    lines = [b"rotated\n"] * 30
                    total = len(lines)
                page = lines[at : at + 20]
                await self.write(terminal(b"".join(page)))
                first, last = min(at + 1, total), min(at + len(page), total)
                at = last
                if at >= total and not get("last_bar", True):
                    await self.write(get("end_notice", ""))
                    return
                bold = (b"\x1b[1m", b"\x1b[0m") if get("bold", True) else (b"", b"")
                end = get("end_notice", "\r\nend of the file reached").encode() if last >= total else b""
                text = get("bar", "options: q=quit, n=next, p=prev, b=begin, e=end (lines {first} - {last} of {total}) : ")
                text = text.format(first=first, last=last, total=total).encode()
                await self.write(bold[0] + end + b"\r\n" + text + bold[1] + get("bar_end", "\r\n").encode())
                key = await self.key()
                record("key:" + key.decode("latin-1"))
                await self.write(get("echo_key", "").replace("KEY", key.decode("latin-1")))
                if key == b"q":
                    return
                await self.write(get("clear", ""))
        elif get("blank_before_view", True):
            if name in get("grows", []) and count <= get("grows_times", 1):
                raw += b"grown\n"
            await self.write(b"\r\n" * get("lead", 1) + terminal(raw))
        else:
            await self.write(terminal(raw))

    async def list(self, path):
        folders = get("folders", {})
        found = folders.get(path.rstrip("/"))
        if found is None and path.rsplit("/", 1)[0] in folders:
            name = path.rsplit("/", 1)[1]
            entries = [file for file in folders[path.rsplit("/", 1)[0]] if file["name"] == name]
            found = entries or None
        if found is None:
            await self.lines(get("missing_text", "no such file or directory can be found\n"))
            return
        out = []
        for file in found:
            date = file.get("date", "25 Jul,2019 13:11:53")
            if get("iso_dates", False):
                date = datetime.datetime.strptime(date, "%d %b,%Y %H:%M:%S").strftime("%Y-%m-%d %H:%M:%S")
            if file.get("dir"):
                out.append(get("dir_row", " {date}        <dir>  {name}\n").format(date=date, name=file["name"]))
            else:
                size = file.get("listed", file.get("size", len(data(file)) if "text" in file or "file" in file else 0))
                out.append(get("row", " {date}  {size:>11,}  {name}\n").format(date=date, size=size, name=file["name"]))
        if path.rstrip("/") in get("numbered", {}):
            count = get("numbered", {})[path.rstrip("/")]
            out += [f" 25 Jul,2019 13:11:53        1,234  cdr_StandAloneCluster_01_201907251311_{n}\n" for n in range(count)]
        dirs = sum(1 for file in found if file.get("dir"))
        await self.lines("".join(out) + f" dir count = {dirs}, file count = {len(out) - dirs}\n")

    async def command(self, text):
        record(text)
        if text in get("hangs_up_at", []):
            await self.write(get("last_words", ""))
            raise Closed()
        if text in get("drips_at", []):
            while True:
                await self.write(b".")
                await asyncio.sleep(0.2)
        special = get("commands", {})
        if text in special:
            answer = special[text]
            if isinstance(answer, dict):
                await self.write(answer["ask"])
                key = await self.key()
                record("answer:" + key.decode("latin-1"))
                if answer.get("enter"):
                    await self.write(key)
                    await self.key()
                await self.write("\r\n" + answer.get("then", ""))
            else:
                await self.lines(answer)
            return
        words = text.split()
        if text == "set cli pagination off":
            if get("pagination_off", True):
                self.pagination = False
                await self.write("Automatic pagination is turned off\r\n")
            else:
                await self.write("Executed command unsuccessfully\r\n")
        elif text == "show version active":
            await self.lines(get("version", "Active Master Version: 14.0.1.12900-161\nActive Version Installed Software Options:\nNo Installed Software Options Found.\n"))
        elif text == "show status":
            await self.lines(get("status", STATUS))
        elif text == "utils fips status":
            await self.lines(get("fips", "The system is operating in NON-FIPS mode\n"))
        elif text == "utils service list":
            await self.lines(get("services", SERVICES))
        elif words[:3] == ["file", "list", "activelog"]:
            await self.list(words[3])
        elif words[:3] == ["file", "view", "activelog"]:
            folder, name = words[3].rsplit("/", 1)
            files = [file for file in get("folders", {}).get(folder, []) if file["name"] == name]
            if files:
                await self.view(name, files[0])
            else:
                await self.write("no such file or directory can be found\r\n")
        elif text.startswith("run sql "):
            await self.lines(sql(text))
        else:
            await self.write("No valid command entered\r\n")

    async def run(self):
        for part in get("start", START):
            if isinstance(part, (int, float)):
                await asyncio.sleep(part)
            else:
                await self.write(part)
        prompt = get("prompt", "admin:")
        while True:
            self.number += 1
            await self.write(prompt.replace("NUMBER", str(self.number)))
            text = (await self.line()).strip()
            if text in ("exit", "quit"):
                record(text)
                return
            if text:
                await self.command(text)


START = [
    "Command Line Interface is starting up, please wait ...\r\n", 0.05,
    "\r\n   Welcome to the Platform Command Line Interface\r\n\r\n", 0.05,
    "VMware Installation:\r\n\t2 vCPU: Intel(R) Core(TM) i9-10900T CPU @ 1.90GHz\r\n\r\n",
]
STATUS = """
Host Name          : cucm-pub
Date               : Thu Jul 25, 2019 16:07:16
Time Zone          : Central European Summer Time (Europe/Berlin)
Locale             : en_US.UTF-8
Product Ver        : 14.0.1.12900-161
Unified OS Version : 7.0.0.0-2

Uptime:
 16:07:17 up 72 days, 21:01,  1 user,  load average: 0.10, 0.20, 0.30

                        Total            Free            Used
Disk/active         22187548K        9256672K       12705464K (58%)
Disk/logging        49573612K       29573612K       20000000K (41%)
"""
SERVICES = """Requesting service status, please wait...
System SSH [STARTED]
Cluster Manager [STARTED]
Cisco CDR Repository Manager[STARTED]
Cisco CDR Agent [STARTED]
Cisco HCS UC Monitor Service[STOPPED]  Service Not Activated
Primary Node =true
"""
TABLES = {
    "billingserver": {
        "columns": ["pkid", "hostname", "userid", "password", "directory", "resendonfailure", "tkbillingserverprotocol"],
        "rows": [["1", "127.0.0.1", "cdr", "x", "/cdr", "t", "1"]],
    },
    "typebillingserverprotocol": {"columns": ["enum", "name", "moniker"], "rows": [["1", "SFTP", "SFTP"], ["2", "FTP", "FTP"]]},
    "cdrmconfig": {"columns": ["pkid", "preservationduration"], "rows": [["1", "30"]]},
}
CATALOGUE = "select c.colname from systables t, syscolumns c where t.tabid=c.tabid and t.tabname='"


def table(names, rows):
    """A header, a rule, the rows: each column as wide as its name, or as its widest value where that is asked for."""
    wide = get("wide_columns", False)
    widths = [max(len(name), *([len(row[at]) for row in rows] if wide and rows else [0])) for at, name in enumerate(names)]
    line = lambda cells: " ".join(cell.ljust(width) for cell, width in zip(cells, widths)) + get("sql_row_end", " ") + "\n"
    return line(names) + line(["=" * width for width in widths]) + "".join(line(row) for row in rows) + get("sql_end", "")


def sql(text):
    """What `run sql` prints. A password that somebody asks for is recorded by the command itself."""
    if get("sql_denied", None):
        return get("sql_denied", None)
    statement = text[len("run sql ") :]
    tables = get("tables", TABLES)
    if statement.startswith(CATALOGUE):
        columns = tables.get(statement[len(CATALOGUE) :].rstrip("'"), {}).get("columns", [])
        return table(["colname"], [[column] for column in columns])
    words, name = statement[len("select ") :].rsplit(" from ", 1)
    if name not in tables:
        return f"The specified table ({name}) is not in the database.\n"
    at = []
    for column in words.split(","):
        if column not in tables[name]["columns"]:
            return f"Column ({column}) not found in any table in the query (or SLV is undefined).\n"
        at.append(tables[name]["columns"].index(column))
    return table(words.split(","), [[row[place] for place in at] for row in tables[name]["rows"]])


class Server(asyncssh.SSHServer):
    def connection_made(self, connection):
        self.connection = connection

    def begin_auth(self, username):
        if get("full", None) == "disconnect":
            self.connection.disconnect(asyncssh.DISC_TOO_MANY_CONNECTIONS, "Maximum number of sessions reached")
        if get("auth_banner", None):
            self.connection.send_auth_banner(get("auth_banner", None))
        return True

    def auth_completed(self):
        if get("full", None) == "disconnect_late":
            self.connection.disconnect(asyncssh.DISC_TOO_MANY_CONNECTIONS, "Maximum number of sessions reached")

    def session_requested(self):
        """Only where no process is made: the channel is refused."""
        raise asyncssh.ChannelOpenError(asyncssh.OPEN_RESOURCE_SHORTAGE, "Maximum number of sessions reached")

    def password_auth_supported(self):
        return get("methods", "both") in ("both", "password")

    def validate_password(self, username, password):
        known = check(username, password)
        if known and get("expired", False):
            raise asyncssh.PasswordChangeRequired("Your password has expired.")
        return known

    def change_password(self, username, old, new):
        record("a new password")
        return False

    def kbdint_auth_supported(self):
        return get("methods", "both") in ("both", "keyboard-interactive")

    rounds = 0

    def get_kbdint_challenge(self, username, lang, submethods):
        return self.challenge()

    def challenge(self):
        """Each round's prompts; the password counts once, and no later round lets anybody in."""
        questions = get("questions", [["Password: "]])[self.rounds]
        self.rounds += 1
        return "", get("instruction", ""), "", [(question, False) for question in questions]

    def validate_kbdint_response(self, username, responses):
        for response in responses:
            self.known = check(username, response) or getattr(self, "known", False)
        if self.rounds < len(get("questions", [["Password: "]])):
            return self.challenge()
        return getattr(self, "known", False) and not get("expired", False)


def check(username, password):
    with open(S["record"] + ".logins", "a", encoding="utf-8") as file:
        file.write(f"{username} {password}\n")
    return password == PASSWORD and not get("locked", False)


async def handle(process):
    STATE["sessions"] += 1
    if process.command is not None:
        record("exec:" + process.command)
        process.exit(1)
        return
    if get("full", None) in ("stdout", "stderr", "stays"):
        stream = process.stderr if get("full", None) == "stderr" else process.stdout
        stream.write(b"Maximum number of sessions reached\r\n")
        if get("full", None) == "stays":
            await asyncio.sleep(3600)
        process.exit(1)
        return
    try:
        await Session(process).run()
    except (Closed, BrokenPipeError, asyncssh.Error):
        pass
    process.exit(0)


async def closes(reader, writer):
    writer.close()


async def main():
    if get("full", None) == "closes":
        server = await asyncio.start_server(closes, "127.0.0.1", 0)
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        return
    key = asyncssh.import_private_key(open(S["host_key"]).read())
    if get("host_key_algs", None):
        key.sig_algorithms = tuple(name.encode() for name in get("host_key_algs", None))
    names = ["kex_algs", "encryption_algs", "mac_algs", "server_version"]
    more = {name: get(name, None) for name in names if get(name, None)}
    if get("full", None) != "refused":
        more["process_factory"] = handle
    server = await asyncssh.create_server(
        Server, "127.0.0.1", 0, server_host_keys=[key], encoding=None, line_editor=False, **more
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


asyncio.run(main())
