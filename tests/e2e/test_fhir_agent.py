"""fhir_agent: every method end to end, the figures of retrieval, and a judge that makes no sense."""
import contextlib
import csv
import http.server
import json
import os
import threading

import lib

METHODS = ("none", "grasp", "memory", "batch_memory", "expel", "evo_memory", "skillx")
SMALL = ["--set", "task.patients=4", "task.dev_limit=12", "task.val_limit=8", "task.test_limit=8",
         "cycle.epochs=1", "cycle.update_every=6", "cycle.seed=3"]
EVAL = ["eval", "-t", "fhir_agent.so", "-m", "none.so", "-a", "rehearsal", "-s", "val"]


def test_every_method():
    with lib.folder() as top:
        for method in METHODS:
            out = os.path.join(top, method)
            result = lib.run("run", "-t", "fhir_agent.so", "-m", method + ".so", "-a", "rehearsal",
                             "-o", out, *SMALL)
            lib.expect(result, 0, "retrieval_recall")
            scores = lib.load(out, "val_scores.json")
            lib.check(scores[0]["n_total"] == 8, "validation of %s samples" % scores[0]["n_total"])
            figures = scores[0]["figures"]["retrieval_recall"]
            lib.check(figures["n"] > 0 and 0 <= figures["mean"] <= 1, "figures: %s" % figures)
            lib.check(lib.load(out, "run.json")["complete"], "the run is not complete")


def test_strategies():
    """Turns have their own tools, and the record has long results in short."""
    with lib.folder() as top:
        for strategy in ("multi_turn_resource", "single_turn_code_resource",
                         "single_turn_resource", "single_turn_request"):
            out = os.path.join(top, strategy)
            lib.expect(lib.run("eval", "-t", "fhir_agent.so:" + strategy, "-m", "none.so", "-a",
                               "rehearsal", "-s", "val", "-o", out, *SMALL[:5]), 0)
            rows = lib.lines(os.path.join(out, "val_runs.jsonl"))
            lib.check(len(rows) == 8, "%d samples" % len(rows))
            results = [message["content"] for row in rows for message in row["history"]
                       if message["role"] == "tool"]
            lib.check(results and max(map(len, results)) < 2100, "the record has all of a result")
            if strategy == "single_turn_code_resource":
                lib.check(any(row["is_correct"] for row in rows), "nothing is right")
                lib.check(all(len(row["agent_actions"]) <= 6 for row in rows), "more than its turns")
            if strategy == "multi_turn_resource":
                lib.check(any("more characters)" in text for text in results), "nothing is cut")


class Judge(http.server.BaseHTTPRequestHandler):
    """A model that says one thing to everything."""
    words = ""
    asked = 0

    def do_POST(self):
        Judge.asked += 1
        self.rfile.read(int(self.headers["Content-Length"]))
        text = json.dumps({"choices": [{"index": 0, "finish_reason": "stop",
                                        "message": {"role": "assistant", "content": Judge.words}}],
                           "usage": {"prompt_tokens": 1, "completion_tokens": 1}}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *args):
        pass


@contextlib.contextmanager
def judge_preset(top):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Judge)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    path = os.path.join(top, "judge.yaml")
    with open(path, "w", encoding="utf-8") as f:
        f.write("client: chat\nbase_url: http://127.0.0.1:%d/v1\nmodel: judge\napi_key: none\n"
                % server.server_address[1])
    try:
        yield path
    finally:
        server.shutdown()
        server.server_close()


