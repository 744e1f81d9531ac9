"""Every fault of faults.yaml against whole runs of quickstart and GRASP. What passes leaves the run
directory of a run without it, byte for byte. What does not makes samples missing and none wrong, or
stops the run with the server's words; once it is over, a resume ends where a run without it ends.
The key is in nothing that any of the runs leaves."""
import concurrent.futures
import contextlib
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

import faultlib
import lib

PARALLEL = 6
MEETS_LIMIT = 40  # requests a second, on an average: a fifth of what `limited` allows
LONGEST = ["p429", "p503", "p_hang", "limited", "c_hang", "c_drip_slow", "p_stall"]  # begun first
FULL = "full" in sys.argv[2:]
RETRY = ["agent.max_retries=4", "agent.retry_base_delay=0.002", "agent.retry_after_max=0.01",
         "agent.timeout=120"]
RUN = [*lib.QUICKSTART, "--agent", "local", "-j", "8", "-v",
       "--set", "cycle.epochs=1", "cycle.grpo_k=2", "cycle.grpo_eval_n=4", *RETRY]


def same(expected, out, name, changed):
    different = lib.same(expected, out, ["config.yaml"] if changed else [])
    lib.check(not different, "%s: these differ: %s" % (name, different))


def expect_end(process, code, name):
    codes = code if isinstance(code, list) else [code]
    lib.check(process.returncode in codes, "%s: exit code %s, not %s\n%s"
              % (name, process.returncode, code, process.stderr_text[-2000:]))


def goes_on(server, expected, out, name, changed):
    """The fault is over."""
    process = faultlib.run(["--resume", "--retry-missing", "-q"], server.url("good-" + name), out)
    expect_end(process, 0, name + ", resumed")
    same(expected, out, name + ", resumed", changed)


def failed_well(server, out, name, expect, process):
    expect_end(process, expect["code"], name)
    lib.check(expect.get("says", "") in process.stderr_text,
              "%s: does not say %r:\n%s" % (name, expect.get("says"), process.stderr_text[-2000:]))
    lib.check("--resume" in process.stderr_text, "%s: does not say how to go on" % name)
    lib.check(not lib.load(out, "run.json")["complete"], "%s: says it is complete" % name)
    lib.check(faultlib.check_scored(out) == 0, "%s: a sample is scored without an answer" % name)
    if process.returncode == 3:
        found = lib.load(out, "missing.json")
        classes = expect.get("faults", sorted(found["by_fault"]))
        lib.check(sorted(found["by_fault"]) == classes, "%s: %s" % (name, found))
        lib.check(found["count"] == len(found["items"]) > 0, "%s: %s" % (name, found))


def play(server, top, expected, name, expect):
    out = os.path.join(top, name)
    if not isinstance(expect, dict):
        expect = {expect: True}
    changed = bool(expect.get("set"))
    began = time.monotonic()
    process = faultlib.run([*RUN, *expect.get("set", [])], server.url(name), out)
    seen = server.seen(name)
    # under a sanitizer, or on a busy machine, a run is too slow to meet a limit
    slow = seen["requests"] < MEETS_LIMIT * (time.monotonic() - began)
    if name != "good" and not (slow and name == "limited"):
        lib.check(seen["faults"] + seen["refused"] > 0, "%s: the fault did not happen" % name)
    if expect.get("same"):
        expect_end(process, 0, name)
        same(expected, out, name, changed)
    elif expect.get("told"):
        expect_end(process, 0, name)
        lib.check(faultlib.check_scored(out) > 0, "%s: no task was told" % name)
    else:
        failed_well(server, out, name, expect, process)
        goes_on(server, expected, out, name, changed)
    return seen


