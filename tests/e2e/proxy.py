"""A server between grasp-host and the rehearsal model that counts, delays, refuses and goes away."""
import collections
import hashlib
import http.client
import json
import re
import threading
import time
import urllib.parse

import lib


class Proxy(lib.Fault):
    """Passes requests on. `delay`: seconds before each reply. `refuse`: a function of the request's
    text; where it is true, the answer is a 400. `limit`: after so many requests every connection
    is closed without an answer."""

    def __init__(self, url, delay=0.0, refuse=None, limit=None):
        self.behind = urllib.parse.urlsplit(url)
        self.delay = delay
        self.refuse = refuse
        self.limit = limit
        self.seeds = collections.Counter()  # a call's own, at a temperature above 0
        self.changed = threading.Condition()
        self.local = threading.local()
        super().__init__(self.forward, keep=True)

    def wait_for(self, count, process):
        """Until so many requests have come, or the process has ended."""
        with self.changed:
            while self.count < count and process.poll() is None:
                self.changed.wait(0.005)

    def ask(self, body):
        if not hasattr(self.local, "connection"):
            self.local.connection = http.client.HTTPConnection(self.behind.netloc)
        self.local.connection.request("POST", self.behind.path + "/chat/completions", body,
                                      {"Content-Type": "application/json"})
        return self.local.connection.getresponse().read()

    def forward(self, client, request):
        body = request[1]
        with self.changed:
            number = self.count
            self.seeds[json.loads(body).get("seed")] += 1
            self.changed.notify_all()
        if self.limit is not None and number > self.limit:
            raise OSError("gone")
        time.sleep(self.delay)
        status = "200 OK"
        if self.refuse and self.refuse(body.decode()):
            status, text = "400 Bad Request", b'{"error": {"message": "refused for a test"}}'
        else:
            text = self.ask(body)
        client.sendall(("HTTP/1.1 %s\r\nContent-Type: application/json\r\n"
                        "Content-Length: %d\r\n\r\n" % (status, len(text))).encode() + text)


def seed_of(place, run_seed=3):
    """The seed that the call at a place of the run is sent with."""
    digest = hashlib.sha256(("%d:%s\ncall" % (run_seed, place)).encode()).digest()
    return int.from_bytes(digest[:8], "big") & 0x7fffffff


def recorded(out):
    """Seeds of the calls whose replies the journal holds, lines that a killed run left pending included."""
    seeds = set()
    for entry in lib.journal(out):
        if entry["t"] == "call":
            # What went ahead draws as it would in its place.
            seeds.add(seed_of(re.sub(r"^ahead(/\w+/\w+|_test)/", "", entry["k"])))
    return seeds
