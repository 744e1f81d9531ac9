"""Each preset against the service that it is for: the same results as the rehearsal in process,
other models for writing and judging, `list agents` and `ping`."""
import json
import os

import lib
from services import COLON, TURN, Service
from test_http import compare

CANARY = "canary-771c0de"
VERTEX = "/v1/projects/proj/locations/us-central1/publishers/google/models/gemini-3.1-flash-lite"

# preset: what it speaks, its path, its headers, and the environment (%s: the server)
PRESETS = {
    "gptoss": ("chat", "/v1/chat/completions", {"Authorization": "Bearer " + CANARY},
               {"OSS_API_BASE": "%s/v1", "OSS_API_KEY": CANARY}),
    "deepseek": ("chat", "/v1/chat/completions", {"Authorization": "Bearer EMPTY"},
                 {"DEEPSEEK_API_BASE": "%s/v1"}),
    "gemini": ("gemini", VERTEX + ":generateContent", {"Authorization": "Bearer " + CANARY},
               {"GOOGLE_CLOUD_PROJECT": "proj", "GOOGLE_VERTEX_BASE_URL": "%s",
                "GOOGLE_OAUTH_ACCESS_TOKEN": CANARY}),
    "gpt5": ("responses", "/openai/v1/responses", {"Authorization": "Bearer " + CANARY},
             {"AZURE_OPENAI_BASE_URL": "%s/openai/v1/", "AZURE_OPENAI_API_KEY": CANARY,
              "GPT5_REASONING_EFFORT": "none"}),
    "gpt4": ("chat", "/openai/deployments/gpt-4.1/chat/completions?api-version=2024-10-21",
             {"api-key": CANARY}, {"AZURE_API_BASE": "%s", "AZURE_API_KEY": CANARY,
                                   "AZURE_API_VERSION": "2024-10-21"}),
    "local": ("chat", "/v1/chat/completions", {"Authorization": "Bearer " + CANARY},
              {"LOCAL_API_BASE": "%s/v1", "LOCAL_MODEL": "lm", "LOCAL_API_KEY": CANARY}),
}
# The Responses API takes no seed: only at temperature 0 are its replies those of the others.
SETTINGS = ["--set", "cycle.proposal_temperature=0", "--set", "cycle.epochs=1"]


def environment(preset, url, **more):
    values = {name: value.replace("%s", url) for name, value in PRESETS[preset][3].items()}
    return lib.environment(**values, **more)


def service(preset, rehearsal):
    kind, path, keys, _ = PRESETS[preset]
    return Service(kind, path, keys, rehearsal)


def test_same_results():
    with lib.folder() as top, lib.rehearsal() as url:
        expected = os.path.join(top, "expected")
        lib.expect(lib.run(*lib.QUICKSTART, *SETTINGS, "--agent", "rehearsal", "--out", expected), 0)
        for preset in PRESETS:
            out = os.path.join(top, preset)
            with service(preset, url) as server:
                lib.expect(lib.run(*lib.QUICKSTART, *SETTINGS, "--agent", preset, "--out", out,
                                   env=environment(preset, server.url)), 0)
            compare(expected, out)
            for name, data in lib.tree(out).items():
                lib.check(CANARY.encode() not in data, "the key of %s is in %s" % (preset, name))


def test_writer_of_another_kind():
    """One preset acts, another writes: each gets its own calls."""
    with lib.folder() as top, lib.rehearsal() as url:
        expected, out = os.path.join(top, "expected"), os.path.join(top, "out")
        lib.expect(lib.run(*lib.QUICKSTART, *SETTINGS, "--agent", "rehearsal", "--out", expected), 0)
        with service("gpt4", url) as acts, service("gemini", url) as writes:
            env = {**environment("gpt4", acts.url), **environment("gemini", writes.url)}
            lib.expect(lib.run(*lib.QUICKSTART, *SETTINGS, "-a", "gpt4", "--writer-agent", "gemini",
                               "--judge-agent", "rehearsal", "--out", out, env=env), 0)
            state = lib.load(out, "run.json")
            lib.check((state["model"], state["writer_model"], state["judge_model"]) ==
                      ("gpt-4.1", "gemini-3.1-flash-lite", "rehearsal"), state)
            lib.check(acts.count > 20 and 0 < writes.count < 20, (acts.count, writes.count))
            lib.expect(lib.run("--resume", "--out", out, "--writer-agent", "gpt4", env=env), 78,
                       "writer_agent")
        lib.check(lib.load(expected, "val_scores.json") == lib.load(out, "val_scores.json"),
                  "scores differ")


