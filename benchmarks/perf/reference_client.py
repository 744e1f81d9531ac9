"""Sends prompts as the reference does: reference_client.py PORT IN_FLIGHT PROMPTS [SKILLS].

Runs with a checkout of the reference on PYTHONPATH; measure.py calls it. Its own client, its own
placement of skills and a pool of threads as its loop has one. Prints calls per second,
microseconds of CPU per call and the peak of memory in KiB.
"""
import json
import pathlib
import resource
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

from grasp.agents.openai_chat import OpenAIChatAgent
from grasp.skills.agent import SkillAwareAgent
from grasp.skills.repository import SkillRepository


def main():
    port, jobs, prompts = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    with open(prompts, encoding="utf-8") as lines:
        texts = [json.loads(line) for line in lines]
    agent = OpenAIChatAgent(model="fixed", base_url="http://127.0.0.1:%s/v1" % port)
    with tempfile.TemporaryDirectory() as empty:
        skills = sys.argv[4] if len(sys.argv) > 4 else empty
        agent = SkillAwareAgent(agent, SkillRepository(pathlib.Path(empty), pathlib.Path(skills)))
        began = time.monotonic()
        with ThreadPoolExecutor(max_workers=jobs) as pool:
            list(pool.map(lambda text: agent.inference([{"role": "user", "content": text}]), texts))
        wall = time.monotonic() - began
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(len(texts) / wall, (used.ru_utime + used.ru_stime) / len(texts) * 1e6, used.ru_maxrss)


main()
