"""What each client sends and reads, against the public documentation of its service.

  chat       https://platform.openai.com/docs/api-reference/chat/create
             https://platform.openai.com/docs/guides/function-calling?api-mode=chat
             reasoning: https://api-docs.deepseek.com/guides/thinking_mode,
             https://docs.vllm.ai/en/stable/features/reasoning_outputs.html
  azure      https://learn.microsoft.com/azure/ai-foundry/openai/reference
  responses  https://platform.openai.com/docs/api-reference/responses/create
             https://platform.openai.com/docs/guides/reasoning (encrypted reasoning items)
             https://learn.microsoft.com/azure/ai-foundry/openai/how-to/responses
  gemini     https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference
             https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/function-calling
             https://cloud.google.com/vertex-ai/generative-ai/docs/thought-signatures
             https://ai.google.dev/api/generate-content
  completions  https://platform.openai.com/docs/api-reference/completions
             https://docs.vllm.ai/en/stable/serving/openai_compatible_server
"""
import json

from service import Service, call, main, reply_of, same, says

TOOLS = [{"name": "get_weather", "description": "Weather of a city",
          "parameters": {"type": "object", "properties": {"city": {"type": "string"}},
                         "required": ["city"]}},
         {"name": "get_time", "parameters": {"type": "object", "properties": {}}}]
CALLS = [{"id": "call_a", "name": "get_weather", "arguments": {"city": "Oslo"}},
         {"id": "call_b", "name": "get_time", "arguments": {}}]
# A conversation with text, calls side by side, and their results.
TALK = [{"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Weather and time in Oslo?"},
        {"role": "agent", "content": "Looking.", "tool_calls": CALLS},
        {"role": "tool", "tool_call_id": "call_a", "content": "{\"temp\": 4}"},
        {"role": "tool", "tool_call_id": "call_b", "content": "noon"}]
HELLO = [{"role": "user", "content": "Hello"}]


def sent(service, number=0):
    return service.requests[number]


def expect_headers(request, **wanted):
    for name, value in wanted.items():
        same(request.headers.get(name.replace("_", "-")), value, name)
    same(request.method, "POST", "method")
    same(request.headers.get("content-type"), "application/json", "type")


# Chat completions

CHAT_TOOLS = [{"type": "function", "function": tool} for tool in TOOLS]
CHAT_CALLS = [{"id": c["id"], "type": "function",
               "function": {"name": c["name"], "arguments": json.dumps(c["arguments"])}}
              for c in CALLS]
CHAT_TALK = [{"role": "system", "content": "Be brief."},
             {"role": "user", "content": "Weather and time in Oslo?"},
             {"role": "assistant", "content": "Looking.", "tool_calls": CHAT_CALLS},
             {"role": "tool", "tool_call_id": "call_a", "content": "{\"temp\": 4}"},
             {"role": "tool", "tool_call_id": "call_b", "content": "noon"}]
CHAT_USAGE = {"prompt_tokens": 82, "completion_tokens": 17, "total_tokens": 99,
              "prompt_tokens_details": {"cached_tokens": 64, "audio_tokens": 0},
              "completion_tokens_details": {"reasoning_tokens": 5, "audio_tokens": 0,
                                            "accepted_prediction_tokens": 0}}


def completion(message, finish="stop", usage=CHAT_USAGE, **more):
    return {"id": "chatcmpl-abc123", "object": "chat.completion", "created": 1699896916,
            "model": "gpt-4o-mini", "service_tier": "default", "system_fingerprint": "fp_1",
            "choices": [{"index": 0, "message": {"role": "assistant", **message},
                         "logprobs": None, "finish_reason": finish}], "usage": usage, **more}


