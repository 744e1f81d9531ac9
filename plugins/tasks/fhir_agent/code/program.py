# SPDX-License-Identifier: MIT
"""What runs a model's code over the resources of an episode (host: grasp.python/1)."""
import datetime
import io
import json
import math
import re
import statistics
import sys
import traceback

# Slow to import; the host does so once for all runs that name one of the packages.
SLOW = ("dateutil.parser", "dateutil.relativedelta", "numpy", "pandas")

MAX_STDOUT = 1 << 20  # characters
# Python names what it cannot show by its address, which is another one in every process.
ADDRESS = re.compile(r"(?<= at 0x)[0-9a-f]{6,16}(?=>)")
MAX_TEXT = int(LIMIT) if "LIMIT" in globals() else 1 << 18  # bytes of UTF-8


class Output(io.TextIOBase):
    """Standard output that keeps its beginning."""

    def __init__(self):
        super().__init__()
        self.parts, self.kept, self.dropped = [], 0, 0

    def writable(self):
        return True

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError("write() argument must be str, not " + type(text).__name__)
        room = MAX_STDOUT - self.kept
        part = text[:room]
        if part:
            self.parts.append(str(part))
        self.kept += len(part)
        self.dropped += len(text) - len(part)
        return len(text)

    def text(self):
        text = "".join(self.parts).strip()
        return text + "\n... (%d more characters)" % self.dropped if self.dropped else text


def load(data):
    """The value of retrieved_resources: lists of resources by type."""
    resources = json.loads(data)
    if not isinstance(resources, dict):
        raise ValueError("the resources are no object")
    return {key: as_list(value) for key, value in resources.items()}


def as_list(value):
    """JSON text as what it says, one resource as a list of one."""
    if isinstance(value, str) and value.strip()[:1] in ("{", "["):
        try:
            value = json.loads(value)
        except ValueError:
            return value
    return [value] if isinstance(value, dict) else value


def execute(source, resources):
    """The tool's result as a dict."""
    space = {"json": json, "re": re, "datetime": datetime, "math": math, "statistics": statistics,
             "answer": None, "retrieved_resources": {} if resources is None else resources}
    output = Output()
    sys.stdout = output
    try:
        exec(source, space)  # pylint: disable=exec-used
    except BaseException as error:  # pylint: disable=broad-except
        where = error.__traceback__ and error.__traceback__.tb_next
        lines = traceback.format_exception(type(error), error, where)
        return {"error": "Error executing code: %s\n\nFull traceback:\n%s"
                         % (error, "".join(lines))}
    finally:
        sys.stdout = sys.__stdout__
    result, text = {}, output.text()
    if text:
        result["stdout"] = text
    if space.get("answer") is not None:
        result["answer"] = space["answer"]
    return result or {"error": "Code executed successfully (no answer variable set and no stdout "
                               "output)"}


def cut(text):
    data = text.encode("utf-8", "replace")
    if len(data) <= MAX_TEXT:
        return text
    kept = data[:MAX_TEXT].decode("utf-8", "ignore")
    return "%s ... (%d more bytes)" % (kept, len(data) - MAX_TEXT)


def run(source, resources):
    try:
        return cut(ADDRESS.sub("0", str(execute(source, resources))))
    except BaseException as error:  # pylint: disable=broad-except
        return str({"error": "Error showing the result: %s" % type(error).__name__})
