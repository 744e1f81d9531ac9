"""What keeps the rules is accepted, and all of the rules are tested on it."""
import json
import os

import common

PLUGINS = [common.path_of(name) for name in ("good_task", "good_method", "frozen_good_task",
                                             "frozen_good_method")]
PLUGINS += [os.path.join(common.BUILD, "plugins", name)
            for name in sorted(os.listdir(os.path.join(common.BUILD, "plugins")))
            if name.endswith(".so")]
# Less invented data where each opening makes it anew.
SETTINGS = {"fhir_agent.so": ["--set", "patients=3"]}


def one(path):
    more = SETTINGS.get(os.path.basename(path), [])
    code, document = common.check(path, "--seed", "3", "--timeout", "120", *more)
    if code != 0 or not document["accepted"]:
        return "is refused, code %d%s" % (code, common.shown(document))
    wrong = [row for row in document["results"] if row["status"] not in ("ok", "warn", "skipped")]
    if wrong:
        return "has results %s" % wrong
    watched = {rule for row in document["results"] if row["status"] in ("ok", "warn")
               for rule in row["rules"]}
    missing = {"R%d" % n for n in range(1, 21)} - watched - {"R15"}
    if missing:
        return "was not tested for %s" % sorted(missing)
    return None


def check_list():
    listed = json.loads(common.run("--list", "--json").stdout)
    rules = [row["rule"] for row in listed["rules"]]
    assert rules == ["R%d" % n for n in range(1, 21)], rules
    assert all(row["tests"] and row["tested"] for row in listed["rules"]), listed


check_list()
common.each(PLUGINS, one)
