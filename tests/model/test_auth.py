"""Google's credentials for Vertex AI, against their documentation:
https://developers.google.com/identity/protocols/oauth2/service-account#authorizingrequests
https://cloud.google.com/compute/docs/access/authenticate-workloads#applications
https://datatracker.ietf.org/doc/html/rfc6749#section-6 (refresh tokens)
"""
import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from urllib.parse import parse_qsl

from service import Service, call, main, reply_of, same, says

FOLDER = tempfile.mkdtemp(prefix="grasp-auth-")
CANARY = "canary-5150"
HELLO = [{"role": "user", "content": "Hello"}]
ANSWER = {"candidates": [{"content": {"role": "model", "parts": [{"text": "Hi."}]},
                          "finishReason": "STOP"}]}


def openssl(*args, data=None):
    return subprocess.run(["openssl", *args], input=data, capture_output=True, check=True).stdout


def make_key():
    key = os.path.join(FOLDER, "key.pem")
    openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", key)
    openssl("pkey", "-in", key, "-pubout", "-out", os.path.join(FOLDER, "public.pem"))
    with open(key, encoding="ascii") as f:
        return f.read()


def write(name, value):
    path = os.path.join(FOLDER, name)
    with open(path, "w", encoding="utf-8") as f:
        f.write(value if isinstance(value, str) else json.dumps(value))
    return path


KEY = make_key()


def key_file(url, **more):
    return write("account.json", {
        "type": "service_account", "project_id": "proj-1", "private_key_id": "kid-1",
        "private_key": KEY, "client_email": "robot@proj-1.iam.gserviceaccount.com",
        "client_id": "1", "token_uri": url + "/token", **more})


def unpadded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def verified(assertion):
    """Header and claims, after a look at the signature with another program."""
    head, claims, signature = assertion.split(".")
    path = os.path.join(FOLDER, "signature")
    with open(path, "wb") as f:
        f.write(unpadded(signature))
    openssl("dgst", "-sha256", "-verify", os.path.join(FOLDER, "public.pem"), "-signature", path,
            data=(head + "." + claims).encode())
    return json.loads(unpadded(head)), json.loads(unpadded(claims))


class Google:
    """Token endpoint and Vertex AI on one port."""

    def __init__(self, expires_in=3600, delay_s=0.0):
        self.expires_in, self.delay_s = expires_in, delay_s
        self.tokens = {}
        self.lock = threading.Lock()
        self.calls = 0

    def __call__(self, request):
        if request.path == "/token" or request.path.startswith("/computeMetadata"):
            time.sleep(self.delay_s)
            with self.lock:
                token = "ya29.%s.%d" % (CANARY, len(self.tokens))
                self.tokens[token] = time.monotonic()
            return 200, {"access_token": token, "expires_in": self.expires_in,
                         "token_type": "Bearer"}
        with self.lock:
            self.calls += 1
            began = self.tokens.get(request.headers.get("authorization", "")[len("Bearer "):])
        if began is None:
            return 401, {"error": {"code": 401, "status": "UNAUTHENTICATED",
                                   "message": "Request had invalid authentication credentials."}}
        time.sleep(0.02)
        return 200, ANSWER


def environment(service, path=None, **more):
    env = {"GOOGLE_CLOUD_PROJECT": "proj-1", "GOOGLE_VERTEX_BASE_URL": service.url, "HOME": FOLDER}
    if path:
        env["GOOGLE_APPLICATION_CREDENTIALS"] = path
    return {**env, **more}


def fetches(service):
    return [r for r in service.requests if r.path == "/token"]


def test_service_account():
    with Service(Google()) as service:
        got = reply_of("gemini", HELLO, env=environment(service, key_file(service.url)))
        same(got["text"], "Hi.", "reply")
        token, ask = service.requests
        same((token.method, token.path, token.headers["content-type"]),
             ("POST", "/token", "application/x-www-form-urlencoded"), "request")
        form = dict(parse_qsl(token.raw))
        same(form["grant_type"], "urn:ietf:params:oauth:grant-type:jwt-bearer", "grant_type")
        head, claims = verified(form["assertion"])
        same(head, {"alg": "RS256", "typ": "JWT", "kid": "kid-1"}, "header")
        same((claims["iss"], claims["scope"], claims["aud"]),
             ("robot@proj-1.iam.gserviceaccount.com",
              "https://www.googleapis.com/auth/cloud-platform", service.url + "/token"), "claims")
        same((abs(claims["iat"] - time.time()) < 60, claims["exp"] - claims["iat"]), (True, 3600),
             "times")
        same(ask.headers["authorization"], "Bearer ya29.%s.0" % CANARY, "token")