def test_chat():
    answer = completion({"content": "Hi.", "refusal": None, "annotations": []})
    with Service((200, answer)) as service:
        env = {"OSS_API_BASE": service.url + "/v1", "OSS_API_KEY": "sk-1"}
        got = reply_of("gptoss", {"messages": TALK, "tools": TOOLS, "tool_choice": "auto"}, env=env)
        request = sent(service)
        expect_headers(request, authorization="Bearer sk-1")
        same((request.path, request.query), ("/v1/chat/completions", {}), "address")
        same(request.body, {"model": "gpt-oss-120b", "messages": CHAT_TALK, "temperature": 0.0,
                            "max_tokens": 8192, "tools": CHAT_TOOLS, "tool_choice": "auto"}, "body")
        same(got, {"kind": "text", "fault": "none", "text": "Hi.", "tool_calls": None,
                   "finish_reason": "stop", "usage": [82, 64, 17, 5]}, "reply")


def test_chat_calls():
    answer = completion({"content": "Looking.", "tool_calls": CHAT_CALLS}, "tool_calls")
    with Service((200, answer)) as service:
        env = {"DEEPSEEK_API_BASE": service.url + "/v1", "DEEPSEEK_MODEL": "m"}
        for choice, wanted in (("required", "required"), ("none", "none"), ("get_time", {
                "type": "function", "function": {"name": "get_time"}})):
            got = reply_of("deepseek", {"messages": HELLO, "tools": TOOLS, "tool_choice": choice},
                           env=env)
            same(sent(service, -1).body["tool_choice"], wanted, "tool_choice")
        same((got["text"], got["tool_calls"], got["finish_reason"]),
             ("Looking.", CALLS, "tool_calls"), "reply")


def test_chat_quirks():
    """https://platform.openai.com/docs/guides/structured-outputs (refusal),
    https://platform.openai.com/docs/guides/reasoning (max_completion_tokens, developer)"""
    cases = [
        (completion({"content": "Hi.", "reasoning_content": "Hm."}), ("text", "Hi.", "stop")),
        (completion({"content": None, "refusal": "I can't."}), ("refused", "I can't.", "stop")),
        (completion({"content": ""}, "content_filter"), ("refused", "", "content_filter")),
        (completion({"content": "Hal"}, "length"), ("text", "Hal", "length")),
        (completion({"content": "", "reasoning": "Hm."}, "length"), ("truncated", "", "length")),
        (completion({"content": None}, "length"), ("truncated", "", "length")),
        (completion({"content": "", "tool_calls": CHAT_CALLS[:1]}, "length"),
         ("text", "", "length")),
        (completion({"content": [{"type": "text", "text": "Hi."}]}), ("text", "Hi.", "stop")),
        (completion({"content": "Hi."}, "end_turn", usage=None, surprise=[1]),
         ("text", "Hi.", "end_turn")),
    ]
    agent = {"client": "chat", "url": "", "model": "o4", "max_completion_tokens": 100,
             "system_role": "developer", "reasoning_effort": "low"}
    for answer, wanted in cases:
        with Service((200, answer)) as service:
            got = reply_of({**agent, "url": service.url}, TALK[:2])
            same((got["kind"], got["text"], got["finish_reason"]), wanted, "reply")
            same(sent(service).body,
                 {"model": "o4", "max_completion_tokens": 100, "reasoning_effort": "low",
                  "messages": [{"role": "developer", "content": "Be brief."}, CHAT_TALK[1]]}, "body")
            if wanted[0] == "truncated":
                says(got["error"], "its limit of 100 tokens before its first word")


def test_chat_carries_reasoning():
    """DeepSeek wants reasoning_content back while tools are called."""
    first = completion({"content": "", "reasoning_content": "Hm.", "tool_calls": CHAT_CALLS},
                       "tool_calls")
    with Service((200, first)) as service:
        agent = {"client": "chat", "url": service.url, "model": "m", "carry_reasoning": True}
        got = reply_of(agent, HELLO)
        turn = {"role": "agent", "content": "", "tool_calls": got["tool_calls"],
                "carry": got["carry"]}
        reply_of(agent, HELLO + [turn])
        same(sent(service, 1).body["messages"][1],
             {"role": "assistant", "reasoning_content": "Hm.", "content": None,
              "tool_calls": CHAT_CALLS}, "turn")