def test_plain_text():
    """A model that completes text, and its preset in a file."""
    pattern = TURN + "%s" + COLON + "{content}"
    with lib.folder() as top, lib.rehearsal() as url:
        expected, out, preset = (os.path.join(top, name) for name in ("a", "b", "base.yaml"))
        lib.expect(lib.run(*lib.QUICKSTART, *SETTINGS, "--agent", "rehearsal", "--out", expected), 0)
        with Service("completions", "/v1/completions", {}, url) as server:
            with open(preset, "w", encoding="utf-8") as f:
                json.dump({"client": "completions", "base_url": server.url + "/v1", "model": "base",
                           "temperature": 0.0, "max_tokens": 500, "body": {"stop": [TURN]},
                           "prompt": {"system": pattern % "system", "user": pattern % "user",
                                      "agent": pattern % "assistant",
                                      "end": TURN + "assistant" + COLON}}, f)
            lib.expect(lib.run(*lib.QUICKSTART, *SETTINGS, "-a", preset, "--out", out), 0)
            lib.check(server.bodies[0]["stop"] == [TURN] and server.count > 20, server.bodies[0])
        compare(expected, out)


def test_the_writers_decoding():
    """What a block `updater` says of its own, with the agent's preset."""
    updater = ("updater: {module: src.client.agents.LiteLLMAgent, parameters: {model: azure/w, "
               "temperature: 0.25, max_output_tokens: 777, api_key: \"${NO_SUCH}\"}}\n")
    with lib.folder() as top, lib.rehearsal() as url:
        path = os.path.join(top, "config.yaml")
        with open(lib.CONFIG, encoding="utf-8") as base, open(path, "w", encoding="utf-8") as f:
            f.writelines(line for line in base if "proposal_temperature" not in line)
            f.write(updater)
        with service("gptoss", url) as server:
            env = environment("gptoss", server.url)
            lib.expect(lib.run("-c", path, *lib.QUICKSTART[2:], "--set", "cycle.epochs=1", "-a",
                               "gptoss", "--out", top + "/out", env=env), 0)
            sent = {(b["model"], b["temperature"], b["max_tokens"]) for b in server.bodies}
            lib.check(sent == {("gpt-oss-120b", 0.0, 8192), ("gpt-oss-120b", 0.25, 777)}, sent)


def missing(preset, name, *needles, code=78, **env):
    """The run and the ping say the same."""
    for args in ([*lib.QUICKSTART, "-a", preset], ["ping", "-a", preset]):
        result = lib.run(*args, env=lib.environment(**env))
        lib.expect(result, code, name, preset, *needles)
        lib.check(result.stderr.count("\n") == 1, "more than one error:\n" + result.stderr)
        lib.check(CANARY not in result.stderr, "a key is shown")


def test_each_missing_variable():
    for preset, (_, _, _, variables) in PRESETS.items():
        required = {"gemini": ["GOOGLE_CLOUD_PROJECT"], "gpt5": ["AZURE_OPENAI_BASE_URL",
                                                                 "AZURE_OPENAI_API_KEY"],
                    "deepseek": ["DEEPSEEK_API_BASE"], "gptoss": ["OSS_API_BASE"],
                    "gpt4": ["AZURE_API_BASE", "AZURE_API_KEY", "AZURE_API_VERSION"],
                    "local": ["LOCAL_API_BASE"]}[preset]
        for name in required:
            env = {key: value.replace("%s", "http://127.0.0.1:1")
                   for key, value in variables.items() if key != name}
            missing(preset, name, "environment variable", **env)


def test_each_malformed_variable():
    cases = [("gptoss", "OSS_API_BASE", "127.0.0.1:8000"), ("gpt4", "AZURE_API_VERSION", "a/b"),
             ("gpt4", "AZURE_API_BASE", "ftp://x"), ("gpt4", "GPT4_MODEL", "azure/a/b"),
             ("gpt5", "AZURE_OPENAI_BASE_URL", "x"), ("local", "LOCAL_API_BASE", "x"),
             ("gpt5", "AZURE_OPENAI_API_KEY", "a\nb: c"), ("deepseek", "DEEPSEEK_API_BASE", "x"),
             ("gemini", "GOOGLE_CLOUD_PROJECT", "../x"), ("gemini", "GEMINI_MODEL", "a/b"),
             ("gemini", "GOOGLE_CLOUD_LOCATION", "a b"), ("gemini", "GOOGLE_VERTEX_BASE_URL", "x")]
    for preset, name, value in cases:
        env = {key: text.replace("%s", "http://127.0.0.1:1")
               for key, text in PRESETS[preset][3].items()}
        missing(preset, name, "from the environment variable", **{**env, name: value})
    env = {"GOOGLE_CLOUD_PROJECT": "p", "GOOGLE_APPLICATION_CREDENTIALS": "/nonexistent/key"}
    missing("gemini", "GOOGLE_APPLICATION_CREDENTIALS", "/nonexistent/key", **env)


