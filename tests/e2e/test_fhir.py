"""The FHIR store over HTTP: the same answers as in process, writes, and how the server refuses."""
import concurrent.futures
import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
import urllib.error
import urllib.request

import lib

WARD = os.path.join(lib.ROOT, "tests", "fhir", "ward.py")
ASK = os.path.join(lib.BUILD, "tests", "fhir", "fhir_ask")
PATIENTS = "40"


def ward(what, *args):
    return subprocess.run([sys.executable, WARD, what, "--patients", PATIENTS, *args], check=True,
                          stdout=subprocess.PIPE, text=True).stdout


@contextlib.contextmanager
def served(*args):
    """`grasp-host fhir serve` of a small ward; gives its URL and the data's folder."""
    with lib.folder() as top:
        with open(os.path.join(top, "ward.ndjson"), "w", encoding="utf-8") as out:
            out.write(ward("data"))
        server = subprocess.Popen([lib.HOST, "fhir", "serve", top, "--json", *args],
                                  env=lib.environment(), stdout=subprocess.PIPE, text=True)
        try:
            launch = json.loads(server.stdout.readline())
            lib.check(launch["event"] == "launch", launch)
            yield launch["url"], top
        finally:
            server.terminate()
            lib.check(server.wait(30) == 0, "fhir serve did not end well")


def ask(url, method="GET", body=None):
    """Status, headers and text."""
    request = urllib.request.Request(url, body.encode() if body else None, method=method)
    try:
        with urllib.request.urlopen(request, timeout=200) as reply:
            return reply.status, reply.headers, reply.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode()


def test_same_as_in_process():
    urls = ward("urls", "--count", "100" if lib.SLOW else "400").splitlines()
    urls += ["metadata", "Patient/S1000000", "Patient/nobody", "Patient?nonsense=1", "Nope",
             "Observation?patient=S1000000&_include=Observation:patient&_elements=code",
             "Observation?_count=3&_offset=3&_sort=-date", "Observation?_summary=count",
             "Patient?name=%E1", "Patient?name=a%2Cb+c", "Observation?date=soon",
             "Patient/S1000000/$everything", "Patient/S1000000/_history/1"]
    with served() as (base, top):
        own = subprocess.run([ASK, "--base", base, top], input="\n".join(urls) + "\n", text=True,
                             stdout=subprocess.PIPE, check=True).stdout.splitlines()
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda url: ask(base + url), urls))
        lib.check(len(own) == len(urls), "fhir_ask answered %d of %d" % (len(own), len(urls)))
        for url, line, (status, headers, text) in zip(urls, own, answers):
            lib.check(line == "%d\t%s" % (status, text), "%s\n%s\n%s" % (url, line, text))
            lib.check(headers["Content-Type"] == "application/fhir+json;charset=UTF-8", url)


def test_follows_links():
    with served() as (base, _):
        url, seen = base + "Observation?_count=70&_sort=date", []
        while url:
            bundle = json.loads(ask(url)[2])
            seen += [entry["fullUrl"] for entry in bundle["entry"]]
            url = next((link["url"] for link in bundle["link"] if link["relation"] == "next"), None)
        lib.check(len(seen) == len(set(seen)) == bundle["total"], "pages repeat or miss something")
        lib.check(json.loads(ask(seen[0])[2])["resourceType"] == "Observation", seen[0])


def test_writes():
    observation = json.dumps({"resourceType": "Observation", "status": "final",
                              "code": {"text": "BP"}, "subject": {"reference": "Patient/S1000000"}})
    with served() as (base, top):
        before = lib.tree(top)
        status, headers, text = ask(base + "Observation", "POST", observation)
        lib.check(status == 201 and headers["Location"].startswith(base), (status, text))
        made = json.loads(text)
        lib.check(json.loads(ask(headers["Location"])[2]) == made, headers["Location"])
        lib.check(ask(base + "Observation?patient=S1000000&_sort=-_lastUpdated&_count=1")[2]
                  .find('"id":"%s"' % made["id"]) > 0, "the newest is not found")
        made["status"] = "amended"
        status, _, text = ask(base + "Observation/" + made["id"], "PUT", json.dumps(made))
        lib.check(status == 200 and json.loads(text)["meta"]["versionId"] == "2", text)
        lib.check(ask(base + "Observation/" + made["id"], "DELETE")[0] == 200, "DELETE")
        lib.check(ask(base + "Observation/" + made["id"])[0] == 410, "GET of what was deleted")
        lib.check(ask(base + "Observation", "POST", "{")[0] == 400, "POST of no JSON")
        status, _, text = ask(base + "Observation/_search", "POST", "patient=S1000000&code=BP")
        lib.check(status == 200 and json.loads(text)["total"] == 0, text)
        lib.check(lib.tree(top) == before, "a write reached the files")


