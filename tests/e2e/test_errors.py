"""Bad input: each with one clear error and its exit code, and nothing left half-written."""
import json
import os
import resource
import shutil
import signal
import struct
import subprocess
import time

import lib

FAST = ["--set", "agent.max_retries=2", "agent.retry_base_delay=0.01"]
OK = ["--task", "quickstart.so", "--method", "none.so", "--agent", "rehearsal"]
LOCAL = ["--task", "quickstart.so", "--method", "none.so", "--agent", "local"]
CANARY = "canary-4f1c9e77"


def one_error(result):
    errors = [row for row in result.stderr.splitlines() if row.startswith("grasp-host: ")]
    lib.check(len(errors) == 1, "%d error lines:\n%s" % (len(errors), result.stderr))
    lib.check("Sanitizer" not in result.stderr, result.stderr)
    return errors[0]


def refused(code, *needles, args=None, env=None, files=None):
    """Refused before anything is written."""
    with lib.folder() as top:
        for name, data in (files or {}).items():
            with open(os.path.join(top, name), "wb") as f:
                f.write(data)
        out = os.path.join(top, "out")
        result = lib.run(*[a.replace("@", top + "/") for a in args], "--out", out, env=env, cwd=top)
        lib.expect(result, code, *needles)
        one_error(result)
        lib.check(not os.path.exists(out), "a run directory was made")


def plugin_bytes():
    with open(os.path.join(lib.BUILD, "plugins", "quickstart.so"), "rb") as f:
        return f.read()


def test_usage():
    refused(2, "no task", args=["--agent", "rehearsal"])
    refused(2, "no method", args=["--task", "quickstart.so"])
    refused(2, "did you mean --agent?", args=OK + ["--agnt", "x"])
    refused(2, "needs a value", args=OK + ["--config"])
    refused(2, "takes no value", args=OK + ["--quiet=yes"])
    refused(2, "exclude each other", args=OK + ["--resume", "--force"])
    refused(2, "--retry-missing goes with --resume", args=OK + ["--retry-missing"])
    refused(2, "--concurrency", args=OK + ["-j", "none"])
    refused(2, "takes no argument 'more'", args=OK + ["more"])
    refused(2, "key=value", args=OK + ["--set", "nothing"])
    lib.expect(lib.run("rum"), 2, "did you mean 'run'?")
    lib.expect(lib.run(), 2, "usage:")


def test_plugins():
    refused(2, "did you mean quickstart.so?", args=["--task", "quickstar.so", *OK[2:]])
    refused(2, "no-such-file.so", args=["--task", "@no-such-file.so", *OK[2:]])
    refused(5, "not a plugin", args=["--task", "@text.so", *OK[2:]],
            files={"text.so": b"hello, this is not a shared object\n"})
    refused(5, "empty.so", args=["--task", "@empty.so", *OK[2:]], files={"empty.so": b""})
    data = bytearray(plugin_bytes())
    data[18:20] = struct.pack("<H", 183)
    refused(5, "architecture", args=["--task", "@arm.so", *OK[2:]], files={"arm.so": bytes(data)})
    refused(5, "cut.so", args=["--task", "@cut.so", *OK[2:]],
            files={"cut.so": plugin_bytes()[:2000]})
    refused(2, "quickstart", args=["--task", "quickstart.so:nosuch", *OK[2:]])
    refused(2, "grasp.so", args=["--task", "grasp.so", *OK[2:]])


def build(top, name, source):
    path = os.path.join(top, name + ".c")
    with open(path, "w", encoding="utf-8") as f:
        f.write(source)
    out = os.path.join(top, name + ".so")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", out, path], check=True)
    return out


def test_other_abi():
    with lib.folder() as top:
        other = build(top, "other", "const void *grasp_plugin_v2(void) { return 0; }\n")
        lib.expect(lib.run("--task", other, *OK[2:], "--out", top + "/o"), 5, "2", "1")
        plain = build(top, "plain", "int answer(void) { return 42; }\n")
        lib.expect(lib.run("--task", plain, *OK[2:], "--out", top + "/o"), 5, "grasp_plugin_v1")


