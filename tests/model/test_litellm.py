"""Every client against a server that none of us wrote: a LiteLLM proxy, which offers all five
interfaces, with made-up replies behind them (https://docs.litellm.ai/docs/proxy)."""
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

from service import call, main, reply_of, same, says

PEERS = os.environ.get("GRASP_PEERS") or os.path.join(
    os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "grasp-host", "peers")
LITELLM = os.path.join(PEERS, "bin", "litellm")
KEY = "sk-" + secrets.token_hex(24)
CONFIG = """
model_list:
  - model_name: talker
    litellm_params: {model: openai/talker, api_key: none, mock_response: pong}
  - model_name: writer
    litellm_params:
      model: text-completion-openai/writer
      api_key: none
      mock_response: pong
  - model_name: caller
    litellm_params:
      model: openai/caller
      api_key: none
      mock_tool_calls:
        - {id: call_1, type: function, function: {name: echo, arguments: '{"word": "ping"}'}}
        - {id: call_2, type: function, function: {name: echo, arguments: '{"word": "pong"}'}}
general_settings: {master_key: %s}
""" % KEY
HELLO = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "ping"}]
TOOLS = [{"name": "echo", "description": "Says a word back.",
          "parameters": {"type": "object", "properties": {"word": {"type": "string"}}}}]


def start(folder):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    config = os.path.join(folder, "config.yaml")
    with open(config, "w", encoding="utf-8") as f:
        f.write(CONFIG)
    env = {"PATH": os.environ["PATH"], "HOME": folder, "LITELLM_LOCAL_MODEL_COST_MAP": "True",
           "LITELLM_TELEMETRY": "False", "NO_DOCS": "True"}
    with open(os.path.join(folder, "log"), "wb") as log:
        server = subprocess.Popen([LITELLM, "--config", config, "--host", "127.0.0.1", "--port",
                                   str(port)], env=env, cwd=folder, stdout=log, stderr=log)
    url = "http://127.0.0.1:%d" % port
    for _ in range(2400):
        if server.poll() is not None:
            with open(os.path.join(folder, "log"), encoding="utf-8") as log:
                raise SystemExit("LiteLLM did not start:\n" + log.read()[-3000:])
        try:
            with urllib.request.urlopen(url + "/health/liveliness", timeout=5):
                return server, url
        except OSError:
            time.sleep(0.1)
    server.kill()
    raise SystemExit("LiteLLM did not answer")


def local(model, key=KEY):
    return {"OPENAI_BASE_URL": URL + "/v1", "OPENAI_API_KEY": key, "GRASP_MODEL": model}


def expect_pong(got):
    same((got["kind"], got["text"], got["finish_reason"]), ("text", "pong", "stop"), "reply")
    if not got["usage"][0] or not got["usage"][2]:
        raise AssertionError("no tokens: %s" % got["usage"])


def test_chat():
    expect_pong(reply_of("local", HELLO, env=local("talker")))


def test_completions():
    expect_pong(reply_of({"client": "completions", "base_url": URL + "/v1", "api_key": KEY,
                          "model": "writer"}, HELLO))


def test_many_calls():
    out = call("local", HELLO, env=local("talker"), repeat=60, in_flight=20, timeout=300)
    same({reply["text"] for reply in out["replies"]}, {"pong"}, "replies")


def test_tool_calls():
    """Text and calls side by side; then their results go back."""
    got = reply_of("local", {"messages": HELLO, "tools": TOOLS}, env=local("caller"))
    same(got["tool_calls"], [{"id": "call_1", "name": "echo", "arguments": {"word": "ping"}},
                             {"id": "call_2", "name": "echo", "arguments": {"word": "pong"}}],
         "calls")
    turn = {"role": "agent", "content": got["text"], "tool_calls": got["tool_calls"]}
    results = [{"role": "tool", "tool_call_id": c["id"], "content": "done"}
               for c in got["tool_calls"]]
    got = reply_of("local", {"messages": HELLO + [turn] + results, "tools": TOOLS,
                             "tool_choice": "required"}, env=local("caller"))
    same(len(got["tool_calls"]), 2, "calls")


def test_wrong_key():
    got = reply_of("local", HELLO, env=local("talker", key="sk-wrong-canary"))
    same(got["kind"], "failed", "reply")
    if got["fault"] not in ("key", "config"):  # a proxy without a database says 400
        raise AssertionError(got["error"])
    if "canary" in got["error"]:
        raise AssertionError(got["error"])


def test_unknown_model():
    got = reply_of("local", HELLO, env=local("no-such-model"))
    same((got["kind"], got["fault"]), ("failed", "config"), "reply")
    says(got["error"], "no-such-model")


def test_azure():
    env = {"AZURE_API_BASE": URL, "AZURE_API_KEY": KEY, "AZURE_API_VERSION": "2024-10-21",
           "GPT4_MODEL": "talker"}
    expect_pong(reply_of("gpt4", HELLO, env=env))


def test_responses():
    env = {"AZURE_OPENAI_BASE_URL": URL + "/v1", "AZURE_OPENAI_API_KEY": KEY,
           "GPT5_MODEL": "talker"}
    expect_pong(reply_of("gpt5", HELLO, env=env))


def test_gemini():
    env = {"GOOGLE_GEMINI_BASE_URL": URL, "GEMINI_API_KEY": KEY, "GEMINI_MODEL": "talker"}
    expect_pong(reply_of("gemini", HELLO, env=env))


if not os.path.exists(LITELLM):
    print("skipped: a LiteLLM proxy (tools/peers.sh installs it)")
    sys.exit(77)
with tempfile.TemporaryDirectory() as FOLDER:
    SERVER, URL = start(FOLDER)
    try:
        main(*[value for name, value in sorted(globals().items()) if name.startswith("test_")])
    finally:
        SERVER.terminate()
        SERVER.wait()