def test_chat_without_a_system_role():
    with Service((200, completion({"content": "Hi."}))) as service:
        agent = {"client": "chat", "url": service.url, "model": "gemma", "system_role": "user"}
        reply_of(agent, TALK[:2])
        reply_of(agent, [TALK[0], {"role": "agent", "content": "a"}])
        same(sent(service).body["messages"],
             [{"role": "user", "content": "Be brief.\n\nWeather and time in Oslo?"}], "messages")
        same(sent(service, 1).body["messages"],
             [{"role": "assistant", "content": "a"}, {"role": "user", "content": "Be brief."}],
             "messages")


def test_tools_in_text():
    answer = completion({"content": "Yes.\n<tool_call>{\"name\": \"get_weather\", \"arguments\": "
                                    "{\"city\": \"Oslo\"}}</tool_call>\n<tool_call>\n{\"name\": "
                                    "\"get_time\", \"arguments\": {}}\n</tool_call>"})
    with Service((200, answer)) as service:
        agent = {"client": "chat", "url": service.url, "model": "m", "tools": "text"}
        got = reply_of(agent, {"messages": TALK, "tools": TOOLS})
        body = sent(service).body
        same("tools" in body, False, "tools")
        same([m["role"] for m in body["messages"]], ["system", "user", "assistant", "user"], "roles")
        says(body["messages"][0]["content"], "Be brief.\n\n", json.dumps(TOOLS[0]["name"]),
             "<tool_call>")
        same(body["messages"][2]["content"],
             "Looking.\n<tool_call>{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Oslo\"}}"
             "</tool_call>\n<tool_call>{\"name\": \"get_time\", \"arguments\": {}}</tool_call>",
             "calls")
        same(body["messages"][3]["content"], "<tool_response>{\"temp\": 4}</tool_response>\n"
                                             "<tool_response>noon</tool_response>", "results")
        same((got["text"], got["finish_reason"]), ("Yes.", "tool_calls"), "reply")
        same([c["name"] for c in got["tool_calls"]], ["get_weather", "get_time"], "calls")
        same(len({c["id"] for c in got["tool_calls"]}), 2, "ids")
    for text in ("<tool_call>{\"name\"</tool_call>", "<tool_call>", "</tool_call><tool_call>{}",
                 "<tool_call>[1]</tool_call> x"):
        with Service((200, completion({"content": text}))) as service:
            got = reply_of({**agent, "url": service.url}, {"messages": TALK, "tools": TOOLS})
            same((got["text"], got["tool_calls"]), (text, None), "what is no call")


# Azure

def test_azure():
    filtered = [{"hate": {"filtered": False, "severity": "safe"}}]
    answer = completion({"content": "Hi."}, prompt_filter_results=filtered)
    with Service((200, answer)) as service:
        env = {"AZURE_API_BASE": service.url + "/", "AZURE_API_KEY": "k-12345",
               "AZURE_API_VERSION": "2024-10-21"}
        got = reply_of("gpt4", {"messages": TALK, "tools": TOOLS}, env=env)
        request = sent(service)
        expect_headers(request, api_key="k-12345", authorization=None)
        same((request.path, request.query),
             ("/openai/deployments/gpt-4.1/chat/completions", {"api-version": "2024-10-21"}),
             "address")
        same(request.body, {"model": "gpt-4.1", "messages": CHAT_TALK, "temperature": 0.0,
                            "max_tokens": 32768, "tools": CHAT_TOOLS}, "body")
        same((got["text"], got["usage"]), ("Hi.", [82, 64, 17, 5]), "reply")


def test_azure_filters():
    """https://learn.microsoft.com/azure/ai-foundry/openai/concepts/content-filter"""
    error = {"error": {"message": "The response was filtered due to the prompt triggering Azure "
                                  "OpenAI's content management policy.",
                       "type": None, "param": "prompt", "code": "content_filter", "status": 400}}
    with Service((400, error)) as service:
        env = {"AZURE_API_BASE": service.url, "AZURE_API_KEY": "k-12345", "AZURE_API_VERSION": "v1"}
        same(reply_of("gpt4", HELLO, env=env)["kind"], "refused", "kind")