def test_configuration():
    def config(text, code, *needles, args=OK):
        refused(code, *needles, args=args + ["--config", "@c.yaml"], files={"c.yaml": text})
    config(b"cycle:\n  epochs: many\n", 78, "c.yaml:2", "cycle.epochs", "whole number")
    config(b"cycle:\n  epochs: 1\n  epocs: 2\n", 78, "c.yaml:3", "did you mean 'cycle.epochs'?")
    config(b"task:\n  vall: 3\n", 78, "c.yaml:2", "did you mean 'val'?")
    config(b"task:\n  val: three\n", 78, "c.yaml:2", "'val'", "a whole number")
    config(b"cycle:\n  grpo_k: three\n", 78, "c.yaml:2", "grpo_k", "a whole number",
           args=[*OK[:2], "--method", "grasp.so", *OK[4:]])
    config(b"a: [1,\n", 78, "c.yaml:")
    config(b"- one\n- two\n", 78, "c.yaml:1", "mapping")
    config(b"", 78, "c.yaml", "empty")
    config(b" \n\n", 78, "c.yaml", "empty")
    config(bytes(range(256)) * 16, 78, "c.yaml:1")
    config(b"\xff\xfe\x00", 78, "c.yaml")
    config(b"\x7fELF\x02\x01\x01" + bytes(9000), 78, "c.yaml")
    config(b"cycle:\n  epochs: 1\n" + b"# filler\n" * (4 << 20), 78, "c.yaml", "File too large")
    config(b"x: " + b"[" * 100000, 78, "c.yaml")
    config(b"agent:\n  api_key: sk-1234567890\n", 78, "c.yaml:2", "agent.api_key", "${NAME}",
           args=LOCAL)
    refused(78, "missing.yaml", args=OK + ["--config", "@missing.yaml"])
    refused(78, "did you mean 'agent_temperature'?", args=OK + ["--set", "agent_temperatur=1"])
    refused(78, "--set task.val", "from 1", args=OK + ["--set", "task.val=0"])
    refused(78, "--set task.val", args=OK + ["--set", "task.val=many"])
    refused(78, "did you mean 'val'?", args=OK + ["--set", "task.vall=3"])


def test_agent():
    refused(78, "did you mean 'local'?", args=OK[:4] + ["--agent", "lokal"])
    refused(78, "OPENAI_BASE_URL", args=LOCAL)
    refused(78, "http://", args=LOCAL, env=lib.endpoint("127.0.0.1:8000/v1"))
    refused(78, "--agent", args=OK[:4])
    refused(78, "no-such-folder", args=OK + ["--knowledge", "@no-such-folder"])


def nobody():
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)


def test_permissions():
    """As a user who may not: the program and its plugins are copied to where that user can read."""
    with lib.folder() as top:
        os.chmod(top, 0o755)
        host = shutil.copy(lib.HOST, top)
        plugins = os.path.join(top, "plugins")
        shutil.copytree(os.path.join(lib.BUILD, "plugins"), plugins,
                        ignore=lambda _, names: [n for n in names if not n.endswith(".so")])
        config = os.path.join(top, "c.yaml")
        closed = os.path.join(top, "closed")
        with open(config, "w", encoding="utf-8") as f:
            f.write("cycle: {epochs: 1}\n")
        os.chmod(config, 0)
        os.mkdir(closed, 0o555)
        env = lib.environment(GRASP_PLUGIN_PATH=plugins)
        for args, code, needle in ((["--config", config, "--out", "x"], (77, 78), config),
                                   (["--out", os.path.join(closed, "run")], (77,), closed)):
            result = lib.run(*OK, *args, host=host, env=env, cwd=top, preexec_fn=nobody)
            lib.expect(result, result.returncode, needle, "Permission denied")
            lib.check(result.returncode in code, "exit code %d" % result.returncode)
            one_error(result)


def test_run_directory():
    with lib.folder() as top:
        out = os.path.join(top, "out")
        lib.expect(lib.run(*OK, "--out", out), 0)
        lib.expect(lib.run(*OK, "--out", out), 2, "exists already", "--resume")
        lib.expect(lib.run(*OK, "--out", out, "--force"), 0)
        other, file = os.path.join(top, "other"), os.path.join(top, "file")
        os.mkdir(other)
        for path in (file, os.path.join(other, "thesis.txt")):
            with open(path, "w", encoding="utf-8") as f:
                f.write("mine")
        lib.expect(lib.run(*OK, "--out", other, "--force"), 2, "not a run of ours")
        lib.expect(lib.run(*OK, "--out", other), 2, "exists already")
        lib.expect(lib.run("--resume", "--out", other), 2, "no run to resume")
        lib.expect(lib.run("regrade", other), 2, "no run directory")
        lib.expect(lib.run(*OK, "--out", file), 2, "not a folder")
        lib.expect(lib.run(*OK, "--out", os.path.join(file, "run")), 78, "Not a directory")
        lib.check(lib.tree(other) == {"thesis.txt": b"mine"}, "a user's file was touched")


def test_what_a_killed_start_leaves_is_no_run():
    with lib.folder() as top:
        for name in ("run.json", ".config.yaml.a2b4c6.tmp"):
            with open(os.path.join(top, name), "w", encoding="utf-8") as f:
                f.write("{")
        lib.expect(lib.run(*OK, "--out", top), 0)
        lib.whole(top)


def fails(code, reply, *needles, more=()):
    with lib.folder() as top, lib.Fault(reply) as fault:
        out = os.path.join(top, "out")
        env = lib.endpoint(fault.url, OPENAI_API_KEY=CANARY)
        result = lib.run(*LOCAL, *FAST, *more, "--out", out, env=env)
        lib.expect(result, code, *needles)
        one_error(result)
        lib.check("--resume --out " + out in result.stderr, "does not say how to go on")
        lib.check(CANARY not in result.stderr + result.stdout, "the key was shown")
        lib.whole(out)
        for name, data in lib.tree(out).items():
            lib.check(CANARY.encode() not in data, "the key is in %s" % name)
            lib.check(b'"is_correct": false' not in data, "a failed call became a wrong answer")


