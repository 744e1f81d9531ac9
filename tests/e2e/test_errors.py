"""Bad input: each with one clear error and its exit code, and nothing left half-written."""
import os
import resource
import shutil
import struct
import subprocess

import lib

FAST = ["--set", "agent.max_retries=2", "agent.retry_base_delay=0.01"]
OK = ["--task", "quickstart.so", "--method", "none.so", "--agent", "rehearsal"]
LOCAL = ["--task", "quickstart.so", "--method", "none.so", "--agent", "local"]


def refused(code, *needles, args=None, env=None, files=None):
    with lib.folder() as top:
        for name, data in (files or {}).items():
            with open(os.path.join(top, name), "wb") as f:
                f.write(data)
        out = os.path.join(top, "out")
        result = lib.run(*[a.replace("@", top + "/") for a in args], "--out", out, env=env, cwd=top)
        lib.expect(result, code, *needles)
        errors = [row for row in result.stderr.splitlines() if row.startswith("grasp-host: ")]
        lib.check(len(errors) >= 1, "no error line:\n%s" % result.stderr)
        return result


def plugin_bytes():
    with open(os.path.join(lib.BUILD, "plugins", "quickstart.so"), "rb") as f:
        return f.read()


def test_usage():
    refused(2, "no task", args=["--agent", "rehearsal"])
    refused(2, "no method", args=["--task", "quickstart.so"])
    refused(2, "did you mean --agent?", args=OK + ["--agnt", "x"])
    refused(2, "needs a value", args=OK + ["--config"])
    refused(2, "exclude each other", args=OK + ["--resume", "--force"])
    refused(2, "--concurrency", args=OK + ["-j", "none"])
    lib.expect(lib.run("rum"), 2, "did you mean 'run'?")
    lib.expect(lib.run("--help"), 0, "Commands")
    lib.expect(lib.run("run", "--help"), 0, "--concurrency")


def test_plugins():
    refused(2, "quickstart", args=["--task", "quickstar.so", *OK[2:]])
    refused(2, "no-such-file.so", args=["--task", "@no-such-file.so", *OK[2:]])
    refused(5, "not a plugin", args=["--task", "@text.so", *OK[2:]],
            files={"text.so": b"hello, this is not a shared object\n"})
    refused(5, args=["--task", "@empty.so", *OK[2:]], files={"empty.so": b""})
    data = bytearray(plugin_bytes())
    data[18:20] = struct.pack("<H", 183)
    refused(5, "architecture", args=["--task", "@arm.so", *OK[2:]], files={"arm.so": bytes(data)})
    refused(5, args=["--task", "@cut.so", *OK[2:]], files={"cut.so": plugin_bytes()[:2000]})
    refused(2, "quickstart", args=["--task", "quickstart.so:nosuch", *OK[2:]])
    refused(2, args=["--task", "grasp.so", *OK[2:]])


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
    refused(78, "agent_temperature", args=OK + ["--set", "agent_temperatur=1"])
    refused(78, "c.yaml:2", "epochs", args=OK + ["--config", "@c.yaml"],
            files={"c.yaml": b"cycle:\n  epochs: many\n"})
    refused(78, "c.yaml", args=OK + ["--config", "@c.yaml"], files={"c.yaml": b"a: [1,\n"})
    refused(78, "missing.yaml", args=OK + ["--config", "@missing.yaml"])
    refused(78, "c.yaml", args=OK + ["--config", "@c.yaml"], files={"c.yaml": b"\xff\xfe\x00"})
    refused(78, "val", args=OK + ["--set", "task.val=0"])
    refused(78, "--set", args=OK + ["--set", "task.val=many"])
    refused(78, args=OK + ["--set", "task.vall=3"])
    refused(78, "local", args=OK[:4] + ["--agent", "lokal"])
    refused(78, "OPENAI_BASE_URL", args=LOCAL)
    refused(78, "--agent", args=OK[:4])
    if os.geteuid() != 0:
        with lib.folder() as top:
            path = os.path.join(top, "c.yaml")
            open(path, "w").close()
            os.chmod(path, 0)
            lib.expect(lib.run(*OK, "--config", path), 78, path)


