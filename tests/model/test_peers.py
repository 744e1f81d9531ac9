"""Certificates, client certificates, proxies, unix sockets and HTTP/2, with real servers."""
import json
import os
import shutil
import socket
import socketserver
import ssl
import subprocess
import sys
import tempfile
import threading
import time

from service import Handler, Service, call, main, reply_of, same, says

FOLDER = tempfile.mkdtemp(prefix="grasp-tls-")
HELLO = [{"role": "user", "content": "Hello"}]
ANSWER = {"choices": [{"message": {"role": "assistant", "content": "Hi."}, "finish_reason": "stop"}]}


def path(name):
    return os.path.join(FOLDER, name)


def certificate(name, subject_names, *more):
    """A self-signed certificate and its key."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                    "-subj", "/CN=" + name, "-addext", "subjectAltName=" + subject_names,
                    "-keyout", path(name + ".key"), "-out", path(name + ".pem"), *more],
                   check=True, capture_output=True)


def context(name, client_ca=None):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(path(name + ".pem"), path(name + ".key"))
    if client_ca:
        made.verify_mode = ssl.CERT_REQUIRED
        made.load_verify_locations(path(client_ca + ".pem"))
    return made


def agent(url, **more):
    return {"client": "chat", "base_url": url + "/v1", "model": "m", "max_retries": 1, **more}


def trusting(name, **more):
    return {"SSL_CERT_FILE": path(name + ".pem"), **more}


def refused(reply, *needles):
    same((reply["kind"], reply["fault"]), ("failed", "endpoint"), "reply")
    says(reply["error"], *needles)


def test_self_signed():
    with Service((200, ANSWER), context=context("server")) as service:
        refused(reply_of(agent(service.url), HELLO), "certificate", "(SSL_CERT_FILE)")
        same(service.requests, [], "requests")
        same(reply_of(agent(service.url), HELLO, env=trusting("server"))["text"], "Hi.", "reply")
        mine = agent(service.url, ca_file=path("server.pem"))
        same(reply_of(mine, HELLO)["text"], "Hi.", "with ca_file")
        refused(reply_of(mine | {"ca_file": path("other.pem")}, HELLO, env=trusting("server")),
                "certificate")


def test_wrong_name():
    with Service((200, ANSWER), context=context("other")) as service:
        refused(reply_of(agent(service.url), HELLO, env=trusting("other")), "127.0.0.1")
        same(service.requests, [], "requests")


def test_client_certificate():
    with Service((200, ANSWER), context=context("server", client_ca="client")) as service:
        env = trusting("server")
        same(reply_of(agent(service.url), HELLO, env=env)["kind"], "failed", "without")
        mine = agent(service.url, client_cert=path("client.pem"), client_key=path("client.key"))
        same(reply_of(mine, HELLO, env=env)["text"], "Hi.", "reply")
    for key in ("ca_file", "client_cert", "unix_socket"):
        out = call(agent("https://h", **{key: "/nonexistent/x"}), HELLO)
        says(out["refused"], key + " of the preset names /nonexistent/x")
    out = call(agent("https://h", client_key=path("client.key")), HELLO)
    says(out["refused"], "client_key of the preset needs client_cert")


class UnixServer(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    request_queue_size = 256

    def get_request(self):
        client, _ = super().get_request()
        return client, ("unix", 0)


def test_unix_socket():
    class Plain(Handler):
        disable_nagle_algorithm = False

    with UnixServer(path("model.sock"), Plain) as server, Service((200, ANSWER)) as service:
        server.service = service
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        mine = agent("http://model.test", unix_socket=path("model.sock"))
        env = {"http_proxy": "http://127.0.0.1:1"}
        out = call(mine, HELLO, repeat=100, in_flight=20, env=env)
        same({reply["text"] for reply in out["replies"]}, {"Hi."}, "replies")
        same(service.requests[0].headers["host"], "model.test", "host")
        server.shutdown()
    refused(reply_of(mine, HELLO), "connect")


class Proxy(socketserver.ThreadingTCPServer):
    """Answers CONNECT by a tunnel to one place, whatever was asked for."""
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port):
        super().__init__(("127.0.0.1", 0), Tunnel)
        self.port, self.asked = port, []
        self.url = "http://127.0.0.1:%d" % self.server_address[1]
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()


class Tunnel(socketserver.StreamRequestHandler):
    def handle(self):
        head = []
        while (line := self.rfile.readline().strip()):
            head.append(line.decode())
        self.server.asked.append(head[0])
        with socket.create_connection(("127.0.0.1", self.server.port)) as far:
            self.request.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            threading.Thread(target=self.pump, args=(far, self.request), daemon=True).start()
            self.pump(self.request, far)

    @staticmethod
    def pump(source, sink):
        try:
            while (data := source.recv(65536)):
                sink.sendall(data)
        except OSError:
            pass


def test_proxy():
    with Service((200, ANSWER), context=context("other")) as service, Proxy(service.port) as proxy:
        env = trusting("other", HTTPS_PROXY=proxy.url)
        out = reply_of(agent("https://model.test"), HELLO, env=env)
        same((out["text"], proxy.asked), ("Hi.", ["CONNECT model.test:443 HTTP/1.1"]), "by proxy")
        refused(reply_of(agent("https://model.test"), HELLO, env=env | {"NO_PROXY": "model.test"}),
                "model.test")
        same(len(proxy.asked), 1, "CONNECTs")
        refused(reply_of(agent("https://model.test"), HELLO,
                         env=trusting("other", HTTPS_PROXY="http://127.0.0.1:1")), "127.0.0.1")
        proxy.shutdown()
    with Service((200, ANSWER), context=context("server")) as service:
        env = trusting("server", HTTPS_PROXY="http://127.0.0.1:1")
        same(reply_of(agent(service.url), HELLO, env=env)["text"], "Hi.", "this machine is direct")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def test_http2():
    """nghttpd speaks nothing else, and answers with a file."""
    port = free_port()
    os.makedirs(path("root/v1/chat"))
    with open(path("root/v1/chat/completions"), "w", encoding="ascii") as f:
        json.dump(ANSWER, f)
    server = subprocess.Popen(["nghttpd", "-a", "127.0.0.1", "-d", path("root"), str(port),
                               path("server.key"), path("server.pem")])
    try:
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.05)
        for in_flight in (1, 50):
            out = call(agent("https://127.0.0.1:%d" % port, max_retries=5, connect_timeout=60),
                       HELLO, repeat=200, in_flight=in_flight, env=trusting("server"), timeout=280)
            same({reply["text"] for reply in out["replies"]}, {"Hi."}, "replies")
    finally:
        server.terminate()
        server.wait()


for tool in ("openssl", "nghttpd"):
    if not shutil.which(tool):
        print("skipped: " + tool)
        sys.exit(77)
try:
    certificate("server", "IP:127.0.0.1")
    certificate("other", "DNS:model.test")
    certificate("client", "DNS:client")
    main(*[value for name, value in sorted(globals().items()) if name.startswith("test_")])
finally:
    shutil.rmtree(FOLDER, ignore_errors=True)
