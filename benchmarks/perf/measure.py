#!/usr/bin/env python3
"""Measures the engine: rollouts per second, CPU per model call, memory per waiting episode.

    benchmarks/perf/measure.py [--build DIR] [--quick] [--reference DIR [--python PYTHON]]

Runs `grasp-host eval` on the quickstart with the observations in the prompt (one model call per
rollout), journal on, against servers on this machine: nginx, which answers at once with a fixed
completion, and delay_server, which answers after 200 ms and 1 s. Each figure is the difference of
two runs of different length, so that starting up does not count. Prints Markdown.

libcurl alone (curl_alone.c) is measured beside it: what the same calls cost before any host. With
--reference, a checkout of the reference, its client sends the same prompts from its pool of
threads, with and without ten skills (PYTHON needs its one dependency, PyYAML).
"""
import argparse
import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
REPLY = {"id": "chatcmpl-1", "object": "chat.completion", "created": 0, "model": "fixed",
         "choices": [{"index": 0, "message": {"role": "assistant", "content": "FINISH([2.1])"},
                      "finish_reason": "stop"}],
         "usage": {"prompt_tokens": 700, "completion_tokens": 7, "total_tokens": 707}}
NGINX = """
worker_processes 1;
daemon off;
pid %(dir)s/nginx.pid;
error_log /dev/null;
worker_rlimit_nofile 20000;
events { worker_connections 10000; }
http {
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path %(dir)s/body;
  client_body_buffer_size 64k;
  proxy_temp_path %(dir)s/proxy; fastcgi_temp_path %(dir)s/fcgi;
  uwsgi_temp_path %(dir)s/uwsgi; scgi_temp_path %(dir)s/scgi;
  server {
    listen 127.0.0.1:%(port)d backlog=8192;
    location / { default_type application/json; return 200 '%(body)s'; }
  }
}
"""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


def wait_for(port):
    for _ in range(200):
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    sys.exit("no server on port %d" % port)


def start_nginx(top):
    port = free_port()
    path = os.path.join(top, "nginx.conf")
    with open(path, "w", encoding="utf-8") as f:
        f.write(NGINX % {"dir": top, "port": port, "body": json.dumps(REPLY)})
    process = subprocess.Popen(["nginx", "-c", path, "-p", top])
    wait_for(port)
    return process, port


def start_delay(top, milliseconds):
    port = free_port()
    program = compile_c(top, "delay_server")
    body = os.path.join(top, "body.json")
    with open(body, "w", encoding="utf-8") as f:
        json.dump(REPLY, f)
    process = subprocess.Popen([program, str(port), str(milliseconds), body])
    wait_for(port)
    return process, port


def write_skills(top, count):
    folder = os.path.join(top, "skills%d" % count)
    os.makedirs(folder, exist_ok=True)
    for i in range(count):
        with open(os.path.join(folder, "skill_%04d.md" % i), "w", encoding="utf-8") as f:
            f.write("---\ndescription: When the question is about case %d\nname: skill_%04d\n"
                    "tags:\n- topic%d\n- magnesium\nversion: 1\n---\n\n# Skill %d\n\n"
                    "## When to Use This Skill\n\nThe instruction asks for case %d of a reading.\n\n"
                    "## Recommended Patterns\n\n%s\n"
                    % (i, i, i % 97, i, i, "Look at the newest reading first. " * 20))
    return folder


def compile_c(top, name, *libraries):
    program = os.path.join(top, name)
    if not os.path.exists(program):
        subprocess.run(["cc", "-O2", "-D_GNU_SOURCE", "-o", program,
                        os.path.join(HERE, name + ".c"), *libraries], check=True)
    return program