def test_run_directory():
    with lib.folder() as top:
        out = os.path.join(top, "out")
        lib.expect(lib.run(*OK, "--out", out), 0)
        lib.expect(lib.run(*OK, "--out", out), 2, "exists already", "--resume")
        lib.expect(lib.run(*OK, "--out", out, "--force"), 0)
        other = os.path.join(top, "other")
        os.mkdir(other)
        with open(os.path.join(other, "thesis.txt"), "w", encoding="utf-8") as f:
            f.write("mine")
        lib.expect(lib.run(*OK, "--out", other, "--force"), 2, "not a run of ours")
        lib.check(os.path.exists(os.path.join(other, "thesis.txt")), "removed a user's file")


def fails(code, reply, *needles, more=()):
    with lib.folder() as top, lib.Fault(reply) as fault:
        out = os.path.join(top, "out")
        env = lib.endpoint(fault.url, OPENAI_API_KEY="canary-4f1c9e")
        result = lib.run(*LOCAL, *FAST, *more, "--out", out, env=env)
        lib.expect(result, code, *needles)
        lib.check("canary-4f1c9e" not in result.stderr + result.stdout, "the key was shown")
        for name, data in lib.tree(out).items():
            lib.check(b"canary-4f1c9e" not in data, "the key is in %s" % name)
            lib.check(b'"is_correct": false' not in data, "a failed call became a wrong answer")


def test_endpoints():
    fails(69, lib.answer("200 OK", "<html><body>Sign in</body></html>", "text/html"), "<html>")
    fails(77, lib.answer("401 Unauthorized", '{"error": {"message": "bad key"}}'), "bad key")
    fails(78, lib.answer("404 Not Found", '{"error": {"message": "no model local-model"}}'),
          "no model local-model")
    fails(69, lib.answer("429 Too Many Requests", '{"error": {"message": "slow down"}}'),
          "429")
    fails(69, lib.answer("200 OK", '{"choices": [{"message": {"content": "GET'))
    fails(69, lib.answer("200 OK", '{"id": "x"}'), "choices")
    fails(69, lib.answer("503 Service Unavailable", "busy", "text/plain"), "503")
    fails(69, lib.answer("200 OK", lib.completion("x" * (50 << 20))), "large")


def test_refused_connection():
    with lib.folder() as top, lib.Fault(b"") as fault:
        url = fault.url
        fault.close()
        result = lib.run(*LOCAL, *FAST, "--out", os.path.join(top, "out"), env=lib.endpoint(url))
        lib.expect(result, 69, "127.0.0.1")


def test_full_disk():
    """A file system of 256 KiB for the run."""
    with lib.folder() as top:
        disk = os.path.join(top, "disk")
        os.mkdir(disk)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", disk],
                                 capture_output=True).returncode == 0
        try:
            if mounted:
                out = os.path.join(disk, "run")
                result = lib.run(*lib.QUICKSTART, "--agent", "rehearsal", "--out", out)
                lib.expect(result, 70, "No space left on device", "--resume")
                left = [n for n in lib.tree(out) if n.endswith(".tmp")]
                lib.check(not left, "left behind: %s" % left)
            else:
                limit_file_size(os.path.join(top, "run"))
        finally:
            if mounted:
                subprocess.run(["umount", disk], check=True)


def limit_file_size(out):
    """Without the right to mount: files may not grow past 32 KiB."""
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (32768, 32768))
        import signal
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    result = subprocess.run([lib.HOST, *lib.QUICKSTART, "--agent", "rehearsal", "--out", out],
                            env=lib.environment(), capture_output=True, text=True,
                            preexec_fn=limit, timeout=60)
    lib.expect(result, 70, "--resume")


if not shutil.which("cc"):
    print("skipped: no C compiler (package gcc)")
    raise SystemExit(77)
lib.main(test_usage, test_plugins, test_other_abi, test_configuration, test_run_directory,
         test_endpoints, test_refused_connection, test_full_disk)
