"""Two servers that pass on the answers of another one: each after a delay, or all in rounds."""
import http.client
import http.server
import json
import os
import selectors
import socket
import threading
import time

SETTLED = 0.01  # seconds


def ask(connection, path, body):
    """The answer of the server behind: a whole HTTP response."""
    connection.request("POST", path, body, {"Content-Type": "application/json"})
    reply = connection.getresponse()
    text = reply.read()
    return b"HTTP/1.1 %d OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
        reply.status, len(text), text)


def other_draws(connection, path, body):
    """As if the writer's luck had been another: its calls, and no others, have a seed of their own."""
    request = json.loads(body)
    if request["messages"][0]["content"].startswith("# "):
        request["seed"] = (request.get("seed", 0) + 1) & 0x7fffffff
        body = json.dumps(request).encode()
    return ask(connection, path, body)


class DelayServer(http.server.ThreadingHTTPServer):
    """Gives each answer `delay` seconds after it was asked for."""
    daemon_threads = True
    request_queue_size = 1024

    def __init__(self, port, delay):
        self.count = 0
        local = threading.local()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                due = time.monotonic() + delay
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if not hasattr(local, "connection"):
                    local.connection = http.client.HTTPConnection("127.0.0.1", port)
                text = ask(local.connection, self.path, body)
                time.sleep(max(0, due - time.monotonic()))
                self.server.count += 1
                self.wfile.write(text)

            def log_message(self, *args):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def serve(self, process):
        process.wait()


class RoundServer:
    """Holds what is asked until its client can do nothing but wait, then answers it all. The number
    of rounds is the time that the client takes in units of a server's latency, whatever else the
    machine does meanwhile."""

    def __init__(self, port, answer=ask):
        self.behind = http.client.HTTPConnection("127.0.0.1", port)
        self.answer = answer
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.server_port = self.listener.getsockname()[1]
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.listener, selectors.EVENT_READ)
        self.count = self.rounds = 0
        self.held = []

    def serve(self, process):
        """Until the client, a Popen, has ended."""
        while process.poll() is None:
            if self.take(0.001) or not self.held or not self.is_idle(process.pid):
                continue
            held, self.held = self.held, []
            self.rounds += 1
            for connection, text in held:
                connection.sendall(text)

    def take(self, timeout):
        events = self.selector.select(timeout)
        for key, _ in events:
            if key.fileobj is self.listener:
                self.selector.register(self.listener.accept()[0], selectors.EVENT_READ, bytearray())
            else:
                self.receive(key.fileobj, key.data)
        return bool(events)

    def receive(self, connection, received):
        data = connection.recv(1 << 20)
        received += data
        if not data:
            self.selector.unregister(connection)
            connection.close()
        while b"\r\n\r\n" in received:
            head, rest = bytes(received).split(b"\r\n\r\n", 1)
            fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
            size = int(fields[b"content-length"])
            if len(rest) < size:
                break
            received[:] = rest[size:]
            path = head.split(b" ")[1].decode()
            self.held.append((connection, self.answer(self.behind, path, rest[:size])))
            self.count += 1

    def is_idle(self, pid):
        """Does every thread of it sleep, and go on to while what is on its way may arrive?"""
        before = threads(pid)
        return before is not None and not self.take(SETTLED) and threads(pid) == before


def threads(pid):
    """How often each thread has waited so far; None if one does not wait now."""
    found = {}
    try:
        for thread in os.listdir("/proc/%d/task" % pid):
            with open("/proc/%d/task/%s/status" % (pid, thread), encoding="ascii") as f:
                status = dict(line.split(":", 1) for line in f)
            if status["State"].split()[0] != "S":
                return None
            found[thread] = (status["voluntary_ctxt_switches"],
                             status["nonvoluntary_ctxt_switches"])
    except FileNotFoundError:
        return None
    return found