def test_one_fetch_for_many():
    with Service(Google(delay_s=0.3)) as service:
        out = call("gemini", HELLO, repeat=500, in_flight=500, timeout=280,
                   env=environment(service, key_file(service.url)))
        same([r["text"] for r in out["replies"]], ["Hi."] * 500, "replies")
        same(len(fetches(service)), 1, "fetches")


def test_expires_in_the_middle():
    """A token is renewed shortly before its time is up, and not more often."""
    google = Google(expires_in=1)
    began = time.monotonic()
    with Service(google) as service:
        out = call("gemini", HELLO, repeat=1500, in_flight=100, timeout=280,
                   env=environment(service, key_file(service.url)))
        taken = time.monotonic() - began
        same({r["text"] for r in out["replies"]}, {"Hi."}, "replies")
        count = len(fetches(service))
        if not (1 if taken < 1.5 else 2) <= count <= 2 + taken / 0.9:
            raise AssertionError("%d fetches in %.1f s" % (count, taken))


def test_refreshed_exactly_once():
    """Every token but the second is refused: 500 calls notice at once, one of them fetches."""
    google = Google(delay_s=0.2)
    started = threading.Barrier(500, timeout=250)

    def once(request):
        if request.path != "/token" and request.headers["authorization"].endswith(".0"):
            started.wait()
            return 401, {"error": {"code": 401, "message": "expired"}}
        return google(request)

    with Service(once) as service:
        out = call("gemini", HELLO, repeat=500, in_flight=500, timeout=280,
                   env=environment(service, key_file(service.url)))
        same({r["text"] for r in out["replies"]}, {"Hi."}, "replies")
        same(len(fetches(service)), 2, "fetches")
        same(len(service.requests), 1002, "requests")


def test_authorized_user():
    path = write("user.json", {"type": "authorized_user", "client_id": "id 1",
                               "client_secret": "s&cret", "refresh_token": "1//r" + CANARY,
                               "token_uri": ""})
    with Service(Google()) as service:
        with open(path, encoding="utf-8") as f:
            user = json.load(f)
        user["token_uri"] = service.url + "/token"
        os.makedirs(os.path.join(FOLDER, ".config", "gcloud"), exist_ok=True)
        default = write(".config/gcloud/application_default_credentials.json", user)
        try:
            same(reply_of("gemini", HELLO, env=environment(service))["text"], "Hi.", "reply")
        finally:
            os.unlink(default)
        same(dict(parse_qsl(service.requests[0].raw)),
             {"grant_type": "refresh_token", "client_id": "id 1", "client_secret": "s&cret",
              "refresh_token": "1//r" + CANARY}, "form")


def test_metadata_server():
    with Service(Google()) as service:
        env = environment(service, GCE_METADATA_HOST=service.url[len("http://"):])
        same(reply_of("gemini", HELLO, env=env)["text"], "Hi.", "reply")
        request = service.requests[0]
        same((request.method, request.path, request.headers["metadata-flavor"]),
             ("GET", "/computeMetadata/v1/instance/service-accounts/default/token", "Google"),
             "request")


def test_ready_token():
    with Service((200, ANSWER)) as service:
        env = environment(service, GOOGLE_OAUTH_ACCESS_TOKEN="ya29.ready")
        reply_of("gemini", HELLO, env=env)
        same(service.requests[0].headers["authorization"], "Bearer ya29.ready", "token")


def test_no_credentials():
    with Service((200, ANSWER)) as service:
        env = environment(service, GCE_METADATA_HOST="127.0.0.1:1")
        got = reply_of("gemini", HELLO, env=env)
        same((got["kind"], got["fault"]), ("failed", "key"), "reply")
        says(got["error"], "there are no Google credentials here", "GOOGLE_APPLICATION_CREDENTIALS")
        same(service.requests, [], "requests")


def test_wrong_key():
    """One fetch, and the same clear error for all calls."""
    error = {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}
    with Service((400, error)) as service:
        out = call("gemini", HELLO, repeat=100, in_flight=100,
                   env=environment(service, key_file(service.url)))
        same({(r["kind"], r["fault"]) for r in out["replies"]}, {("failed", "key")}, "replies")
        same(len({r["error"] for r in out["replies"]}), 1, "errors")
        says(out["replies"][0]["error"], "HTTP 400: invalid_grant: Invalid JWT Signature.",
             "check the key file (GOOGLE_APPLICATION_CREDENTIALS)")
        same(len(service.requests), 1, "requests")


