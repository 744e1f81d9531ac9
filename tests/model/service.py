"""A server that plays the services whose clients are tested: real HTTP on 127.0.0.1. It checks
nothing by itself; it keeps what came and answers as it is told."""
import json
import pprint
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

WIRE_CALL = sys.argv[1] if len(sys.argv) > 1 else None


class Request:
    def __init__(self, handler, body):
        parts = urlsplit(handler.path)
        self.method = handler.command
        self.path = parts.path
        self.query = dict(parse_qsl(parts.query))
        self.headers = {key.lower(): value for key, value in handler.headers.items()}
        self.raw = body.decode()
        self.time = time.monotonic()

    @property
    def body(self):
        return json.loads(self.raw)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        request = Request(self, self.rfile.read(length))
        status, reply, headers = self.server.service.take(request)
        data = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = answer


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024


class Service:
    """replies: (status, body) or (status, body, headers) one after the other, the last one for
    ever; or a function of the request."""

    def __init__(self, *replies, context=None):
        self.replies = replies
        self.requests = []
        self.lock = threading.Lock()
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.service = self
        scheme = "http"
        if context:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
            scheme = "https"
        self.port = self.server.server_address[1]
        self.url = "%s://127.0.0.1:%d" % (scheme, self.port)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def take(self, request):
        with self.lock:
            index = len(self.requests)
            self.requests.append(request)
        if callable(self.replies[0]):
            reply = self.replies[0](request)
        else:
            reply = self.replies[min(index, len(self.replies) - 1)]
        return reply if len(reply) == 3 else (*reply, {})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def call(agent, *requests, env=None, in_flight=1, repeat=1, timeout=280):
    """Sends requests through the client; its output as an object."""
    asked = {"agent": agent, "in_flight": in_flight, "repeat": repeat,
             "requests": [r if isinstance(r, dict) else {"messages": r} for r in requests]}
    done = subprocess.run([WIRE_CALL], input=json.dumps(asked), env={"PATH": "/bin", **(env or {})},
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=timeout, check=False)
    if done.returncode:
        raise AssertionError("wire_call ended with %d: %s" % (done.returncode, done.stderr[-2000:]))
    out = json.loads(done.stdout)
    out["log"] = done.stderr
    return out


def reply_of(agent, request, **more):
    out = call(agent, request, **more)
    if "refused" in out:
        raise AssertionError(out["refused"])
    return out["replies"][0]


def same(got, wanted, what=""):
    if got != wanted:
        raise AssertionError("%s is\n%s\nnot\n%s" % (what, pprint.pformat(got, width=100),
                                                     pprint.pformat(wanted, width=100)))


def says(text, *needles):
    for needle in needles:
        if needle not in text:
            raise AssertionError("does not say %r: %s" % (needle, text))


def main(*tests):
    failed = 0
    for test in tests:
        try:
            test()
            print("ok      %s" % test.__name__, flush=True)
        except Exception as error:  # each test is reported, whatever it raised
            failed += 1
            print("FAILED  %s: %s: %s" % (test.__name__, type(error).__name__, error), flush=True)
    sys.exit(1 if failed else 0)