class Bench:
    def __init__(self, build, top):
        self.host = os.path.join(build, "host", "grasp-host")
        self.plugins = os.path.join(build, "plugins")
        self.top = top
        self.number = 0
        self.kept = os.path.join(top, "none")

    def prompts(self, port, count):
        """What the host sends for so many samples, one JSON text a line."""
        self.once(port, count, min(count, 10000), 0)
        path = os.path.join(self.top, "prompts.jsonl")
        with open(os.path.join(self.kept, "val_runs.jsonl"), encoding="utf-8") as runs, \
                open(path, "w", encoding="utf-8") as out:
            for line in runs:
                out.write(json.dumps(json.loads(line)["history"][0]["content"]) + "\n")
        return path

    def once(self, port, samples, jobs, skills):
        self.number += 1
        out = os.path.join(self.top, "run%d" % self.number)
        command = [self.host, "eval", "-t", "quickstart.so", "-m", "grasp.so", "-a", "local",
                   "-s", "val", "-j", str(jobs), "-o", out, "--quiet",
                   "--set", "task.val=%d" % samples, "task.query=preloaded"]
        if skills:
            command += ["-k", write_skills(self.top, skills)]
        env = dict(os.environ, OPENAI_BASE_URL="http://127.0.0.1:%d/v1" % port,
                   GRASP_PLUGIN_PATH=self.plugins)
        began = time.monotonic()
        process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit("grasp-host eval failed: %s" % " ".join(command))
        shutil.rmtree(self.kept, ignore_errors=True)
        self.kept = out
        return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss

    def rate(self, port, samples, jobs, skills, base=None):
        base = samples // 10 if base is None else base
        wall_0, cpu_0, _ = self.once(port, base, jobs, skills)
        wall, cpu, rss = self.once(port, samples, jobs, skills)
        done = samples - base
        return done / (wall - wall_0), (cpu - cpu_0) / done * 1e6, rss

    def memory_per_episode(self, port, jobs):
        samples = max(jobs, 100)
        _, _, few = self.once(port, samples, 1 if jobs < 100 else 50, 0)
        _, _, many = self.once(port, samples, jobs, 0)
        return (many - few) / (jobs - 50)


def row(*cells):
    print("| " + " | ".join(str(c) for c in cells) + " |", flush=True)


def alone(bench, port, quick):
    prompts = bench.prompts(port, 100)
    body = os.path.join(bench.top, "request.json")
    with open(prompts, encoding="utf-8") as lines, open(body, "w", encoding="utf-8") as f:
        json.dump({"model": "fixed", "messages": [
            {"role": "user", "content": json.loads(next(lines))}]}, f)
    program = compile_c(bench.top, "curl_alone", "-lcurl")
    print("\nlibcurl alone, instant server\n")
    row("in flight", "calls/s", "CPU per call")
    row(*["---"] * 3)
    for jobs in (1, 50, 500):
        calls = (4000 if jobs == 1 else 40000) // (4 if quick else 1)
        done = subprocess.run([program, "http://127.0.0.1:%d/v1/chat/completions" % port,
                               str(jobs), str(calls), body],
                              check=True, capture_output=True, text=True).stdout.split()
        row(jobs, done[0], "%s us" % done[1])


def beside_reference(bench, port, args, delayed_by, levels):
    """The reference and the host in turn: same server, same samples, same skills. The reference's
    time begins once its program has started and has its prompts."""
    print("\nBeside the reference, %s\n"
          % ("server that answers after %d ms" % delayed_by if delayed_by else "instant server"))
    row("in flight", "skills", "reference, rollouts/s", "CPU per call", "peak memory",
        "host, rollouts/s", "CPU per call", "peak memory", "times as fast")
    row(*["---"] * 9)
    env = dict(os.environ, PYTHONPATH=args.reference)
    for jobs, skills in levels:
        count = 200 if jobs == 1 else (2 if args.quick else 4) * max(jobs, 500)
        prompts = bench.prompts(port, count)
        command = [args.python, os.path.join(HERE, "reference_client.py"), str(port), str(jobs),
                   prompts] + ([write_skills(bench.top, skills)] if skills else [])
        done = subprocess.run(command, env=env, check=True, capture_output=True,
                              text=True).stdout.split()
        samples, base = (count, jobs) if delayed_by else (max(count, 10000), None)
        rate, cpu, rss = bench.rate(port, samples, jobs, skills, base=base)
        row(jobs, skills, "%.0f" % float(done[0]), "%.0f us" % float(done[1]),
            "%.0f MiB" % (int(done[2]) / 1024), "%.0f" % rate, "%.0f us" % cpu,
            "%.0f MiB" % (rss / 1024), "%.1f" % (rate / float(done[0])))