def test_read_only():
    with served("--read-only") as (base, _):
        status, _, text = ask(base + "Patient", "POST", '{"resourceType": "Patient"}')
        lib.check(status == 405 and "read-only" in text, text)
        lib.check(ask(base + "Patient/_search", "POST", "name=s")[0] == 200, "_search")
        lib.check(ask(base.replace("/fhir/", "/other"))[0] == 404, "another path")


def test_refuses():
    with lib.folder() as top:
        lib.expect(lib.run("fhir"), 2, "fhir needs a command")
        lib.expect(lib.run("fhir", "sevre"), 2, "did you mean 'serve'")
        lib.expect(lib.run("fhir", "serve"), 2, "takes one folder or file")
        lib.expect(lib.run("fhir", "serve", top, "--port", "70000"), 2, "port")
        lib.expect(lib.run("fhir", "serve", top), 78, "has no resources")
        lib.expect(lib.run("fhir", "serve", os.path.join(top, "no")), 78, "No such file")
        damaged = os.path.join(top, "w.ndjson")
        with open(damaged, "w", encoding="utf-8") as out:
            out.write('{"resourceType":"Patient","id":"1"}\n{"resourceType":"Patient","id":\n')
        lib.expect(lib.run("fhir", "serve", top), 78, "w.ndjson:2: not JSON")
        with open(damaged, "w", encoding="utf-8") as out:
            out.write('{"resourceType":"Patient","id":"1"}\n')
        lib.expect(lib.run("fhir", "serve", top, "--address", "nowhere"), 2, "not an IPv4 address")


def limit_files():
    """As a full disk would: nothing of more than 20,000 bytes can be written."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))


def test_mimic_refuses():
    with lib.folder() as top:
        new, full = os.path.join(top, "new", "mimic"), os.path.join(top, "full")
        few = ["fhir", "mimic", "--patients", "2"]
        lib.expect(lib.run(*few), 2, "takes one folder")
        lib.expect(lib.run(*few, "--density", "0", new), 2, "density")
        lib.expect(lib.run(*few, "--patients", "many", new), 2, "patients")
        lib.expect(lib.run(*few, "--patient", "3", new), 2, "--patients")
        lib.expect(lib.run(*few, new, preexec_fn=limit_files), 78, new, "File too large")
        lib.check(os.listdir(os.path.dirname(new)) == [], os.listdir(os.path.dirname(new)))
        os.mkdir(full)
        lib.expect(lib.run(*few, full, preexec_fn=limit_files), 78, full, "File too large")
        lib.check(os.listdir(full) == [], os.listdir(full))
        lib.expect(lib.run(*few, full), 0)
        lib.expect(lib.run(*few, new + "/"), 0)
        names = sorted(os.listdir(new))
        lib.check(len(names) == 31 and names == sorted(os.listdir(full)), names)
        lib.expect(lib.run(*few, full), 2, full, "is not empty")
        lib.expect(lib.run(*few, os.path.join(full, names[0])), 2, "is a file")
        lib.expect(lib.run(*few, "/proc/nowhere/mimic"), 78, "/proc/nowhere")
        with open(os.path.join(full, names[0]), "r+b") as out:
            out.truncate(100)
        lib.expect(lib.run("fhir", "serve", full), 78, names[0], "damaged gzip data")


lib.main(test_mimic_refuses, test_same_as_in_process, test_follows_links, test_writes, test_read_only, test_refuses)
