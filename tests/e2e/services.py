"""The services behind the presets, played by the rehearsal: each request of a client is turned into
a chat completion, asked of `grasp-host rehearse`, and the answer turned back."""
import http.client
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


def from_chat(body):
    return body


def from_responses(body):
    messages = [{"role": {"developer": "system"}.get(m["role"], m["role"]),
                 "content": m["content"]} for m in body["input"]]
    return {"model": body["model"], "messages": messages, "temperature": body.get("temperature", 0)}


def from_gemini(body):
    def text(content):
        return "".join(part["text"] for part in content["parts"])
    messages = [{"role": "system", "content": part["text"]}
                for part in body.get("systemInstruction", {}).get("parts", [])]
    messages += [{"role": {"model": "assistant"}.get(c["role"], c["role"]), "content": text(c)}
                 for c in body["contents"]]
    config = body["generationConfig"]
    return {"messages": messages, "temperature": config.get("temperature", 0),
            "seed": config.get("seed", 0)}


# How test_agents.py has a conversation written for completions of plain text.
TURN, COLON = "<|turn|>", "<|says|>"


def from_completions(body):
    turns = [turn.split(COLON, 1) for turn in body["prompt"].split(TURN)[1:-1]]
    return {"model": body["model"], "temperature": body.get("temperature", 0),
            "seed": body.get("seed", 0),
            "messages": [{"role": role, "content": content} for role, content in turns]}


def to_completions(answer):
    choice = answer["choices"][0]
    return {"object": "text_completion", "usage": answer["usage"],
            "choices": [{"index": 0, "text": " " + choice["message"]["content"],
                         "finish_reason": choice["finish_reason"]}]}


def to_responses(answer):
    usage = answer["usage"]
    return {"id": "resp_1", "object": "response", "status": "completed", "error": None,
            "output": [{"type": "message", "role": "assistant", "content": [
                {"type": "output_text", "text": answer["choices"][0]["message"]["content"]}]}],
            "usage": {"input_tokens": usage["prompt_tokens"],
                      "output_tokens": usage["completion_tokens"]}}


def to_gemini(answer):
    usage = answer["usage"]
    parts = [{"text": answer["choices"][0]["message"]["content"]}]
    return {"candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": "STOP"}],
            "usageMetadata": {"promptTokenCount": usage["prompt_tokens"],
                              "candidatesTokenCount": usage["completion_tokens"]}}


SERVICES = {"chat": (from_chat, lambda answer: answer), "responses": (from_responses, to_responses),
            "gemini": (from_gemini, to_gemini), "completions": (from_completions, to_completions)}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server = self.server
        parts = urlsplit(self.path)
        path = parts.path + ("?" + parts.query if parts.query else "")
        key = {name: self.headers[name] for name in server.keys}
        if (path, key) != (server.path, server.keys):
            self.reply(404, {"error": {"message": "%s with %s" % (path, key)}})
            return
        turn, back = SERVICES[server.kind]
        server.bodies.append(json.loads(body))
        status, answer = server.ask(turn(json.loads(body)))
        self.reply(status, back(answer) if status == 200 else answer)

    def reply(self, status, value):
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


class Service(ThreadingHTTPServer):
    """kind: what it speaks. path: of the address, with its query; keys: the headers that it wants.
    Everything else is 404."""
    daemon_threads = True
    request_queue_size = 1024

    def __init__(self, kind, path, keys, rehearsal):
        super().__init__(("127.0.0.1", 0), Handler)
        self.kind, self.path, self.keys = kind, path, keys
        self.behind = urlsplit(rehearsal)
        self.count = 0
        self.bodies = []
        self.lock = threading.Lock()
        self.local = threading.local()
        self.url = "http://127.0.0.1:%d" % self.server_address[1]
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def ask(self, body):
        if not hasattr(self.local, "connection"):
            self.local.connection = http.client.HTTPConnection(self.behind.netloc, timeout=60)
        connection = self.local.connection
        with self.lock:
            self.count += 1
        connection.request("POST", self.behind.path + "/chat/completions", json.dumps(body))
        reply = connection.getresponse()
        return reply.status, json.loads(reply.read())

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

