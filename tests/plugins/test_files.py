"""Files that are not plugins, and questions that cannot be asked: one clear message, no crash."""
import os
import random
import shutil
import tempfile

import common

TOP = tempfile.mkdtemp(prefix="grasp-check-")
GOOD = common.path_of("good_task")


def made(name, data):
    path = os.path.join(TOP, name)
    with open(path, "wb") as f:
        f.write(data)
    return path


def patched(name, at, value):
    data = bytearray(DATA)
    data[at:at + len(value)] = value
    return made(name, bytes(data))


with open(GOOD, "rb") as good:
    DATA = good.read()
NOISE = random.Random(5).randbytes(100000)
SECTIONS = int.from_bytes(DATA[40:48], "little")


def damaged(number):
    """The good plugin with noise behind its header, or with some of its bytes changed."""
    draw, data = random.Random(number), bytearray(DATA)
    if number % 4 == 0:
        data[64:] = draw.randbytes(draw.randrange(1, 60000))
    elif number % 4 == 1:
        at = draw.randrange(64, len(data) - 512)
        data[at:at + 512] = draw.randbytes(512)
    else:
        first, last = (16, 64) if number % 4 == 2 else (64, len(data))
        for _ in range(draw.randrange(1, 40)):
            data[draw.randrange(first, last)] = draw.randrange(256)
    return made("damaged%d.so" % number, bytes(data))


def fifo():
    path = os.path.join(TOP, "fifo.so")
    os.mkfifo(path)
    return path


# what -> arguments, exit code, part of the message
CASES = {
    "random bytes behind an ELF header": ([made("noise.so", DATA[:64] + NOISE)], 5, "not a plugin"),
    "random bytes": ([made("bytes.so", NOISE)], 5, "not a shared object"),
    "cut off in the header": ([made("cut.so", DATA[:40])], 5, "cut off"),
    "cut off in the middle": ([made("half.so", DATA[:len(DATA) // 2])], 5, "not a plugin"),
    "empty": ([made("empty.so", b"")], 5, "not a file with contents"),
    "a FIFO that nobody writes to": ([fifo()], 5, "not a file with contents"),
    "an endless file": (["/dev/zero"], 5, "not a file with contents"),
    "a folder": ([TOP + "/"], 5, "not a file with contents"),
    "another architecture": ([patched("arm.so", 18, b"\xb7\x00")], 5, "another architecture: arm64"),
    "32 bit": ([patched("bits.so", 4, b"\x01")], 5, "another architecture"),
    "a program": ([common.HOST], 5, "grasp_plugin_v1"),
    "wild section table": ([patched("wild.so", 40, b"\xff" * 8)], 5, "not a plugin"),
    "wild sections": ([patched("wild2.so", SECTIONS + 64, NOISE[:600])], None, ""),
    "no such file": ([os.path.join(TOP, "none.so")], 2, "no such file"),
    "no such task": ([GOOD + ":nothing"], 2, "holds no 'nothing'"),
    "no such rule": ([GOOD, "--only", "R21"], 2, "neither a rule"),
    "no such option": ([GOOD, "--sed", "3"], 2, "did you mean --seed"),
    "no plugin": ([], 2, "needs one plugin"),
    "a bad seed": ([GOOD, "--seed", "x"], 2, "whole number"),
    "only one rule": ([GOOD + ":adding", "--only", "R14"], 0, "repeat"),
    "an option that is not there": ([GOOD, "--set", "speed=3"], 0, "skipped"),
}
for i in range(40):
    CASES["damaged, %d" % i] = ([damaged(i), "--only", "load", "--timeout", "60"], None, "")


def one(what):
    arguments, code, part = CASES[what]
    result = common.run(*arguments)
    text = result.stdout + result.stderr
    if code is None and result.returncode not in (0, 5) or \
            code is not None and result.returncode != code:
        return "exit code %d, not %s\n%s" % (result.returncode, code, text)
    if part not in text:
        return "does not say %r:\n%s" % (part, text)
    return None


try:
    common.each(list(CASES), one)
finally:
    shutil.rmtree(TOP, ignore_errors=True)