def test_judge_without_sense():
    """No verdict is missing, not wrong; it is asked again when the missing is retried, and nothing
    of it stays in a cache."""
    with lib.folder() as top, judge_preset(top) as preset:
        out, cache = os.path.join(top, "run"), os.path.join(top, "cache")
        more = [*SMALL[:5], "--judge-agent", preset, "--cache", cache]
        Judge.words, Judge.asked = "perhaps", 0
        result = lib.run(*EVAL, "-o", out, *more)
        lib.check(result.returncode in (3, 69), "exit code %d: %s" % (result.returncode, result.stderr))
        missing = lib.load(out, "missing.json")["count"]
        lib.check(missing > 0 and Judge.asked == missing,
                  "%d missing, %d asked" % (missing, Judge.asked))
        lib.check("has to begin with 1 or 0" in json.dumps(lib.load(out, "missing.json")),
                  "no reason is given")
        Judge.words = "1"
        lib.expect(lib.run("eval", "--resume", "--retry-missing", "-o", out, "--judge-agent", preset,
                           "--cache", cache), 0)
        score = lib.load(out, "val_score.json")
        lib.check("n_missing" not in score and score["n_correct"] >= missing, "score: %s" % score)
        lib.check(Judge.asked == 2 * missing, "%d calls of the judge" % Judge.asked)
        lib.expect(lib.run(*EVAL, "-o", os.path.join(top, "again"), *more), 0)
        lib.check(lib.load(top, "again", "val_score.json")["n_correct"] == score["n_correct"],
                  "another score from the cache")
        lib.check(Judge.asked == 2 * missing, "what was judged is judged again")


def judged(top, name, *more):
    """Calls of the judge that were paid for, the scores, and the run's files."""
    out = os.path.join(top, name)
    result = lib.run("run", "-t", "fhir_agent.so", "-m", "memory.so", "-a", "rehearsal", "-o", out,
                     *SMALL, *more)
    lib.expect(result, 0)
    phases = lib.load(out, "ledger.json").values()
    return (sum(phase["judge"]["calls"] for phase in phases if "judge" in phase),
            [s["score"] for s in lib.load(out, "val_scores.json")], lib.untimed(lib.tree(out)))


def test_judge_is_asked_once():
    """What the judge has answered in an earlier wave is not asked again, at any concurrency."""
    with lib.folder() as top:
        often, scores, _ = judged(top, "often", "cycle.reuse_calls=false")
        once, again, files = judged(top, "once", "concurrency=1")
        lib.check(scores == again, "what is reused changed the scores")
        lib.check(once < often, "%d calls of the judge, not fewer than %d" % (once, often))
        wide = judged(top, "wide", "concurrency=8")
        lib.check(wide[0] == once, "%d calls at another concurrency, not %d" % (wide[0], once))
        for name in ("journal.jsonl", "ledger.json", "val_scores.json"):
            lib.check(wide[2][name] == files[name], name + " depends on concurrency")
        lib.check(b'"reusable": true' in files["journal.jsonl"], "nothing can be reused")


def test_refusals():
    with lib.folder() as top:
        path = os.path.join(top, "q.csv")
        with open(path, "w", encoding="utf-8") as f:
            f.write("split,question\n")
        lib.expect(lib.run(*EVAL, "-o", os.path.join(top, "out"), "--set", "task.csv=" + path,
                           "task.fhir=" + top), 78, "q.csv:1", "true_answer")
        lib.check(not os.path.exists(os.path.join(top, "out", "val_runs.jsonl")), "a run was begun")


def test_other_questions():
    """The rehearsal says that it has no answer to a question of the user's own."""
    with lib.folder() as top:
        data = os.path.join(top, "data")
        lib.expect(lib.run("fhir", "mimic", "--patients", "2", "--density", "1", data), 0)
        path = os.path.join(data, "questions_answers_sql_fhir.csv")
        with open(path, encoding="utf-8", newline="") as f:
            rows = list(csv.DictReader(f))
        for row in rows:
            row["question"] = "Who is it?"
        with open(path, "w", encoding="utf-8", newline="") as f:
            writer = csv.DictWriter(f, rows[0])
            writer.writeheader()
            writer.writerows(rows)
        lib.expect(lib.run("eval", "-t", "fhir_agent.so:single_turn_request", *EVAL[3:], "-o",
                           os.path.join(top, "out"), "--set", "task.data=" + data), 78,
                   "invented questions only", "Who is it?")


lib.main(test_every_method, test_strategies, test_judge_without_sense, test_judge_is_asked_once,
         test_refusals, test_other_questions)
