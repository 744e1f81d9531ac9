"""DBBench through the whole program: every state of the tables, changes, scripted agents, servers
that go away."""
import hashlib
import http.server
import json
import os
import shutil
import signal
import subprocess
import threading
import time

import lib

TASK = ["-t", "agentbench.so:dbbench"]
SHARED = os.environ.get("GRASP_SHARED") or os.path.join(lib.ROOT, "..", "shared")
DATA = os.path.join(SHARED, "data", "AgentBench")
GOLDEN = os.path.join(SHARED, "golden", "agentbench_os_db_golden.json")
MUTATIONS = ("INSERT", "UPDATE", "DELETE")


def call(name, **arguments):
    return {"role": "assistant", "content": "",
            "tool_calls": [{"id": "c1", "type": "function", "function": {
                "name": name, "arguments": json.dumps(arguments)}}]}


class Agent:
    """A service of chat completions: decide(question, turn) gives the message."""

    def __init__(self, decide):
        agent = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, *_):
                pass

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                messages = body["messages"]
                task = next(m["content"] for m in messages
                            if m["role"] == "user" and "Task: " in m["content"])
                # table and question; the reminder in front of them is left out
                task = task[task.index("Table: "):] if "Table: " in task else task
                message = decide(task.strip(), sum(m["role"] == "assistant" for m in messages))
                text = json.dumps({"choices": [{"index": 0, "message": message,
                                                "finish_reason": "stop"}],
                                   "usage": {"prompt_tokens": 1, "completion_tokens": 1,
                                             "total_tokens": 2}}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

        agent.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        agent.server.daemon_threads = True
        agent.server.handle_error = lambda *_: None  # a host that was killed breaks off
        agent.url = "http://127.0.0.1:%d/v1" % agent.server.server_port

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def entries():
    with open(os.path.join(DATA, "dbbench", "standard_with_test.jsonl"), encoding="utf-8") as f:
        return [json.loads(line) for line in f.read().strip().split("\n")]


def task_of(entry):
    """The task's message as our prompt has it."""
    table = entry.get("add_description") or ""
    return ((("Table: %s\n" % table) if table else "") + "Task: " + entry["description"]).strip()


def quoted(name):
    return "`%s`" % name


def table_of(entry):
    table = entry["table"]
    return table[0] if isinstance(table, list) else table


def hash_statement(entry):
    table = table_of(entry)
    columns = ",".join(quoted(c["name"]) for c in table["table_info"]["columns"])
    return ("select md5(group_concat(rowhash order by rowhash)) from (select "
            "substring(md5(concat_ws(',', %s)), 1, 5) as rowhash from %s) as s"
            % (columns, quoted(table["table_name"])))


def state(entry):
    """The hash of the tables at the beginning, worked out here."""
    rows = [hashlib.md5(",".join(str(cell) for cell in row).encode()).hexdigest()[:5]
            for row in table_of(entry)["table_info"]["rows"]]
    return hashlib.md5(",".join(sorted(rows)).encode()[:1024]).hexdigest()


def rollouts(out):
    """Sample -> rollout, as the journal has it."""
    return {row["rollout"]["sample_id"]: row["rollout"]
            for row in lib.lines(os.path.join(out, "journal.jsonl")) if row.get("t") == "episode"}


def evaluate(decide, *args, code=0):
    """All splits under this agent."""
    found = {}
    with lib.folder() as top, Agent(decide) as agent:
        for split in ("dev", "val", "test"):
            out = os.path.join(top, split)
            lib.expect(lib.run("eval", *TASK, "-m", "none.so", "-a", "local", "-s", split, "-o", out,
                               "-j", "16", *args, env=lib.endpoint(agent.url)), code)
            found.update(rollouts(out))
    return found


def test_states_of_the_data():
    """Each entry's tables, hashed by the server and in Python."""
    data = entries()
    known = {}
    for index, entry in enumerate(data):
        known.setdefault(task_of(entry), []).append(index)

    def decide(task, turn):
        if turn == 0:
            return call("execute_sql", query=hash_statement(data[known[task][0]]))
        return call("commit_final_answer", answers=["none"])

    found = evaluate(decide, "--set", "task.data=" + DATA)
    lib.check(len(found) == len(data), "%d samples of %d" % (len(found), len(data)))
    good, impossible = 0, []
    for index, entry in enumerate(data):
        rollout = found[str(index)]
        if rollout["status"] == "task error":
            impossible.append(index)
            continue
        said = [m["content"] for m in rollout["history"] if m["role"] == "tool"]
        same = [i for i in known[task_of(entry)] if state(data[i]) == state(entry)]
        lib.check(index in same and said == ["[('%s',)]" % state(entry)],
                  "sample %d: %s, not %s" % (index, said, state(entry)))
        if entry["type"][0] in MUTATIONS:
            lib.check(rollout["raw"]["table_hash"] == state(entry), "sample %d" % index)
        good += 1
    lib.check(impossible == [305], "impossible: %s" % impossible)
    lib.check(good == len(data) - 1, "%d states" % good)


def test_changes_of_the_data():
    """Statements whose effect the labels describe."""
    data = entries()
    with open(GOLDEN, encoding="utf-8") as f:
        cases = {case["index"]: case["sql"] for case in json.load(f)["dbbench"]["mutation_sql"]}
    known = {task_of(data[index]): sql for index, sql in cases.items()}

    def decide(task, turn):
        if turn == 0 and task in known:
            return call("execute_sql", query=known[task])
        return call("commit_final_answer", answers=["done"])

    found = evaluate(decide, "--set", "task.data=" + DATA)
    wrong = [index for index in cases if not found[str(index)]["correct"]]
    lib.check(not wrong, "not as the label says: %s" % wrong)
    others = [i for i, entry in enumerate(data)
              if entry["type"][0] in MUTATIONS and i not in cases and found[str(i)]["correct"]]
    lib.check(not others, "right without a change: %s" % others)


def own_entries():
    with open(os.path.join(lib.ROOT, "plugins", "tasks", "agentbench", "data", "dbbench.jsonl"),
              encoding="utf-8") as f:
        return [json.loads(line) for line in f]


def test_own_set():
    """The set in the box: its statements give its labels, and without them nothing is right."""
    known = {task_of(entry): entry for entry in own_entries()}

    def decide(task, turn):
        entry = known[task]
        if turn == 0:
            return call("execute_sql", query=entry["sql"]["query"])
        return call("commit_final_answer", answers=entry["label"])

    found = evaluate(decide)
    lib.check(len(found) == len(known), "%d samples" % len(found))
    for entry in known.values():
        rollout = found[entry["id"]]
        lib.check(rollout["correct"], "%s is wrong" % entry["id"])
        said = next(m["content"] for m in rollout["history"] if m["role"] == "tool")
        lib.check(all(value[:-1] in said if "." in value else value in said
                      for value in entry["label"]),
                  "%s: %s is not in %s" % (entry["id"], entry["label"], said))

    idle = evaluate(lambda task, turn: call("commit_final_answer", answers=["done"]))
    right = [sample for sample, rollout in idle.items() if rollout["correct"]]
    lib.check(not right, "right without a statement: %s" % right)
    made = subprocess.run(["python3", os.path.join(lib.ROOT, "plugins", "tasks", "agentbench",
                                                   "data", "make_dbbench.py")],
                          stdout=subprocess.PIPE, text=True, check=True).stdout
    lib.check([json.loads(line) for line in made.splitlines()] == own_entries(),
              "make_dbbench.py makes another set")


def test_same_at_any_concurrency():
    with lib.folder() as top:
        outs = []
        for jobs in ("1", "16"):
            outs.append(os.path.join(top, jobs))
            lib.expect(lib.run(*TASK, "-m", "grasp.so", "-a", "rehearsal", "-o", outs[-1], "-j", jobs,
                               "--set", "cycle.epochs=1", "cycle.update_every=25",
                               timeout=250), 0)
        differing = lib.same(*outs, ignore=("config.yaml",))
        lib.check(not differing, "differ: %s" % differing)


def test_learns():
    with lib.folder() as top:
        for protocol in ("tools", "text"):
            out = os.path.join(top, protocol)
            lib.expect(lib.run(*TASK, "-m", "grasp.so", "-a", "rehearsal", "-o", out,
                               "--set", "cycle.epochs=2", "cycle.update_every=15",
                               "task.protocol=" + protocol), 0)
            curve = [row["score"] for row in lib.load(out, "val_scores.json")]
            lib.check(max(curve) > curve[0] + 0.1, "no rise: %s" % curve)
            lib.expect(lib.run("regrade", out), 0, "0 verdicts changed")


def servers_below(pid):
    """Processes of MariaDB that descend from this one."""
    parents, servers = {}, set()
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/stat" % name, encoding="utf-8", errors="replace") as f:
                text = f.read()
        except OSError:
            continue
        comm = text[text.index("(") + 1:text.rindex(")")]
        parents[int(name)] = int(text[text.rindex(")") + 2:].split()[1])
        if comm.startswith("mariadbd"):
            servers.add(int(name))

    def descends(child):
        while child in parents:
            if child == pid:
                return True
            child = parents[child]
        return False
    return {server for server in servers if descends(server)}


def is_alive(pid):
    try:
        with open("/proc/%d/stat" % pid, encoding="utf-8", errors="replace") as f:
            return f.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def wait_until(holds, text):
    for _ in range(1200):
        if holds():
            return
        time.sleep(0.1)
    raise AssertionError(text)


class Held:
    """A host in the middle of its episodes, with its server."""

    def __init__(self, top, *args):
        self.asked, self.go_on = threading.Event(), threading.Event()

        def decide(task, turn):
            self.asked.set()
            self.go_on.wait(600)
            return call("commit_final_answer", answers=["none"])

        self.agent = Agent(decide)
        self.args = [lib.HOST, "eval", *TASK, "-m", "none.so", "-a", "local", "-s", "test",
                     "-o", os.path.join(top, "held"), *args]
        self.scratch = os.path.join(top, "tmp")
        os.mkdir(self.scratch)

    def __enter__(self):
        self.agent.__enter__()
        self.host = subprocess.Popen(self.args, env=lib.endpoint(self.agent.url, TMPDIR=self.scratch),
                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        lib.check(self.asked.wait(300), "no episode began")
        return self

    def __exit__(self, *_):
        self.go_on.set()
        if self.host.poll() is None:
            self.host.kill()
        self.host.wait(200)
        self.agent.__exit__()


def test_gone_after_kill():
    with lib.folder() as top, Held(top) as held:
        servers = servers_below(held.host.pid)
        lib.check(len(servers) == 1, "%d servers" % len(servers))
        os.kill(held.host.pid, signal.SIGKILL)
        wait_until(lambda: not any(map(is_alive, servers)), "the server outlives the host")


def test_somebody_elses_server():
    """The private server of one host is somebody else's to another."""
    with lib.folder() as top, Held(top) as held:
        folder = next(name for name in os.listdir(held.scratch))
        server = "mysql://root@localhost/?socket=" + os.path.join(held.scratch, folder, "s")
        out = [os.path.join(top, name) for name in ("own", "other")]
        lib.expect(lib.run("eval", *TASK, "-m", "none.so", "-a", "rehearsal", "-s", "val",
                           "-o", out[0]), 0)
        lib.expect(lib.run("eval", *TASK, "-m", "none.so", "-a", "rehearsal", "-s", "val",
                           "-o", out[1], "--set", "task.server=" + server), 0)
        a, b = rollouts(out[0]), rollouts(out[1])
        lib.check(a == b, "another server, other rollouts")
        held.go_on.set()
        lib.check(held.host.wait(200) == 0, "the host ended with %d" % held.host.returncode)
    with lib.folder() as top:
        lib.expect(lib.run("eval", *TASK, "-m", "none.so", "-a", "rehearsal", "-s", "val",
                           "-o", os.path.join(top, "out"), "--set",
                           "task.server=mysql://root@localhost/?socket=/nowhere"), 69, "no way in")


def test_server_that_falls_over():
    """Episodes that lose their server are missing, the others are as they would be."""
    known = {task_of(entry): entry for entry in own_entries()}
    state_of = {"killed": False}
    lock = threading.Lock()

    def decide(task, turn):
        entry = known[task]
        with lock:
            if turn == 1 and not state_of["killed"] and "host" in state_of:
                for server in servers_below(state_of["host"].pid):
                    os.kill(server, signal.SIGKILL)
                state_of["killed"] = True
        if turn < 2:
            return call("execute_sql", query=entry["sql"]["query"] if turn == 0 else "SELECT 1")
        return call("commit_final_answer", answers=entry["label"])

    with lib.folder() as top, Agent(decide) as agent:
        out = os.path.join(top, "out")
        state_of["host"] = subprocess.Popen(
            [lib.HOST, "eval", *TASK, "-m", "none.so", "-a", "local", "-s", "val", "-o", out,
             "-j", "4"], env=lib.endpoint(agent.url), stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True)
        text = state_of["host"].communicate(timeout=600)[0]
        lib.check(state_of["host"].returncode == 3, text[-2000:])
        found = rollouts(out)
        lost = 45 - len(found)
        lib.check(1 <= lost <= 4, "%d samples are missing" % lost)
        wrong = [sample for sample, rollout in found.items() if not rollout["correct"]]
        lib.check(not wrong, "wrong: %s" % wrong)


def test_no_server_program():
    with lib.folder() as top:
        empty = os.path.join(top, "empty")
        open(empty, "w", encoding="utf-8").close()
        program = shutil.which("mariadbd", path="/usr/sbin:/usr/bin:/usr/local/bin")
        hidden = ["--dev-bind", "/", "/", "--ro-bind", empty, program, lib.HOST]
        lib.expect(lib.run(*hidden, "eval", *TASK, "-m", "none.so", "-a", "rehearsal", "-s", "val",
                           "-o", os.path.join(top, "out"), host="bwrap"), 69,
                   "mariadb-server-core")


def test_bad_data():
    with lib.folder() as top:
        def expect(text):
            lib.expect(lib.run("eval", *TASK, "-m", "none.so", "-a", "rehearsal", "-s", "val", "-o",
                               os.path.join(top, "out"), "--set", "task.data=" + top), 78, text)
        expect("standard_with_test.jsonl")
        path = os.path.join(top, "standard_with_test.jsonl")
        with open(path, "w", encoding="utf-8") as f:
            f.write('{"description": "d"}\n{broken\n')
        expect("standard_with_test.jsonl:2")
        with open(path, "w", encoding="utf-8") as f:
            f.write('{"description": "d", "type": ["other"], "label": [], "table": {"table_info": '
                    '{"columns": [{"name": "a"}], "rows": [["1", "2"]]}}}\n')
        expect("row 1")


def main():
    if not shutil.which("mariadbd", path="/usr/sbin:/usr/bin:/usr/local/bin"):
        print("skipped: no MariaDB server (package mariadb-server-core)")
        raise SystemExit(77)
    tests = [test_own_set, test_same_at_any_concurrency, test_learns, test_gone_after_kill,
             test_somebody_elses_server, test_server_that_falls_over, test_bad_data]
    if shutil.which("bwrap"):
        tests.append(test_no_server_program)
    with_data = os.path.isdir(DATA)
    if with_data:
        tests += [test_states_of_the_data, test_changes_of_the_data]
    else:
        print("skipped: AgentBench's data is not in %s" % DATA)
    lib.main(*tests, skipped=not with_data)


if __name__ == "__main__":
    main()