def test_matrix():
    with lib.folder() as top, faultlib.servers() as server:
        expected = os.path.join(top, "good")
        play(server, top, expected, "good", "same")
        lib.check(len(faultlib.journal(expected)) > 150, "too short a run")
        names = {name: value["expect"] for name, value in faultlib.scripts().items()
                 if name != "good" and value["expect"] != "soak"}
        only = [arg for arg in sys.argv[2:] if arg in names]  # for one at a time
        names = {name: names[name] for name in only} if only else names
        lib.check(only or len(names) >= 80, "only %d faults" % len(names))
        if lib.SLOW and not FULL:  # under a sanitizer every third; `full` takes all
            names = dict(sorted(names.items())[::3])
        names = dict(sorted(names.items(), key=lambda item: item[0] not in LONGEST))
        failures = []
        with concurrent.futures.ThreadPoolExecutor(PARALLEL) as threads:
            runs = {threads.submit(play, server, top, expected, name, expect): name
                    for name, expect in names.items()}
            for run in concurrent.futures.as_completed(runs):
                if run.exception():
                    failures.append("%s: %s" % (runs[run], run.exception()))
        print("        %d faults" % len(names))
        lib.check(not failures, "%d of %d:\n%s" % (len(failures), len(names), "\n".join(failures)))


def unreachable(server, top, expected, name, url, says):
    out = os.path.join(top, name)
    process = faultlib.run(RUN, url, out)
    failed_well(server, out, name, {"code": 69, "says": says}, process)
    goes_on(server, expected, out, name, False)


def self_signed(top):
    """A port that speaks TLS with a certificate that nobody has signed."""
    key, cert = os.path.join(top, "key.pem"), os.path.join(top, "cert.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                    "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
                    "-keyout", key, "-out", cert], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    listener = socket.create_server(("127.0.0.1", 0))

    def accept():
        while True:
            try:
                client, _ = listener.accept()
                with client:
                    context.wrap_socket(client, server_side=True)
            except OSError:
                if listener.fileno() < 0:
                    return
    threading.Thread(target=accept, daemon=True).start()
    return listener


def test_unreachable():
    with tempfile.TemporaryDirectory() as top, faultlib.servers() as server:
        expected = os.path.join(top, "good")
        expect_end(faultlib.run(RUN, server.url("good"), expected), 0, "good")
        with socket.create_server(("127.0.0.1", 0)) as taken:
            closed = "http://127.0.0.1:%d/v1" % taken.getsockname()[1]
        cases = [("refused", closed, "is the server running"),
                 ("no_name", "http://no.such.host.invalid/v1", "no.such.host.invalid"),
                 ("no_tls", server.url("good").replace("http:", "https:"), "SSL_CERT_FILE")]
        with contextlib.ExitStack() as stack:
            if shutil.which("openssl"):
                listener = stack.enter_context(self_signed(top))
                url = "https://127.0.0.1:%d/v1" % listener.getsockname()[1]
                cases.append(("self_signed", url, "certificate"))
            threads = stack.enter_context(concurrent.futures.ThreadPoolExecutor(len(cases)))
            for run in [threads.submit(unreachable, server, top, expected, *case)
                        for case in cases]:
                run.result()


def test_server_restarts():
    """Connections are refused for a while in the middle of a run."""
    with lib.folder() as top, lib.rehearsal() as behind:
        out, expected = os.path.join(top, "run"), os.path.join(top, "expected")
        args = [*RUN, "agent.max_retries=12", "agent.retry_base_delay=0.02"]
        first = faultlib.Server(behind)
        expect_end(faultlib.run(args, first.url("good"), expected), 0, "good")
        url, port = first.url("good-run"), first.root.rpartition(":")[2]
        ended = []
        runner = threading.Thread(target=lambda: ended.append(faultlib.run(args, url, out)))
        runner.start()
        while first.seen("good-run")["requests"] < 60:
            time.sleep(0.002)
        first.stop()
        time.sleep(0.2)
        with faultlib.Server(behind, port=port) as second:
            runner.join()
            expect_end(ended[0], 0, "restarted")
            lib.check(second.seen("good-run")["requests"] > 0, "the run had ended before")
        same(expected, out, "restarted", False)


if __name__ == "__main__":
    if not shutil.which("openssl"):
        print("skipped: a certificate that nobody has signed (package openssl)")
    lib.main(test_matrix, test_unreachable, test_server_restarts,
             skipped=not shutil.which("openssl"))