# Responses

def response(output, status="completed", **more):
    return {"id": "resp_67cc", "object": "response", "created_at": 1741476542, "status": status,
            "error": None, "incomplete_details": None, "instructions": None, "model": "gpt-5.4",
            "output": output, "parallel_tool_calls": True, "previous_response_id": None,
            "store": False, "temperature": 1.0, "truncation": "disabled",
            "usage": {"input_tokens": 36, "input_tokens_details": {"cached_tokens": 3},
                      "output_tokens": 87, "output_tokens_details": {"reasoning_tokens": 60},
                      "total_tokens": 123}, **more}


def output_text(text):
    return {"type": "message", "id": "msg_67cc", "status": "completed", "role": "assistant",
            "content": [{"type": "output_text", "text": text, "annotations": []}]}


REASONING = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAAAAB"}
FUNCTION_CALLS = [{"type": "function_call", "id": "fc_%d" % i, "call_id": c["id"],
                   "name": c["name"], "arguments": json.dumps(c["arguments"]),
                   "status": "completed"} for i, c in enumerate(CALLS)]


def gpt5(service, **more):
    return {"AZURE_OPENAI_BASE_URL": service.url + "/openai/v1/", "AZURE_OPENAI_API_KEY": "k-12345",
            **more}


def test_responses():
    with Service((200, response([REASONING, output_text("Hi"), output_text(".")]))) as service:
        got = reply_of("gpt5", {"messages": TALK, "tools": TOOLS, "tool_choice": "get_time",
                                "temperature": 0.5, "seed": 3}, env=gpt5(service))
        request = sent(service)
        expect_headers(request, authorization="Bearer k-12345")
        same((request.path, request.query), ("/openai/v1/responses", {}), "address")
        same(request.body, {
            "model": "gpt-5.4",
            "input": [{"role": "developer", "content": "Be brief."},
                      {"role": "user", "content": "Weather and time in Oslo?"},
                      {"role": "assistant", "content": "Looking."},
                      {"type": "function_call", "call_id": "call_a", "name": "get_weather",
                       "arguments": "{\"city\": \"Oslo\"}"},
                      {"type": "function_call", "call_id": "call_b", "name": "get_time",
                       "arguments": "{}"},
                      {"type": "function_call_output", "call_id": "call_a",
                       "output": "{\"temp\": 4}"},
                      {"type": "function_call_output", "call_id": "call_b", "output": "noon"}],
            "max_output_tokens": 32768, "reasoning": {"effort": "low", "summary": "auto"},
            "include": ["reasoning.encrypted_content"], "store": False,
            "text": {"verbosity": "low"},
            "tools": [{"type": "function", "strict": False, **tool} for tool in TOOLS],
            "tool_choice": {"type": "function", "name": "get_time"}}, "body")
        same((got["kind"], got["text"], got["finish_reason"], got["usage"]),
             ("text", "Hi.", "stop", [36, 3, 87, 60]), "reply")


def test_responses_without_reasoning():
    """Only then is there a temperature."""
    with Service((200, response([output_text("Hi.")]))) as service:
        reply_of("gpt5", {"messages": HELLO, "temperature": 0.5},
                 env=gpt5(service, GPT5_REASONING_EFFORT="none", GPT5_TEXT_VERBOSITY=""))
        same(sent(service).body, {"model": "gpt-5.4", "input": HELLO, "temperature": 0.5,
                                  "max_output_tokens": 32768,
                                  "reasoning": {"effort": "none", "summary": "auto"}}, "body")


def test_responses_turns():
    """Reasoning goes back with the calls that it led to, as it came."""
    with Service((200, response([REASONING, *FUNCTION_CALLS]))) as service:
        got = reply_of("gpt5", {"messages": HELLO, "tools": TOOLS}, env=gpt5(service))
        same((got["text"], got["tool_calls"], got["finish_reason"]), ("", CALLS, "tool_calls"),
             "reply")
        turn = {"role": "agent", "content": "", "tool_calls": CALLS, "carry": got["carry"]}
        reply_of("gpt5", {"messages": HELLO + [turn, TALK[3]]}, env=gpt5(service))
        items = [{k: v for k, v in item.items() if k != "status"} for item in FUNCTION_CALLS]
        same(sent(service, 1).body["input"],
             [*HELLO, REASONING, *items,
              {"type": "function_call_output", "call_id": "call_a", "output": "{\"temp\": 4}"}],
             "input")


