# SPDX-License-Identifier: MIT
"""The server of a pool: imports what is slow to import, then makes a process for every call.

It never sees model code itself. `control` takes messages of the host:
    program        with a file: the caller's Python, run once; answered with "ready" and the names of
                   the packages in its SLOW, or a reason
    hold           with a file and a socket: a process that has read the file and serves that socket
    run SECONDS    with the source, a pipe for the result and a socket, the call's `life`
"""
import array
import gc
import importlib.util
import os
import random
import signal
import socket
import struct
import sys

ENDED, KILLED, THREADS, FAILED = 0, 1, 2, 3
RESULT = 3  # descriptor


def read_file(fd):
    size = os.fstat(fd).st_size
    parts, at = [], 0
    while at < size:
        part = os.pread(fd, min(size - at, 1 << 24), at)
        if not part:
            break
        parts.append(part)
        at += len(part)
    return b"".join(parts)


def receive(control):
    data, ancillary, _, _ = control.recvmsg(4096, socket.CMSG_SPACE(3 * 4))
    fds = array.array("i")
    for level, kind, content in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            fds.frombytes(content[:len(content) - len(content) % fds.itemsize])
    return data.decode().split(), list(fds)


def write_all(fd, data):
    while data:
        data = data[os.write(fd, data):]


def say(text):
    """A reason as a message: what fits, as UTF-8."""
    return text.encode("utf-8", "replace")[:500].decode("utf-8", "ignore").encode()


def settle(result, armed):
    """The descriptors of process 1: nothing to read, nowhere to write, and the two."""
    nothing = os.open("/dev/null", os.O_RDWR)
    armed = os.dup(armed)
    if RESULT in (nothing, armed):
        nothing, armed = os.dup(nothing), os.dup(armed)
    os.dup2(result, RESULT)
    for fd in (0, 1, 2):
        os.dup2(nothing, fd)
    os.dup2(armed, 4)
    os.closerange(5, 1 << 30)
    return 4


class SeedLate:
    """Seeds numpy.random when the code itself is what imports it."""

    def find_spec(self, name, _path=None, _target=None):
        if name != "numpy.random":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is None or spec.loader is None:
            return spec
        execute = spec.loader.exec_module

        def execute_and_seed(module):
            execute(module)
            module.seed(0)
        spec.loader.exec_module = execute_and_seed
        return spec


def reseed():
    random.seed(0)
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random:
        numpy_random.seed(0)
    else:
        sys.meta_path.insert(0, SeedLate())


def run_inside(program, value, source, fds, settings):
    """Process 1. Whatever the code does to this interpreter is its own affair from here on."""
    result, armed = fds
    try:
        os.setsid()  # a process group may reach out of a pid namespace
        armed = settle(result, armed)
        enter(settings["files"], settings["seconds"])
        reseed()
        os.write(armed, b"1")
        os.close(armed)
    except BaseException as error:  # pylint: disable=broad-except
        write_all(armed, b"0" + say(str(error)))
        os._exit(1)
    try:
        text = program["run"](source, value).encode("utf-8", "replace")
        write_all(RESULT, struct.pack("<Q", len(text)))
        write_all(RESULT, text)
    finally:
        os._exit(0)


def report(life, why, status, text=b""):
    code = os.waitstatus_to_exitcode(status)
    usage = os.times()
    spent = int((usage.children_user + usage.children_system) * 1000)
    try:
        os.write(life, struct.pack("<iiQ", why, code, spent) + text)
    except OSError:
        pass


def watch_call(program, value, fds, settings):
    """The watcher of one call."""
    source, result, life = fds
    os.close(settings["control"])
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    code = read_file(source).decode("utf-8", "replace")
    proc = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY)
    heard, armed = os.pipe()
    leave()
    pid = os.fork()
    if pid == 0:
        run_inside(program, value, code, (result, armed), settings)
    os.close(armed)
    os.close(result)
    why = watch(proc, pid, life, settings["threads"])
    if why:
        os.kill(pid, signal.SIGKILL)
    status = os.waitpid(pid, 0)[1]
    word = os.read(heard, 600)
    if word[:1] != b"1" and why != KILLED:
        report(life, FAILED, status, word[1:] or b"it ended before it began")
    else:
        report(life, why, status)


def run(program, value, words, fds, settings):
    try:
        if os.fork():
            return
    except OSError as error:
        report(fds[2], FAILED, 0, say(str(error)))
        return
    try:
        watch_call(program, value, fds, dict(settings, seconds=int(words[1])))
    except BaseException as error:  # pylint: disable=broad-except
        report(fds[2], FAILED, 0, say(str(error)))
    finally:
        os._exit(0)


def hold(program, fds, settings):
    """A process that has the file's content read and serves calls that want it."""
    try:
        if os.fork():
            return
    except OSError:
        return  # the host sees that nobody answers
    control = socket.socket(fileno=fds[1])
    os.close(CONTROL.detach())
    try:
        value = program["load"](read_file(fds[0]))
        os.close(fds[0])
    except BaseException as error:  # pylint: disable=broad-except
        control.send(say("cannot read the data: %s: %s" % (type(error).__name__, error)))
        os._exit(1)
    gc.freeze()
    control.send(b"ready")
    serve(control, program, value, dict(settings, control=control.fileno()))


def import_all(names):
    """Code that wants one that is not there is told so by its own import."""
    for name in names:
        try:
            __import__(name)
        except Exception:  # pylint: disable=broad-except  # broken installations raise what they like
            pass


def slow_of(program):
    slow = program.get("SLOW", ())
    if not isinstance(slow, tuple) or not all(isinstance(name, str) for name in slow):
        raise TypeError("SLOW is to be a tuple of names")
    return slow


def begin(control, fds, imports):
    program = {"__name__": "program"}
    try:
        exec(compile(read_file(fds[0]), "program", "exec"), program)  # pylint: disable=exec-used
        slow = slow_of(program)
    except BaseException as error:  # pylint: disable=broad-except
        control.send(say("its program fails: %s: %s" % (type(error).__name__, error)))
        os._exit(1)
    if imports:
        import_all(slow)
    gc.collect()
    gc.freeze()
    control.send(" ".join(["ready"] + [name.partition(".")[0] for name in slow]).encode())
    return program


def serve(control, program, value, settings):
    while True:
        words, fds = receive(control)
        if not words:
            os._exit(0)
        if words[0] == "program":
            program = begin(control, fds, settings["imports"])
        elif words[0] == "hold":
            hold(program, fds, settings)
        elif words[0] == "run":
            run(program, value, words, fds, settings)
        for fd in fds:
            os.close(fd)


sys.path = [path for path in sys.path if path]
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
CONTROL = socket.socket(fileno=int(sys.argv[1]))
serve(CONTROL, None, None, {"control": CONTROL.fileno(), "files": int(sys.argv[2]),
                            "threads": int(sys.argv[3]), "imports": sys.argv[4] == "imports"})
