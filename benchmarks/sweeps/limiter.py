#!/usr/bin/env python3
"""Eight cells side by side against a server that allows so many requests a minute: limiter.py [RATE [SECONDS]].

The server has a sliding minute of RATE requests (600) and refuses the rest with 429. Reports the share of the quota that was used
from the first request on, and the share of refusals. HOST is the program.
"""
import collections
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HOST = os.environ.get("HOST", os.path.join(ROOT, "build", "host", "grasp-host"))
RATE = int(sys.argv[1]) if len(sys.argv) > 1 else 600
SECONDS = int(sys.argv[2]) if len(sys.argv) > 2 else 180
BODY = json.dumps({"choices": [{"index": 0, "message": {"role": "assistant", "content": "GET Observation?code=x"},
                                "finish_reason": "stop"}],
                   "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}})
lock = threading.Lock()
window = collections.deque()
times, refused = [], 0


def reply(status, body):
    return ("HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
            % (status, len(body), body)).encode()


def serve(client):
    global refused
    data = b""
    with client:
        while True:
            while b"\r\n\r\n" not in data:
                more = client.recv(65536)
                if not more:
                    return
                data += more
            head, data = data.split(b"\r\n\r\n", 1)
            length = int([row.split(b":")[1] for row in head.split(b"\r\n")
                          if row.lower().startswith(b"content-length")][0])
            while len(data) < length:
                data += client.recv(65536)
            data = data[length:]
            with lock:
                now = time.monotonic()
                while window and window[0] < now - 60:
                    window.popleft()
                good = len(window) < RATE
                if good:
                    window.append(now)
                    times.append(now)
                else:
                    refused += 1
            client.sendall(reply("200 OK", BODY) if good else reply("429 Too Many Requests", "{}"))


def accept(listener):
    while True:
        client, _ = listener.accept()
        threading.Thread(target=serve, args=(client,), daemon=True).start()


def main():
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    threading.Thread(target=accept, args=(listener,), daemon=True).start()
    env = dict(os.environ, OPENAI_BASE_URL="http://127.0.0.1:%d/v1" % listener.getsockname()[1],
               GRASP_MODEL="m")
    with tempfile.TemporaryDirectory() as top:
        file = os.path.join(top, "grid.yaml")
        with open(file, "w", encoding="utf-8") as f:
            f.write("axes: {task: [medagent], method: [none], agent: [local], seed: [1, 2, 3, 4, 5, 6, 7, 8]}\n"
                    "parallel: 8\ncache: false\nset: {agent.requests_per_minute: %d}\n" % RATE)
        process = subprocess.Popen([HOST, "sweep", file, "--out", os.path.join(top, "out")], env=env)
        while process.poll() is None and (not times or time.monotonic() < times[0] + SECONDS):
            time.sleep(0.5)
        with lock:
            seconds, count, bad = time.monotonic() - times[0], len(times), refused
        process.terminate()  # what waits for its turn is still sent
        time.sleep(2)
        process.terminate()
        process.wait()
    used = count / (seconds / 60 * RATE)
    print("%d requests in %.0f s: %.1f %% of %d a minute; %d refused, %.2f %%"
          % (count, seconds, 100 * used, RATE, bad, 100 * bad / count))
    tenths = collections.Counter(int((at - times[0]) / 10) for at in times)
    print("by ten seconds:", *(tenths[i] for i in range(int(seconds / 10))))
    sys.exit(0 if used >= 0.95 and bad <= count / 100 else 1)


main()