def test_responses_ends():
    refusal = {**output_text(""), "content": [{"type": "refusal", "refusal": "I can't."}]}
    short = {"incomplete_details": {"reason": "max_output_tokens"}}
    cases = [
        (response([refusal]), ("refused", "I can't.", "stop")),
        (response([REASONING], "incomplete", **short), ("truncated", "", "length")),
        (response([output_text("Hal")], "incomplete", **short), ("text", "Hal", "length")),
        (response([], "incomplete", incomplete_details={"reason": "content_filter"}),
         ("refused", "", "content_filter")),
    ]
    for answer, wanted in cases:
        with Service((200, answer)) as service:
            got = reply_of("gpt5", HELLO, env=gpt5(service))
            same((got["kind"], got["text"], got.get("finish_reason")), wanted, "reply")
    failed = response([], "failed", )
    failed["error"] = {"code": "server_error", "message": "The model went away."}
    with Service((200, failed), (200, response([output_text("Hi.")]))) as service:
        agent = {"client": "responses", "base_url": service.url, "model": "m",
                 "retry_base_delay": 0}
        same(reply_of(agent, HELLO)["text"], "Hi.", "after another try")
        same(len(service.requests), 2, "requests")


# Gemini

def candidate(parts, finish="STOP", **more):
    return {"candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": finish,
                            "avgLogprobs": -0.1, "safetyRatings": []}],
            "usageMetadata": {"promptTokenCount": 14, "candidatesTokenCount": 7,
                              "thoughtsTokenCount": 20, "cachedContentTokenCount": 4,
                              "totalTokenCount": 41, "trafficType": "ON_DEMAND"},
            "modelVersion": "gemini-3.1-flash-lite", "createTime": "2026-01-01T00:00:00Z",
            "responseId": "r1", **more}


GEMINI_CONTENTS = [
    {"role": "user", "parts": [{"text": "Weather and time in Oslo?"}]},
    {"role": "model", "parts": [
        {"text": "Looking."},
        {"functionCall": {"name": "get_weather", "args": {"city": "Oslo"}}},
        {"functionCall": {"name": "get_time", "args": {}}}]},
    {"role": "user", "parts": [
        {"functionResponse": {"name": "get_weather", "response": {"temp": 4}}},
        {"functionResponse": {"name": "get_time", "response": {"output": "noon"}}}]}]


def vertex(service, **more):
    return {"GOOGLE_CLOUD_PROJECT": "proj-1", "GOOGLE_OAUTH_ACCESS_TOKEN": "ya29.token",
            "GOOGLE_VERTEX_BASE_URL": service.url, **more}


def test_vertex():
    with Service((200, candidate([{"text": "Hm.", "thought": True}, {"text": "Hi."}]))) as service:
        got = reply_of("gemini", {"messages": TALK, "tools": TOOLS, "tool_choice": "required",
                                  "temperature": 0.5, "seed": 7}, env=vertex(service))
        request = sent(service)
        expect_headers(request, authorization="Bearer ya29.token")
        same((request.path, request.query),
             ("/v1/projects/proj-1/locations/us-central1/publishers/google/models/"
              "gemini-3.1-flash-lite:generateContent", {}), "address")
        same(request.body, {
            "contents": GEMINI_CONTENTS,
            "systemInstruction": {"parts": [{"text": "Be brief."}]},
            "generationConfig": {"temperature": 0.5, "maxOutputTokens": 32768, "seed": 7},
            "tools": [{"functionDeclarations": TOOLS}],
            "toolConfig": {"functionCallingConfig": {"mode": "ANY"}}}, "body")
        same(got, {"kind": "text", "fault": "none", "text": "Hi.", "tool_calls": None,
                   "finish_reason": "stop", "usage": [14, 4, 27, 20]}, "reply")


