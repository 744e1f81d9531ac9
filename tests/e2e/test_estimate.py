"""--estimate: calls, tokens and cost before a run, with nothing sent and nothing left behind."""
import glob
import json
import os
import shutil
import tempfile

import build
import lib

AGENT = ["--agent", "local"]


def estimate(args, env, code=0):
    result = lib.run(*args, "--estimate", "--json", env=env)
    lib.expect(result, code)
    return json.loads(result.stdout)


def test_measured():
    with lib.folder() as top, lib.Fault(lib.answer("500 No", "{}")) as server:
        temporary = os.path.join(top, "tmp")
        os.mkdir(temporary)
        env = lib.endpoint(server.url, TMPDIR=temporary)
        out = os.path.join(top, "run")
        got = estimate([*lib.QUICKSTART, *AGENT, "-o", out], env)
        lib.check(got["measured"] and got["total"]["cost"] is None, str(got))
        lib.check(server.count == 0, "the model was called")
        lib.check(not os.listdir(temporary) and not os.path.exists(out), "something is left")
        lib.expect(lib.run(*lib.QUICKSTART, "--agent", "rehearsal", "-o", out), 0)
        ledger = lib.load(out, "ledger.json")
        for phase in ("dev", "probe", "learn", "val", "test"):
            for role, row in ledger[phase].items():
                for key in ("calls", "prompt_tokens", "completion_tokens"):
                    lib.check(got[phase][role][key] == row[key], "%s %s" % (phase, got[phase]))


def test_many_epochs():
    """More than is played is multiplied."""
    env = lib.endpoint("http://127.0.0.1:9/v1")
    pair = ["-t", "quickstart.so", "-m", "none.so", *AGENT]
    few = estimate([*pair, "--set", "cycle.epochs=3"], env)
    big = [*lib.QUICKSTART, *AGENT, "--set", "cycle.epochs=200"]
    many = estimate(big, env)
    one = estimate([*lib.QUICKSTART, *AGENT, "--set", "cycle.epochs=1"], env)
    lib.check("executor" not in few["dev"], "none.so learns: %s" % few)
    lib.check(many["dev"]["executor"]["calls"] == 200 * one["dev"]["executor"]["calls"], str(many))


def test_evaluation():
    with lib.folder() as top, lib.Fault(lib.answer("500 No", "{}")) as server:
        env = lib.endpoint(server.url, TMPDIR=top)
        for more in ([], ["-m", "grasp.so"]):
            out = os.path.join(top, "run")
            args = ["eval", "-t", "quickstart.so", "-s", "test", *more]
            got = estimate([*args, *AGENT, "-o", out], env)
            lib.check(server.count == 0 and not os.listdir(top), "the model was called")
            lib.expect(lib.run(*args, "-a", "rehearsal", "-o", out), 0)
            row = lib.load(out, "ledger.json")["test"]["executor"]
            for key in ("calls", "prompt_tokens", "completion_tokens"):
                lib.check(got["test"]["executor"][key] == row[key], "%s %s" % (got, row))
            lib.check(got["total"] == dict(got["test"]["executor"]), str(got))
            shutil.rmtree(out)
        few = estimate([*args, *AGENT, "--set", "task.test=2000"], env)
        many = estimate([*args, *AGENT, "--set", "task.test=5000"], env)
        share = many["total"]["prompt_tokens"] / few["total"]["prompt_tokens"]
        lib.check(2.4 < share < 2.6, "%s of %s" % (many, few))
        bad = lib.run(*args, *AGENT, "-s", "none", "--estimate", env=env)
        lib.check(bad.returncode != 0 and "none" in bad.stderr, bad.stderr)


def test_cost_and_time():
    with lib.folder() as top:
        prices = os.path.join(top, "prices.yaml")
        with open(prices, "w", encoding="utf-8") as f:
            f.write("local: {input: 2, output: 8}\n")
        args = [*lib.QUICKSTART, *AGENT, "--prices", prices]
        env = lib.endpoint("http://127.0.0.1:9/v1")
        got = estimate(args, env)["total"]
        cost = (got["prompt_tokens"] * 2 + got["completion_tokens"] * 8) / 1e6
        lib.check(abs(got["cost"] - cost) < 1e-6, str(got))
        result = lib.run(*args, "--estimate", "--set", "agent.requests_per_minute=100", env=env)
        lib.expect(result, 0, "%d minutes at least (requests)" % -(-got["calls"] // 100), "$")


def test_writer_of_its_own():
    """Each role at its model's price; neither model is called."""
    with lib.folder() as top, lib.Fault(lib.answer("500 No", "{}")) as server:
        prices, writer = os.path.join(top, "prices.yaml"), os.path.join(top, "writer.yaml")
        with open(prices, "w", encoding="utf-8") as f:
            f.write("local: {input: 2, output: 8}\nbig: {input: 20, output: 90}\n")
        with open(writer, "w", encoding="utf-8") as f:
            f.write("client: chat\nbase_url: %s\nmodel: big\n" % server.url)
        args = [*lib.QUICKSTART, *AGENT, "--writer-agent", writer, "--prices", prices]
        got = estimate(args, lib.endpoint(server.url))
        lib.check(server.count == 0, "a model was called")
        total = 0
        for phase in ("dev", "probe", "learn", "val", "test"):
            for role, row in got[phase].items():
                first, last = (20, 90) if role == "writer" else (2, 8)
                cost = (row["prompt_tokens"] * first + row["completion_tokens"] * last) / 1e6
                lib.check(abs(row["cost"] - cost) < 1e-6, "%s %s" % (role, row))
                total += cost
        lib.check(abs(got["total"]["cost"] - total) < 1e-6, str(got))
        lib.check(got["learn"]["writer"]["calls"] > 0, str(got))


def test_without_rehearsal():
    """Such a task is gone by its first messages, and the estimate says so."""
    with lib.folder() as top:
        plain = build.variant(top, "plain", "sums.c", (
            "return grasp_equal(id, GRASP_EXT_REHEARSAL) ? &rehearsal : NULL;",
            "(void)id, (void)&rehearsal;\n    return NULL;"))
        env = lib.endpoint("http://127.0.0.1:9/v1")
        args = ["-t", plain, "-m", "none.so", *AGENT]
        result = lib.run(*args, "--estimate", env=env)
        lib.expect(result, 0, "no rehearsal of this pairing", "first messages of a sample")
        lib.check(not estimate(args, env)["measured"], "measured")
        result = lib.run("eval", "-t", plain, *AGENT, "-s", "val", "--estimate", env=env)
        lib.expect(result, 0, "first messages of a sample", "executor")
        lib.check("Nor is what the method" not in result.stdout, result.stdout)


def test_refused_with_a_reason():
    lib.expect(lib.run(*lib.QUICKSTART, *AGENT, "--estimate"), 78, "OPENAI_BASE_URL")
    lib.check(not glob.glob(os.path.join(tempfile.gettempdir(), "grasp-estimate-*")), "left behind")


build.need("cc")
lib.main(test_measured, test_many_epochs, test_evaluation, test_cost_and_time,
         test_writer_of_its_own, test_without_rehearsal, test_refused_with_a_reason)
