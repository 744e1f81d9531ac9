"""Commands as a newcomer and a script meet them: help, versions, the examples, the environment,
JSON."""
import json
import os
import re
import shlex

import lib

COMMANDS = ["run", "sweep", "eval", "list", "regrade", "rehearse", "check", "tables", "compare", "power",
            "fhir"]
PAIR = ["-t", "quickstart.so", "-m", "grasp.so", "-a", "rehearsal"]


def good(*args, **more):
    result = lib.run(*args, **more)
    lib.expect(result, 0)
    return result.stdout


def test_help():
    top = good("--help")
    lib.check(top == good("-h") == good("help"), "--help, -h and help differ")
    for command in COMMANDS:
        text = good(command, "--help")
        lib.check(command in top, "help does not name %s" % command)
        lib.check(text == good(command, "-h") == good("help", command), "%s: help differs" % command)
        lib.check(text.startswith("usage: grasp-host") and "Options\n" in text, text)
        lib.check(max(map(len, text.splitlines())) <= 100, "%s: lines over 100" % command)
    version = good("--version")
    lib.check(re.fullmatch(r"grasp-host \d+\.\d+\.\d+\n", version), version)


def examples(command):
    text = good(command, "--help").replace("\\\n", " ")
    return [row.strip() for row in text.splitlines() if row.startswith("  grasp-host ")]


def test_examples_of_the_help():
    """Every example that begins with the program's name runs as it stands, without a network."""
    with lib.folder() as top:
        for command in COMMANDS:
            if command == "check":
                continue  # its examples are of plugins that the reader has
            if command == "sweep":  # its file stands in the help
                grid = [row for row in good("sweep", "--help").splitlines()
                        if row.startswith("  axes: ")]
                with open(os.path.join(top, "grid.yaml"), "w", encoding="utf-8") as f:
                    f.write(grid[0].strip() + "\n")
            found = examples(command)
            lib.check(found, "%s has no example" % command)
            for line in found:
                if line.endswith("&"):
                    continue  # a server
                lib.expect(lib.run(*shlex.split(line)[1:], cwd=top), 0)


def test_forms_of_options():
    with lib.folder() as top:
        forms = (["--task=quickstart.so", "--method=none.so", "--agent=rehearsal", "--quiet"],
                 ["-tquickstart.so", "-m", "none", "-a", "rehearsal", "-q"],
                 ["--task", "quickstart", "--method", "none.so:none", "--agent", "rehearsal",
                  "--verbose", "--no-verbose", "--quiet"])
        for number, form in enumerate(forms):
            out = os.path.join(top, str(number))
            lib.check(good(*form, "--out=" + out) == "", "--quiet prints")
            different = lib.same(os.path.join(top, "0"), out, ignore=("config.yaml",))
            lib.check(not different, "%s: %s" % (form, different))


def test_environment():
    with lib.folder() as top:
        flags, out = os.path.join(top, "flags"), os.path.join(top, "env")
        good(*PAIR, "-j", "3", "--set", "cycle.epochs=1", "task.dev=8", "--quiet", "--out", flags)
        env = lib.environment(GRASP_HOST_TASK="quickstart.so", GRASP_HOST_METHOD="grasp.so",
                              GRASP_HOST_AGENT="rehearsal", GRASP_HOST_CONCURRENCY="3",
                              GRASP_HOST_SET="cycle.epochs=1\ntask.dev=8\n", GRASP_HOST_QUIET="1",
                              GRASP_HOST_OUT=out, GRASP_HOST_JSON="false")
        lib.check(good("run", env=env) == "", "GRASP_HOST_QUIET and GRASP_HOST_JSON")
        different = lib.same(flags, out)
        lib.check(not different, "differ: %s" % different)
        lib.expect(lib.run("run", "--out", top + "/x", "--task", "nosuch.so", env=env), 2, "nosuch")