def test_gemini_api():
    with Service((200, candidate([{"text": "Hi."}]))) as service:
        env = {"GEMINI_API_KEY": "AIza-1", "GOOGLE_GEMINI_BASE_URL": service.url,
               "GEMINI_MODEL": "gemini-2.5-flash"}
        reply_of("gemini", HELLO, env=env)
        request = sent(service)
        expect_headers(request, x_goog_api_key="AIza-1", authorization=None)
        same(request.path, "/v1beta/models/gemini-2.5-flash:generateContent", "path")


def test_gemini_settings():
    with Service((200, candidate([{"text": "Hi."}]))) as service:
        safety = [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}]
        agent = {"client": "gemini", "base_url": service.url, "model": "m", "api_key": "AIza-1",
                 "thinking_budget": 0, "structured_output": True,
                 "body": {"safetySettings": safety, "generationConfig": {"topP": 0.9}}}
        reply_of(agent, {"messages": HELLO, "schema": {"type": "object"}, "tools": TOOLS,
                         "tool_choice": "get_time"})
        body = sent(service).body
        same(body["safetySettings"], safety, "safetySettings")
        same(body["generationConfig"],
             {"thinkingConfig": {"thinkingBudget": 0}, "topP": 0.9,
              "responseMimeType": "application/json", "responseJsonSchema": {"type": "object"}},
             "generationConfig")
        same(body["toolConfig"], {"functionCallingConfig": {
            "mode": "ANY", "allowedFunctionNames": ["get_time"]}}, "toolConfig")
        del agent["thinking_budget"], agent["structured_output"]
        reply_of(agent, {"messages": HELLO})
        same(sent(service, 1).body["generationConfig"], {"topP": 0.9}, "generationConfig")


def test_gemini_turns():
    """A thought signature goes back in the part that it came with."""
    parts = [{"text": "Looking."},
             {"functionCall": {"name": "get_weather", "args": {"city": "Oslo"}},
              "thoughtSignature": "CpwB"},
             {"functionCall": {"name": "get_time", "args": {}}}]
    with Service((200, candidate(parts))) as service:
        got = reply_of("gemini", {"messages": HELLO, "tools": TOOLS}, env=vertex(service))
        same([(c["name"], c["arguments"]) for c in got["tool_calls"]],
             [(c["name"], c["arguments"]) for c in CALLS], "calls")
        same((got["text"], got["finish_reason"]), ("Looking.", "tool_calls"), "reply")
        turn = {"role": "agent", "content": got["text"], "tool_calls": got["tool_calls"],
                "carry": got["carry"]}
        results = [{"role": "tool", "tool_call_id": c["id"], "content": "r"}
                   for c in got["tool_calls"]]
        reply_of("gemini", HELLO + [turn] + results, env=vertex(service))
        same(sent(service, 1).body["contents"][1:],
             [{"role": "model", "parts": parts},
              {"role": "user", "parts": [
                  {"functionResponse": {"name": c["name"], "response": {"output": "r"}}}
                  for c in CALLS]}], "contents")


