#!/usr/bin/python3
"""An SFTP server (version 3) that sshd starts as its subsystem, and that has one fault.

    sftp_server.py FAULT

Without a fault it is an honest one for what a delivery needs. Every fault is listed in FAULTS.
"""

import os
import struct
import sys
import time

INIT, VERSION, OPEN, CLOSE, READ, WRITE, REMOVE, REALPATH, STAT, RENAME = 1, 2, 3, 4, 5, 6, 13, 16, 17, 18
STATUS, HANDLE, DATA, NAME, ATTRS = 101, 102, 103, 104, 105
OK, EOF, NO_SUCH_FILE, FAILURE = 0, 1, 2, 4

FAULTS = {
    "none",
    "slow",  # a moment before each answer
    "huge_packet",  # an answer to OPEN whose length says 4 GiB
    "long_handle",  # a handle of 60,000 bytes
    "wrong_ids",  # answers to requests that nobody made
    "wrong_kinds",  # a name where a handle is due
    "names_without_end",  # REALPATH: four thousand million names, and they keep coming
    "many_statuses",  # a thousand answers to each WRITE
    "statuses_without_end",  # answers to WRITE until nobody takes them
    "sizes_that_change",  # another size at each STAT
    "hang",  # nothing after the first WRITE
    "hang_at_once",  # nothing but the version
    "drip",  # a byte a second
    "close",  # ends at the first WRITE
    "data_without_end",  # READ never comes to the end
    "empty_data",  # READ gives nothing, and no end
    "other_data",  # READ gives other bytes
    "control_characters",  # names and words that steer a terminal
}

FAULT = sys.argv[1]
assert FAULT in FAULTS
handles = {}
stats = 0


def send(kind, body):
    raw = struct.pack(">IB", len(body) + 1, kind) + body
    if FAULT == "slow":
        time.sleep(0.02)
    if FAULT == "drip" and kind != VERSION:
        for byte in raw:
            write(bytes([byte]))
            time.sleep(1)
        return
    write(raw)


def write(raw):
    while raw:
        raw = raw[os.write(1, raw):]


def string(raw):
    return struct.pack(">I", len(raw)) + raw


def status(number, code, text=b""):
    if FAULT == "control_characters":
        text = b"\x1b]0;owned\x07\x1b[2J" + text
    send(STATUS, struct.pack(">II", number, code) + string(text) + string(b""))


def take(body):
    length = struct.unpack(">I", body[:4])[0]
    return body[4:4 + length], body[4 + length:]


def read(length):
    raw = b""
    while len(raw) < length:
        piece = os.read(0, length - len(raw))
        if not piece:
            sys.exit(0)
        raw += piece
    return raw


def failed(number, error):
    status(number, NO_SUCH_FILE if isinstance(error, FileNotFoundError) else FAILURE, b"failure")


def open_file(number, body):
    path, rest = take(body)
    flags = struct.unpack(">I", rest[:4])[0]
    if FAULT == "huge_packet":
        write(b"\xff\xff\xff\xff" + b"x" * 65536)
        time.sleep(600)
    if FAULT == "wrong_kinds":
        return send(NAME, struct.pack(">II", number, 1) + string(b"x") + string(b"x") + struct.pack(">I", 0))
    mode = os.O_RDONLY if flags & 1 else os.O_WRONLY
    mode |= os.O_CREAT if flags & 8 else 0
    mode |= os.O_TRUNC if flags & 0x10 else 0
    mode |= os.O_EXCL if flags & 0x20 else 0
    handle = b"%d" % (len(handles) + 1)
    handle += b"x" * 60000 if FAULT == "long_handle" else b""
    handles[handle] = os.open(path, mode, 0o644)
    send(HANDLE, struct.pack(">I", number) + string(handle))


def write_file(number, body):
    handle, rest = take(body)
    offset = struct.unpack(">Q", rest[:8])[0]
    content, _ = take(rest[8:])
    os.pwrite(handles[handle], content, offset)
    if FAULT == "hang":
        time.sleep(600)
    if FAULT == "close":
        sys.exit(0)
    if FAULT == "many_statuses":
        for _ in range(1000):
            status(number, OK)
    while FAULT == "statuses_without_end":
        status(number, OK)
    status(number, OK)


def read_file(number, body):
    handle, rest = take(body)
    offset, length = struct.unpack(">QI", rest[:12])
    content = os.pread(handles[handle], length, offset)
    if FAULT == "data_without_end":
        content = b"x" * length
    if FAULT == "empty_data":
        content = b""
    elif not content:
        return status(number, EOF)
    if FAULT == "other_data":
        content = bytes(byte ^ 1 for byte in content)
    send(DATA, struct.pack(">I", number) + string(content))


def real_path(number, body):
    path, _ = take(body)
    path = os.path.realpath(path)
    if FAULT == "names_without_end":
        write(struct.pack(">IBII", 0xFFFFFF, NAME, number, 0xFFFFFFFF))
        while True:
            write((string(path) + string(path) + struct.pack(">I", 0)) * 100)
    if FAULT == "control_characters":
        path = path + b"/\x1b[2J/.."
    send(NAME, struct.pack(">II", number, 1) + string(path) + string(path) + struct.pack(">I", 0))


def stat(number, body):
    global stats
    path, _ = take(body)
    found = os.stat(path)
    size = found.st_size
    if FAULT == "sizes_that_change" and os.path.isfile(path):
        stats += 1
        size += stats
    send(ATTRS, struct.pack(">IIQI", number, 1 | 4, size, found.st_mode))


def remove(number, body):
    os.remove(take(body)[0])
    status(number, OK)


def rename(number, body):
    old, rest = take(body)
    os.rename(old, take(rest)[0])
    status(number, OK)


def close(number, body):
    os.close(handles.pop(take(body)[0]))
    status(number, OK)


ANSWERS = {OPEN: open_file, CLOSE: close, READ: read_file, WRITE: write_file, REMOVE: remove, REALPATH: real_path,
           STAT: stat, RENAME: rename}

while True:
    length, kind = struct.unpack(">IB", read(5))
    body = read(length - 1)
    if kind == INIT:
        send(VERSION, struct.pack(">I", 3))
        continue
    if FAULT == "hang_at_once":
        time.sleep(600)
    number = struct.unpack(">I", body[:4])[0]
    try:
        ANSWERS[kind](number + (FAULT == "wrong_ids" and kind != REALPATH), body[4:])
    except OSError as error:
        failed(number, error)