def test_list():
    plain, text = good("list"), good("list", "-v")
    for needle in ("quickstart.so:quickstart", "grasp.so:grasp", "none.so:none", "rehearsal"):
        lib.check(needle in plain, "list does not show %s" % needle)
    rows = json.loads(good("list", "--json"))
    for row in rows:
        for name, option in ((row.get("options") or {}).get("properties") or {}).items():
            lib.check(re.search(r"^ +%s +%s" % (name, option["type"]), text, re.M),
                      "list -v does not show %s" % name)
            lib.check(option.get("description"), "option %s is not described" % name)
    methods = json.loads(good("list", "methods", "--json"))
    lib.check({row["id"] for row in methods} >= {"grasp", "none"}, "methods: %s" % methods)
    lib.check(all(row["kind"] == "method" and row["file"] for row in methods), "methods")
    lib.expect(lib.run("list", "planets"), 2, "planets")


def test_json():
    with lib.folder() as top:
        out = os.path.join(top, "run")
        rows = [json.loads(row) for row in good(*PAIR, "--json", "--out", out).splitlines()]
        launch, done = rows
        lib.check(launch == {"event": "launch", "dir": out}, "launch: %s" % launch)
        lib.check(done["event"] == "done" and done["dir"] == out and done["rehearsal"], str(done))
        lib.check(done["curve"] == lib.load(out, "val_scores.json"), "curve")
        lib.check(done["tests"] == lib.load(out, "test_scores.json"), "tests")
        lib.check(any(e["kept"] for e in done["edits"]) and os.path.isdir(done["best"]), "edits")
        lib.check(json.loads(good("--resume", "--out", out, "--json")) == done, "resumed")
        where = os.path.join(top, "eval")
        score = json.loads(good("eval", *PAIR, "-k", done["best"], "-s", "test", "--json", "-o",
                                where))
        lib.check(score["score"] == done["tests"]["test_eval_best"]["score"], str(score))
        lib.check(json.loads(good("eval", "--resume", "--json", "-o", where)) == score, "resumed")
        lib.expect(lib.run("eval", "--resume", "-s", "val", "-o", where), 78, "split test")
        lib.check(json.loads(good("regrade", out, "--json"))["changed"] == [], "regrade")


def test_dry_run():
    with lib.folder() as top, lib.Fault(b"") as server:
        out, env = os.path.join(top, "run"), lib.endpoint(server.url)
        plan = json.loads(good(*PAIR[:4], "-a", "local", "--dry-run", "--out", out, env=env))
        lib.check((plan["dev"], plan["val"], plan["unit"], plan["dir"]) == (20, 10, "batch", out),
                  "plan: %s" % plan)
        plan = json.loads(good("eval", *PAIR[:4], "-a", "local", "--dry-run", "--out", out,
                               "-s", "test", env=env))
        lib.check(plan["samples"] == 10 and plan["split"] == "test", "plan: %s" % plan)
        lib.expect(lib.run(*PAIR, "--dry-run", "--out", out, "--set", "task.vall=1"), 78, "vall")
        lib.check(server.count == 0 and not os.path.exists(out), "a dry run did something")


def test_rehearse():
    """An OpenAI-compatible endpoint for other programs, with one clear error for what is not."""
    with lib.rehearsal() as url:
        for path, body, status, needle in (
                ("/models", None, 200, "rehearsal"),
                ("/chat/completions", "{", 400, "error"),
                ("/chat/completions", '{"messages": []}', 400, "messages"),
                ("/chat/completions", '{"messages": [{"content": "x"}]}', 400, "role"),
                ("/nothing", None, 404, "POST /v1/chat/completions")):
            got, text = lib.fetch(url + path, body)
            lib.check(got == status and needle in text, "%s: %d %s" % (path, got, text))
    lib.expect(lib.run("rehearse"), 2, "--task")
    lib.expect(lib.run("rehearse", "-t", "quickstart.so", "-p", "70000"), 2, "--port")
    with lib.Fault(b"") as taken:
        port = taken.url.split(":")[2].split("/")[0]
        lib.expect(lib.run("rehearse", "-t", "quickstart.so", "-p", port), 69, port)


lib.main(test_help, test_examples_of_the_help, test_forms_of_options, test_environment, test_list,
         test_json, test_dry_run, test_rehearse)