def test_gemini_ends():
    cases = [
        ({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": {}},
         ("refused", "", "content_filter")),
        (candidate([], "SAFETY"), ("refused", "", "content_filter")),
        (candidate([{"text": "Hal"}], "MAX_TOKENS"), ("text", "Hal", "length")),
        (candidate([{"text": "Hm.", "thought": True}], "MAX_TOKENS"), ("truncated", "", "length")),
        ({"candidates": [{"content": {"role": "model"}, "finishReason": "MAX_TOKENS"}]},
         ("truncated", "", "length")),
        (candidate([{"text": ""}], "MALFORMED_FUNCTION_CALL"), ("failed", "", None)),
    ]
    for answer, wanted in cases:
        with Service((200, answer)) as service:
            agent = {"client": "gemini", "base_url": service.url, "model": "m",
                     "retry_base_delay": 0}
            got = reply_of(agent, HELLO)
            same((got["kind"], got["text"], got.get("finish_reason")), wanted, "reply")


# Completions of plain text

def continued(text, finish="stop", **more):
    return {"id": "cmpl-1", "object": "text_completion", "created": 1589478378, "model": "base",
            "choices": [{"text": text, "index": 0, "logprobs": None, "finish_reason": finish}],
            "usage": {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}, **more}


BASE = {"client": "completions", "model": "base", "temperature": 0.0, "max_tokens": 100}


def test_completions():
    talk = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"},
            {"role": "agent", "content": "Hi."}, {"role": "user", "content": "Who are you?"}]
    with Service((200, continued(" A model.\n"))) as service:
        agent = {**BASE, "base_url": service.url + "/v1", "api_key": "sk-1"}
        got = reply_of(agent, {"messages": talk, "temperature": 0.7, "seed": 5})
        request = sent(service)
        expect_headers(request, authorization="Bearer sk-1")
        same((request.path, request.query), ("/v1/completions", {}), "address")
        same(request.body, {"model": "base", "temperature": 0.7, "max_tokens": 100, "seed": 5,
                            "prompt": "Be brief.\n\nUser: Hello\n\nAssistant: Hi.\n\n"
                                      "User: Who are you?\n\nAssistant:",
                            "stop": ["\nUser:"]}, "body")
        same(got, {"kind": "text", "fault": "none", "text": "A model.", "tool_calls": None,
                   "finish_reason": "stop", "usage": [5, 0, 7, 0]}, "reply")


def test_completions_in_another_form():
    """Our own patterns, and those of the reference's prompters; a stop of the user's own."""
    mine = {"prompt": {"start": "<s>", "system": "[{content}]", "user": "Q {content}\n",
                       "agent": "A {content}\n", "end": "A"}, "body": {"stop": ["Q"], "top_p": 0.5}}
    talk = [{"role": "system", "content": "s"}, {"role": "user", "content": "{content}"},
            {"role": "assistant", "content": "a"}]
    with Service((200, continued("b"))) as service:
        reply_of({**BASE, "url": service.url, **mine}, talk)
        same(sent(service).body, {"model": "base", "temperature": 0.0, "max_tokens": 100,
                                  "prompt": "<s>[s]Q {content}\nA a\nA", "stop": ["Q"],
                                  "top_p": 0.5}, "body")
        for name, args, prompt, stop in (
                ("prompt_string", {}, "USER: u\n\nAGENT:", "\nUSER:"),
                ("prompt_string", {"prefix": "P ", "user_format": "<{content}>", "suffix": "!"},
                 "P <u>!", "\n<"),
                ("claude", {}, "Human: u\n\nAssistant:", "\nHuman:")):
            reply_of({"module": "src.client.agents.HTTPAgent", "parameters": {
                "url": service.url + "/c", "body": {"model": "base"},
                "prompter": {"name": name, "args": args}}}, [{"role": "user", "content": "u"}])
            same((sent(service, -1).path, sent(service, -1).body),
                 ("/c", {"model": "base", "prompt": prompt, "stop": [stop]}), name)


def test_completions_with_tools():
    answer = continued(' Looking. <tool_call>{"name": "get_time", "arguments": {}}</tool_call>')
    results = [{"role": "agent", "content": "", "tool_calls": CALLS[1:]},
               {"role": "tool", "tool_call_id": "call_b", "content": "noon"}]
    with Service((200, answer)) as service:
        got = reply_of({**BASE, "url": service.url}, {"messages": HELLO + results, "tools": TOOLS})
        same((got["text"], [c["name"] for c in got["tool_calls"]], got["finish_reason"]),
             ("Looking.", ["get_time"], "tool_calls"), "reply")
        body = sent(service).body
        says(body["prompt"], "You have tools.", "get_weather",
             "User: <tool_response>noon</tool_response>")
        same(sorted(body), ["max_tokens", "model", "prompt", "stop", "temperature"], "members")


