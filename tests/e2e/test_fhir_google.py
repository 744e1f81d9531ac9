"""fhir_agent on a cloud store that takes a service account's tokens: signed, exchanged once, renewed
once when the store has enough of one, and nowhere to be seen; nor is a token that is given."""
import base64
import contextlib
import http.server
import json
import os
import subprocess
import threading
from urllib.parse import parse_qs, parse_qsl, urlsplit

import lib

CANARY = "canary-7311"
STORE = "/v1/projects/pr/locations/lo/datasets/da/fhirStores/st/fhir/"
PATIENTS = {"p1": "female", "p2": "male", "p3": "female"}
SEXES = {"male": "M", "female": "F"}


def openssl(*args, data=None):
    return subprocess.run(["openssl", *args], input=data, capture_output=True, check=True).stdout


def unpadded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Google(http.server.BaseHTTPRequestHandler):
    """Token endpoint and FHIR store on one port."""
    protocol_version = "HTTP/1.1"

    def reply(self, status, value):
        text = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_POST(self):
        world = self.server.world
        form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        head, claims, signature = form.get("assertion", "..").split(".")
        path = os.path.join(world.folder, "signature")
        with open(path, "wb") as f:
            f.write(unpadded(signature))
        try:
            openssl("dgst", "-sha256", "-verify", world.public, "-signature", path,
                    data=(head + "." + claims).encode())
        except subprocess.CalledProcessError:
            self.reply(400, {"error": "invalid_grant"})
            return
        world.claims.append(json.loads(unpadded(claims)))
        self.reply(200, {"access_token": "ya29.%s.%d" % (CANARY, len(world.claims)),
                         "expires_in": 3600})

    def do_GET(self):
        """Each token is good for so many requests; what is asked with it later is refused. What is
        answered shows the token."""
        world = self.server.world
        url = urlsplit(self.path)
        token = self.headers.get("Authorization", "")
        with world.lock:
            world.used[token] = world.used.get(token, 0) + 1
            good = token == "Bearer ya29.%s.%d" % (CANARY, len(world.claims))
            good = good and (len(world.claims) > 1 or world.used[token] <= world.uses)
            world.refused += not good
        if not good:
            self.reply(401, {"error": {"code": 401}})
            return
        lib.check(url.path.startswith(STORE), "asked for " + self.path)
        asked = parse_qs(url.query)
        ident = (asked.get("_id") or asked.get("patient") or [""])[0]
        entries = [{"resource": {"resourceType": "Patient", "id": ident, "language": token,
                                 "gender": PATIENTS[ident]}}] if ident in PATIENTS else []
        self.reply(200, {"resourceType": "Bundle", "type": "searchset", "entry": entries})

    def log_message(self, *args):
        pass


class World:
    def __init__(self, folder, uses):
        self.folder, self.uses = folder, uses
        self.claims, self.used, self.refused = [], {}, 0
        self.lock = threading.Lock()
        self.public = os.path.join(folder, "public.pem")
        self.key = os.path.join(folder, "key.pem")


@contextlib.contextmanager
def google(folder, uses=1 << 30):
    world = World(folder, uses)
    openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", world.key)
    openssl("pkey", "-in", world.key, "-pubout", "-out", world.public)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Google)
    server.world = world
    world.url = "http://127.0.0.1:%d" % server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield world
    finally:
        server.shutdown()
        server.server_close()


def evaluate(world, out, store=None, token=None, **account):
    """Runs the questions; the environment has the account's key file alone, or a token as well.
    store: another address of the service."""
    path = os.path.join(world.folder, "account.json")
    with open(world.key, encoding="ascii") as f:
        key = f.read()
    with open(path, "w", encoding="utf-8") as f:
        json.dump({"type": "service_account", "client_email": "robot@pr.example",
                   "private_key_id": "kid-1", "private_key": key,
                   "token_uri": world.url + "/token", **account}, f)
    csv = os.path.join(world.folder, "q.csv")
    with open(csv, "w", encoding="utf-8") as f:
        f.write("split,question_id,question,true_answer,assumption,patient_fhir_id,true_fhir_ids,"
                "template,main_table_name\n")
        for number, (patient, gender) in enumerate(PATIENTS.items()):
            f.write("valid,q%d,What is the sex of patient %d?,[['%s']],,%s,\"{'Patient': ['%s']}\","
                    "t,patients\n" % (number, number, SEXES[gender], patient, patient))
    env = lib.environment(GOOGLE_APPLICATION_CREDENTIALS=path, HOME=world.folder,
                          CLOUDSDK_API_ENDPOINT_OVERRIDES_HEALTHCARE=store or world.url + "/",
                          FHIR_PROJECT_ID="pr", FHIR_LOCATION="lo", FHIR_DATASET_ID="da",
                          FHIR_STORE_ID="st")
    env.pop("FHIR_TOKEN", None)
    if token:
        env["FHIR_TOKEN"] = token
    result = lib.run("eval", "-t", "fhir_agent.so:multi_turn_resource", "-m", "none.so", "-a",
                     "rehearsal", "-s", "val", "-o", out, "--set", "task.csv=" + csv,
                     "task.fhir_base=google", "task.dev_splits=[]", "task.test_splits=[]",
                     "concurrency=3", env=env)
    for name, text in {**lib.tree(out), "stderr": result.stderr.encode(),
                       "stdout": result.stdout.encode()}.items():
        lib.check(CANARY.encode() not in text and b"PRIVATE KEY" not in text
                  and key.split("\n")[5].encode() not in text, "a secret is in " + name)
    return result


def test_service_account():
    with lib.folder() as top, google(top, uses=2) as world:
        out = os.path.join(top, "out")
        lib.expect(evaluate(world, out), 0)
        lib.check(lib.load(out, "val_score.json")["n_total"] == 3, "not three samples")
        lib.check("n_missing" not in lib.load(out, "val_score.json"), "samples are missing")
        lib.check(len(world.claims) == 2, "%d exchanges" % len(world.claims))
        lib.check(1 <= world.refused <= 3, "%d requests were refused" % world.refused)
        for claims in world.claims:
            lib.check(claims["iss"] == "robot@pr.example" and claims["aud"] == world.url + "/token"
                      and claims["exp"] - claims["iat"] == 3600, "claims: %s" % claims)


def test_given_token():
    with lib.folder() as top, google(top) as world:
        out = os.path.join(top, "out")
        lib.expect(evaluate(world, out, token="ya29.%s.0" % CANARY), 0)
        lib.check(lib.load(out, "val_score.json")["n_total"] == 3, "not three samples")
        lib.check(not world.claims and not world.refused, "the given token was not used")


def test_refusals():
    """A key that is not the account's, a token or key that would go somewhere in the open, and no
    key."""
    with lib.folder() as top, google(top) as world:
        openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out",
                world.key)
        for number, (account, code, *needles) in enumerate((
                ({}, 77, "invalid_grant", "GOOGLE_APPLICATION_CREDENTIALS"),
                ({"store": "http://store.example"}, 78, "http://store.example/v1", "https://"),
                ({"token_uri": "http://tokens.example/token"}, 78, "token_uri", "https://"),
                ({"private_key": "-----"}, 78, "private_key", "account.json"),
                ({"type": "external_account"}, 78, "authorized_user", "account.json"))):
            out = os.path.join(top, "out%d" % number)
            result = evaluate(world, out, **account)
            lib.expect(result, code, *needles)
            lib.check(not os.path.exists(os.path.join(out, "val_runs.jsonl")), "a run was begun")
        lib.check(not world.used, "the store was asked without a token")


lib.main(test_service_account, test_given_token, test_refusals)