def test_endpoint_in_trouble():
    """What may pass is tried again; not by every call at once."""
    google = Google()
    replies = iter([(503, {"error": "backend"})] * 2)

    def flaky(request):
        if request.path == "/token":
            reply = next(replies, None)
            if reply:
                return reply
        return google(request)

    with Service(flaky) as service:
        agent = {"client": "gemini", "base_url": service.url, "model": "m", "project": "p",
                 "location": "l", "credentials": key_file(service.url), "max_retries": 100,
                 "retry_base_delay": 0.2, "retry_max_delay": 0.2}
        out = call(agent, HELLO, repeat=100, in_flight=100)
        same({r["text"] for r in out["replies"]}, {"Hi."}, "replies")
        same(len(fetches(service)), 3, "fetches")


def test_hostile_token_endpoint():
    for reply in ({}, {"access_token": ""}, {"access_token": "a\r\nX: " + CANARY}, b"<html>", [],
                  {"access_token": 5, "expires_in": "x"}):
        with Service((200, reply)) as service:
            agent = {"client": "gemini", "base_url": service.url, "model": "m", "project": "p",
                     "location": "l", "credentials": key_file(service.url), "max_retries": 1}
            got = reply_of(agent, HELLO)
            same(got["kind"], "failed", "kind")
            says(got["error"], "holds no access_token")
            if CANARY in got["error"]:
                raise AssertionError(got["error"])


def test_a_token_is_not_shown():
    def echo(request):
        if request.path == "/token":
            return google(request)
        return 400, {"error": {"message": "bad: " + request.headers["authorization"]}}

    google = Google()
    with Service(echo) as service:
        got = reply_of("gemini", HELLO, env=environment(service, key_file(service.url)))
        says(got["error"], "bad: Bearer ***")
        if CANARY in json.dumps(got):
            raise AssertionError(got["error"])


def test_what_was_sent_is_not_shown():
    """By a proxy that answers with the request, as it came or as the JSON of an error."""
    user = {"type": "authorized_user", "client_id": "id 1", "client_secret": "s&cret/" + CANARY,
            "refresh_token": "1//r" + CANARY}
    for wrap in (str.encode, lambda text: {"error": "invalid_request", "error_description": text},
                 lambda text: {"message": text}):
        with Service(lambda request: (400, wrap(request.raw))) as service:
            for path in (key_file(service.url),
                         write("user.json", {**user, "token_uri": service.url + "/token"})):
                got = reply_of("gemini", HELLO, env=environment(service, path))
                says(got["error"], "***")
                form = [value for _, _, value in (field.partition("=") for field in
                                                  service.requests[-1].raw.split("&"))][1:]
                if CANARY in got["error"] or any(value in got["error"] for value in form):
                    raise AssertionError(got["error"])


def refused(path, *needles, **more):
    with Service((200, ANSWER)) as service:
        out = call("gemini", HELLO, env=environment(service, path, **more))
        if "refused" not in out:
            raise AssertionError("%s was taken" % path)
        says(out["refused"], *needles)
        if CANARY in out["refused"] or "BEGIN" in out["refused"]:
            raise AssertionError(out["refused"])


def test_bad_key_files():
    name = "credentials of the preset, from the environment variable GOOGLE_APPLICATION_CREDENTIALS"
    small = openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024").decode()
    curve = openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256").decode()
    refused("/nonexistent/key.json", name, "/nonexistent/key.json")
    refused(FOLDER, name)
    refused(write("bad.json", "{"), name, "bad.json: is no JSON object")
    refused(write("bad.json", "[]"), "is no JSON object")
    refused(write("bad.json", {"type": "external_account"}), "GOOGLE_OAUTH_ACCESS_TOKEN")
    refused(write("bad.json", {"type": "authorized_user", "client_id": "c"}),
            "\"client_secret\" is missing")
    for key in ("", CANARY, small, curve, KEY.replace("A", "B")):
        refused(key_file("https://h", private_key=key), "account.json: \"private_key\"")
    refused(key_file("https://h", client_email=""), "\"client_email\" is missing")
    for uri in ("http://h/token", "http://127.0.0.1.h/token", "http://127.0.0.1@h/", "file:///x"):
        refused(key_file("", token_uri=uri), "\"token_uri\" must begin with https://")


if not shutil.which("openssl"):
    print("skipped: openssl")
    sys.exit(77)
try:
    main(*[value for name, value in sorted(globals().items()) if name.startswith("test_")])
finally:
    shutil.rmtree(FOLDER, ignore_errors=True)