def test_completions_ends():
    cases = [(continued("Hal", "length"), ("text", "Hal", "length")),
             (continued(" ", "length"), ("truncated", "", "length")),
             (continued("", "content_filter"), ("refused", "", "content_filter")),
             (continued("Hi", None, usage=None), ("text", "Hi", None))]
    for answer, wanted in cases:
        with Service((200, answer)) as service:
            got = reply_of({**BASE, "url": service.url}, HELLO)
            same((got["kind"], got["text"], got.get("finish_reason")), wanted, "reply")


# All of them

def test_refusals_with_a_remedy():
    """What services say, and the setting that helps."""
    cases = [("Unsupported parameter: 'max_tokens' is not supported with this model. Use "
              "'max_completion_tokens' instead.", "agent.max_completion_tokens=N"),
             ("Unsupported value: 'temperature' does not support 0.0 with this model. Only the "
              "default (1) value is supported.", "agent.send_temperature=false"),
             ("registry.ollama.ai/library/gemma3:latest does not support tools", "agent.tools=text"),
             ("\"auto\" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be "
              "set", "agent.tools=text"),
             ("System role not supported", "agent.system_role=user"),
             ("This model only support stream mode, please enable the stream parameter to access "
              "the model.", "streams only")]
    for text, remedy in cases:
        with Service((400, {"error": {"message": text, "code": 400}})) as service:
            agent = {"client": "chat", "url": service.url, "model": "m"}
            got = reply_of(agent, HELLO)
            same((got["kind"], got["fault"], len(service.requests)), ("failed", "config", 1), text)
            says(got["error"], text[:60], remedy)


def test_a_stream_is_refused():
    events = b'data: {"choices": [{"delta": {"content": "Hi"}}]}\n\ndata: [DONE]\n\n'
    with Service((200, events, {"Content-Type": "text/event-stream"})) as service:
        got = reply_of({"client": "chat", "url": service.url, "model": "m"}, HELLO)
        same((got["kind"], got["fault"], len(service.requests)), ("failed", "config", 2), "reply")
        says(got["error"], "the reply is a stream of events", "LiteLLM proxy")
    with Service((200, events), (200, completion({"content": "Hi."}))) as service:
        got = reply_of({"client": "chat", "url": service.url, "model": "m"}, HELLO)
        same((got["kind"], len(service.requests)), ("text", 2), "one stream, out of order")


def test_settings_that_leave_out():
    with Service((200, completion({"content": "Hi."}))) as service:
        agent = {"client": "chat", "url": service.url, "model": "m", "temperature": 0.5,
                 "send_temperature": False, "max_tokens": 5, "max_completion_tokens": 6}
        reply_of(agent, {"messages": HELLO, "temperature": 0.7, "seed": 4})
        same(sent(service).body, {"model": "m", "messages": HELLO, "max_completion_tokens": 6},
             "body")



def test_hostile_answers():
    """Whatever comes is a reply or one clear failure."""
    junk = [[], 1, "x", None, {}, {"choices": {}}, {"choices": [1]}, {"output": {}},
            {"output": [1, {"type": "function_call"}]}, {"candidates": [None]}, {"candidates": 7},
            {"candidates": [{"content": {"parts": [1, {"functionCall": 3}, {"text": {}}]}}]},
            {"choices": [{"message": {"content": 5, "tool_calls": {}}}]},
            {"output": [{"type": "message", "content": 7}], "status": 3, "usage": []},
            {"choices": [{"message": {"tool_calls": [{"function": {"arguments": "{"}}]}}]}]
    junk += [{"choices": [{"text": 5}]}, {"choices": [{"text": None}]}]
    for client in ("chat", "responses", "gemini", "completions"):
        with Service(*[(200, value) for value in junk]) as service:
            agent = {"client": client, "base_url": service.url, "model": "m", "max_retries": 1}
            out = call(agent, *[HELLO] * len(junk))
            same(len(out["replies"]), len(junk), "replies")
            for reply in out["replies"]:
                if reply["kind"] == "failed":
                    says(reply["error"], "HTTP 200, but the ")


main(*[value for name, value in sorted(globals().items()) if name.startswith("test_")])