def test_preset_files():
    with lib.folder() as top:
        path = os.path.join(top, "mine.yaml")
        for text, needle in (("client: chatt\n", "did you mean 'chat'"), ("{", "mine.yaml:"),
                             ("client: chat\nurl: ${NO_SUCH}\nmodel: m\n", "NO_SUCH")):
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
            missing(path, needle)
        with open(path, "w", encoding="utf-8") as f:
            f.write("client: chat\nurl: http://127.0.0.1:1/\nmodel: m\n")
        lib.expect(lib.run("ping", "-a", path), 69, "127.0.0.1:1")
        lib.expect(lib.run("ping", "-a", "gptos"), 78, "did you mean 'gptoss'?")


# The reference's forms of its six presets and of its run configurations (spec/grasp.md 3.1, 4).
REFERENCE = {
    "gptoss": """
module: src.client.agents.HTTPAgent
parameters:
  url: ${OSS_API_BASE}/chat/completions
  headers: {Authorization: "Bearer ${OSS_API_KEY:-EMPTY}", Content-Type: application/json}
  body: {model: "${OSS_MODEL:-gpt-oss-120b}", temperature: 0.0, max_tokens: 8192}
  prompter: {name: role_content_dict, args: {agent_role: assistant}}
""",
    "gemini": """
module: src.client.agents.VertexAgent
parameters:
  project_id: ${GOOGLE_CLOUD_PROJECT}
  location: ${GOOGLE_CLOUD_LOCATION:-us-central1}
  model: ${GEMINI_MODEL:-gemini-3.1-flash-lite}
  temperature: 0.0
  max_output_tokens: 32768
""",
    "gpt5": """
module: src.client.agents.OpenAIResponsesAgent
parameters:
  model: ${GPT5_MODEL:-gpt-5.4}
  base_url: ${AZURE_OPENAI_BASE_URL}
  reasoning_effort: ${GPT5_REASONING_EFFORT:-low}
  text_verbosity: ${GPT5_TEXT_VERBOSITY:-low}
  max_output_tokens: 32768
  timeout: 300
""",
    "gpt4": """
module: src.client.agents.LiteLLMAgent
parameters:
  model: ${GPT4_MODEL:-azure/gpt-4.1}
  temperature: 0.0
  max_output_tokens: 32768
  timeout: 120
"""}
CONFIGS = ["""
output_dir: outputs/grasp
agent_preset: %s
task: {name: medagent, controller_address: "http://localhost:5050/api", fhir_api_base: "http://h/"}
data: {full: data/full.json, dev: data/dev.json, val: data/val.json, test: data/test.json}
cycle: {epochs: 5, update_every: 48, batch_concurrency: 5, max_proposals: 1, run_baseline: true,
        max_learned_skills: 10, grpo_k: 4, grpo_eval_n: 36, seed: 1}
""", """
agent_preset: %s
agent: {strategy: multi_turn_code_resource, model: "x", base_url: "http://old", timeout: 60,
        max_retries: 1, verbose: false, sample_timeout: 300}
updater: {model: "y", temperature: 0.7, max_tokens: 128000}
eval: {model: "z"}
data: {csv: a.csv, dev_splits: [train], val_splits: [valid], dev_limit: 120}
cycle: {epochs: 5, update_every: 60, grpo_k: 2, grpo_eval_n: 30, seed: 1}
"""]


def test_the_references_files():
    with lib.folder() as top:
        os.mkdir(os.path.join(top, "agents"))
        for preset, text in REFERENCE.items():
            with open(os.path.join(top, "agents", preset + ".yaml"), "w", encoding="utf-8") as f:
                f.write(text)
        for number, config in enumerate(CONFIGS):
            path = os.path.join(top, "grasp_%d.yaml" % number)
            for preset, model in (("gptoss", "gpt-oss-120b"), ("gpt5", "gpt-5.4"),
                                  ("gpt4", "gpt-4.1"), ("gemini", "gemini-3.1-flash-lite")):
                with open(path, "w", encoding="utf-8") as f:
                    f.write(config % preset)
                env = environment(preset, "http://127.0.0.1:1")
                if preset == "gemini":
                    env["HOME"] = top
                result = lib.run("-c", path, "-t", "quickstart.so", "-m", "grasp.so", "--dry-run",
                                 env=env)
                lib.expect(result, 0)
                plan = json.loads(result.stdout)
                lib.check(plan["model"] == model, plan["model"])
                lib.check(plan["method"]["options"].get("proposal_temperature") ==
                          (0.7 if number else None), plan["method"]["options"])