def test_endpoints():
    def error(text):
        return json.dumps({"error": {"message": text}})
    fails(69, lib.answer("200 OK", "<html><body>Sign in</body></html>", "text/html"), "<html>")
    fails(77, lib.answer("401 Unauthorized", error("bad key " + CANARY)), "bad key ***")
    fails(78, lib.answer("404 Not Found", error("no model local-model")), "no model local-model")
    fails(69, lib.answer("429 Too Many Requests", error("slow down")), "429")
    fails(78, lib.answer("400 Bad Request", error("Bearer %s?" % CANARY)), "Bearer ***?")
    fails(69, lib.answer("200 OK", '{"choices": [{"message": {"content": "GET'))
    fails(69, lib.answer("200 OK", '{"id": "x"}'), "choices")
    fails(69, lib.answer("200 OK", '{"choices": []}'), "choices")
    fails(69, lib.answer("200 OK", ""))
    fails(69, lib.answer("503 Service Unavailable", "busy", "text/plain"), "503")
    fails(69, lib.answer("200 OK", lib.completion("x" * (50 << 20))), "large")
    fails(69, lambda client, request: time.sleep(2), "episode_timeout",
          more=["--set", "episode_timeout=0.4"])
    fails(69, b"SSH-2.0-OpenSSH_9.2\r\n")
    fails(69, b"")


def test_refused_connection():
    with lib.folder() as top, lib.Fault(b"") as fault:
        url = fault.url
        fault.close()
        result = lib.run(*LOCAL, *FAST, "--out", os.path.join(top, "out"), env=lib.endpoint(url))
        lib.expect(result, 69, "127.0.0.1", "--resume")
        one_error(result)


LEARN = [*lib.QUICKSTART, "--agent", "rehearsal"]


def test_full_disk():
    """Runs on a file system that is too small at different moments, and goes on once it has been
    made larger."""
    with lib.folder() as top:
        disk, expected = os.path.join(top, "disk"), os.path.join(top, "expected")
        lib.expect(lib.run(*LEARN, "--out", expected), 0)
        os.mkdir(disk)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk],
                          capture_output=True).returncode:
            limit_file_size(top, expected)
            return
        try:
            for size in (12, 64, 256, 600):
                mount = ["mount", "-o", "remount,size=%dk" % size, disk]
                subprocess.run(mount, check=True)
                out = os.path.join(disk, "run")
                result = lib.run(*LEARN, "--out", out)
                lib.expect(result, 70, "No space left on device")
                one_error(result)
                lib.whole(out)
                subprocess.run(["mount", "-o", "remount,size=16m", disk], check=True)
                begun = os.path.exists(os.path.join(out, "config.yaml"))
                again = ["--resume"] if begun else LEARN
                lib.expect(lib.run(*again, "--out", out), 0)
                different = lib.same(expected, out)
                lib.check(not different, "at %d KiB these differ: %s" % (size, different))
                shutil.rmtree(out)
        finally:
            subprocess.run(["umount", disk], check=True)


def limit_file_size(top, expected):
    """Without the right to mount: files may not grow past a limit."""
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (32768, 32768))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    out = os.path.join(top, "run")
    result = lib.run(*LEARN, "--out", out, preexec_fn=limit)
    lib.expect(result, 70, "File too large", "--resume")
    one_error(result)
    lib.whole(out)
    lib.expect(lib.run("--resume", "--out", out), 0)
    different = lib.same(expected, out)
    lib.check(not different, "differ: %s" % different)


def close_stdout():
    os.close(1)


def test_standard_output():
    """A run whose summary cannot be printed is a complete run all the same."""
    with lib.folder() as top:
        reader, writer = os.pipe()
        os.close(reader)
        for name, more, needle in (("pipe", {"stdout": writer}, "Broken pipe"),
                                   ("full", {"stdout": open("/dev/full", "w", encoding="utf-8")},
                                    "No space left"),
                                   ("closed", {"preexec_fn": close_stdout}, "Bad file descriptor")):
            out = os.path.join(top, name)
            result = lib.run(*OK, "--out", out, **more)
            lib.expect(result, 70, needle, "the run is complete")
            one_error(result)
            lib.whole(out)
            lib.check(lib.load(out, "run.json")["complete"], "not complete")
            for args in (["list"], ["--help"], ["--version"], ["regrade", out]):
                lib.expect(lib.run(*args, **more), 70, "standard output", needle)


def close_all():
    for fd in range(3):
        os.close(fd)


def test_all_streams_closed():
    with lib.folder() as top:
        out = os.path.join(top, "run")
        result = subprocess.run([lib.HOST, *OK, "--out", out], env=lib.environment(), timeout=600,
                                preexec_fn=close_all)
        lib.check(result.returncode == 70, "exit code %d" % result.returncode)
        lib.whole(out)


if not shutil.which("cc"):
    print("skipped: no C compiler (package gcc)")
    raise SystemExit(77)
lib.main(test_usage, test_plugins, test_other_abi, test_configuration, test_agent, test_permissions,
         test_run_directory, test_what_a_killed_start_leaves_is_no_run, test_endpoints,
         test_refused_connection, test_full_disk, test_standard_output, test_all_streams_closed)
