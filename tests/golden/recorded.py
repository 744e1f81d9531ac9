"""The model of the recorded runs, as a server: an executor whose faults are switched by rules in
its prompt, and a writer that reads from a script (spec/grasp.md 19.2)."""
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

RULES = ("RULE_GARBLE", "RULE_MINUS1", "RULE_WINDOW", "RULE_EMPTY", "RULE_BOMB", "RULE_OLD")


class Model:
    """Answers chat completions: temperature 0 is the executor, anything else the writer."""

    def __init__(self, scenario, task):
        self.script = list(scenario["writer_script"])
        self.flaky = set(scenario["flaky_mrns"])
        self.patients = {p["mrn"]: p["observations"] for p in task["patients"]}
        self.mrn_of = {s["id"]: s["mrn"] for split in task["samples"].values() for s in split}
        self.episodes, self.bombs, self.trace, self.prompts = {}, {}, [], []
        self.kill_at = None  # calls of the executor after which the program is killed
        self.process = None
        self.lock = threading.Lock()

    def __enter__(self):
        model = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with model.lock:
                    text = model.answer(body)
                data = json.dumps({"choices": [{"index": 0, "finish_reason": "stop", "message": {
                    "role": "assistant", "content": text}}]}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.handle_error = lambda *_: None  # connections of a killed program
        self.url = "http://127.0.0.1:%d/v1" % self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def answer(self, body):
        if body["temperature"] != 0:
            self.prompts.append(body["messages"][0]["content"])
            return self.script.pop(0) if self.script else "[]"
        return self.execute(body["messages"])

    def maybe_kill(self):
        if self.kill_at is not None and len(self.trace) >= self.kill_at:
            self.kill_at = None
            self.process.kill()

    def execute(self, messages):
        self.maybe_kill()
        text = "\n".join(m["content"] for m in messages)
        sample = next(m["content"] for m in messages if "TASK " in m["content"])
        mrn = self.mrn_of[sample.split("TASK ", 1)[1].split("\n", 1)[0]]
        rules = {rule for rule in RULES if rule in text}
        turn = 1 + sum(m["role"] == "assistant" for m in messages)
        if "OBS " not in text:
            self.episodes[mrn] = self.episodes.get(mrn, 0) + 1
            self.bombs[mrn] = self.bombs.get(mrn, 0) + ("RULE_BOMB" in rules)
        self.note(mrn, turn, messages[-1]["content"])
        if "OBS " not in text:
            return "???" if "RULE_GARBLE" in rules else "QUERY " + mrn
        return "ANSWER " + json.dumps(self.value(mrn, rules))

    def value(self, mrn, rules):
        rows = sorted(self.patients[mrn], key=lambda row: row[1])
        newest = rows[0] if rows else None
        windowed = newest[0] if newest and newest[1] <= 24 else -1
        if mrn in self.flaky and self.episodes[mrn] % 2 == 0:
            return 99
        if "RULE_MINUS1" in rules:
            return -1
        if "RULE_BOMB" in rules:
            return windowed if self.bombs[mrn] <= 1 else 99
        if "RULE_WINDOW" in rules:
            return windowed
        if "RULE_EMPTY" in rules and not rows:
            return -1
        if "RULE_OLD" in rules and newest and newest[1] > 24:
            return -1
        return newest[0] if newest else 0

    def note(self, mrn, turn, last):
        """Which skills the call showed, and on which side of the message."""
        skills = [line[4:] for line in last.split("\n") if line.startswith("### ")]
        own = min(at for at in (last.find("TASK "), last.find("OBS ")) if at >= 0)
        place = None if not skills else "prepend" if last.find("### ") < own else "append"
        self.trace.append({"mrn": mrn, "episode": self.episodes[mrn], "turn": turn,
                           "skills": skills, "placement": place})