def test_list():
    env = lib.environment(OSS_API_BASE="http://x/v1", OSS_API_KEY=CANARY)
    result = lib.run("list", "agents", env=env)
    lib.expect(result, 0, "gptoss       ready", "DEEPSEEK_API_BASE                missing",
               "OSS_API_KEY                      set\n", "not set: gpt-oss-120b")
    lib.check(CANARY not in result.stdout, "a key is shown")
    rows = {row["id"]: row for row in json.loads(lib.run("list", "agents", "--json",
                                                         env=env).stdout)}
    lib.check(set(rows) == {*PRESETS, "rehearsal"}, sorted(rows))
    lib.check(rows["gptoss"]["ready"] and not rows["gpt4"]["ready"], "readiness")
    lib.check({"name": "OSS_MODEL", "required": False, "set": False, "default": "gpt-oss-120b"}
              in rows["gptoss"]["variables"], rows["gptoss"])


def completion(message, finish="stop"):
    return json.dumps({"choices": [{"message": {"role": "assistant", **message},
                                    "finish_reason": finish}],
                       "usage": {"prompt_tokens": 7, "completion_tokens": 3}})


def test_ping():
    call = {"id": "c", "type": "function", "function": {"name": "echo",
                                                        "arguments": "{\"word\": \"pong\"}"}}
    cases = [(lib.answer("200 OK", completion({"content": None, "tool_calls": [call]},
                                              "tool_calls")), "tools     called\n"),
             (lib.answer("200 OK", completion({"content": "pong\u001b[31m"})),
              "tools     offered, and not called\n")]
    for reply, needle in cases:
        with lib.Fault(reply) as server:
            result = lib.run("ping", "-a", "local", env=lib.endpoint(server.url))
            lib.expect(result, 0, needle, "model     local-model\n", "latency   ", server.url,
                       "tokens    7 in (0 cached), 3 out (0 reasoning)\n")
            lib.check("\x1b" not in result.stdout and server.count == 1, result.stdout)

    def without_tools(client, request):
        if b'"tools"' in request[1]:
            client.sendall(lib.answer("400 Bad Request", "{\"error\": {\"message\": \"gemma does "
                                                         "not support tools\"}}"))
        else:
            client.sendall(lib.answer("200 OK", completion({"content": "pong"})))

    with lib.Fault(without_tools) as server:
        result = lib.run("ping", "-a", "local", "--json", env=lib.endpoint(server.url))
        lib.expect(result, 0)
        out = json.loads(result.stdout)
        lib.check(out["answer"] == "pong" and "agent.tools=text" in out["tools"], out)
    for status, code in (("401 Unauthorized", 77), ("404 Not Found", 78),
                         ("503 Service Unavailable", 69)):
        with lib.Fault(lib.answer(status, "{}")) as server:
            lib.expect(lib.run("ping", "-a", "local", env=lib.endpoint(server.url)), code)
    lib.expect(lib.run("ping", "-a", "rehearsal"), 0, "in process")
    lib.expect(lib.run("ping"), 2, "no agent: give --agent")


def test_no_word_before_the_limit():
    """Thoughts that used up all tokens are no action: the episode says so, and is graded."""
    thoughts = {"content": None, "reasoning_content": "Hm. FINISH([1])"}
    with lib.folder() as top, lib.Fault(lib.answer("200 OK", completion(thoughts, "length"))) as s:
        out = os.path.join(top, "run")
        lib.expect(lib.run("eval", "-t", "quickstart.so", "-m", "none.so", "-a", "local", "-s", "val",
                           "--out", out, env=lib.endpoint(s.url)), 0)
        rows = [row for name in lib.tree(out) if name.endswith("_runs.jsonl")
                for row in lib.lines(os.path.join(out, name))]
        lib.check(rows and {row["status"] for row in rows} == {"agent output limit"}, rows[:1])
        lib.check(not any(row["is_correct"] for row in rows), "a correct answer")
        served = s.count
        lib.expect(lib.run("eval", "--resume", "--out", out, env=lib.endpoint(s.url)), 0)
        lib.check(s.count == served, "asked again")


if __name__ == "__main__":
    lib.main(test_same_results, test_writer_of_another_kind, test_plain_text,
             test_the_writers_decoding, test_each_missing_variable,
             test_each_malformed_variable, test_preset_files,
             test_the_references_files, test_list, test_ping, test_no_word_before_the_limit)