def instant(bench, port, quick):
    print("\nInstant server (nginx)\n")
    row("in flight", "skills", "rollouts/s", "of the rate without skills", "CPU per call",
        "peak memory")
    row(*["---"] * 6)
    for jobs in (1, 50, 500, 5000):
        without = None
        for skills in (0, 10, 1000):
            samples = (4000 if jobs == 1 else 20000) // (4 if quick else 1)
            rate, cpu, rss = bench.rate(port, samples, jobs, skills)
            without = without or rate
            row(jobs, skills, "%.0f" % rate, "%.0f %%" % (100 * rate / without),
                "%.0f us" % cpu, "%.0f MiB" % (rss / 1024))


def delayed(bench, top, milliseconds, quick):
    process, port = start_delay(top, milliseconds)
    print("\nServer that answers after %d ms\n" % milliseconds)
    row("in flight", "skills", "rollouts/s", "of the ideal", "CPU per call", "peak memory")
    row(*["---"] * 6)
    for jobs in (1, 50, 100, 500, 1000, 5000, 10000):
        for skills in (0, 10, 1000):
            if (skills == 1000 and quick) or (skills and jobs in (100, 1000, 10000)):
                continue
            if jobs == 10000 and milliseconds < 1000:
                continue
            rounds = 4 if jobs == 1 else (10 if milliseconds < 1000 else 6)
            rate, cpu, rss = bench.rate(port, jobs * rounds, jobs, skills, base=jobs)
            ideal = jobs * 1000 / milliseconds
            row(jobs, skills, "%.0f" % rate, "%.0f %%" % (100 * rate / ideal), "%.0f us" % cpu,
                "%.0f MiB" % (rss / 1024))
    if milliseconds >= 1000:
        print("\nMemory per waiting episode, 5,000 against 50 in flight: %.1f KiB"
              % bench.memory_per_episode(port, 5000))
    process.send_signal(signal.SIGTERM)
    process.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    parser.add_argument("--quick", action="store_true", help="a quarter of the work")
    parser.add_argument("--reference", metavar="DIR", help="a checkout of the reference")
    parser.add_argument("--python", default=sys.executable, help="the Python it runs on")
    args = parser.parse_args()
    if args.reference and not os.path.isdir(os.path.join(args.reference, "grasp")):
        sys.exit("%s: not a checkout of the reference (no folder grasp)" % args.reference)
    for tool in ("nginx", "cc"):
        if not shutil.which(tool):
            sys.exit("needs %s (package %s)" % (tool, {"nginx": "nginx-light", "cc": "gcc"}[tool]))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536), hard))
    with tempfile.TemporaryDirectory(prefix="grasp-perf-") as top:
        bench = Bench(os.path.abspath(args.build), top)
        process, port = start_nginx(top)
        try:
            alone(bench, port, args.quick)
            instant(bench, port, args.quick)
            if args.reference:
                beside_reference(bench, port, args, 0,
                                 [(1, 0), (50, 0), (50, 10), (500, 0), (500, 10)])
        finally:
            process.terminate()
            process.wait()
        for milliseconds in (200, 1000):
            delayed(bench, top, milliseconds, args.quick)
        if args.reference:
            process, port = start_delay(top, 1000)
            beside_reference(bench, port, args, 1000,
                             [(100, 0), (1000, 0), (5000, 0), (10000, 0)])
            process.terminate()
            process.wait()


if __name__ == "__main__":
    main()
