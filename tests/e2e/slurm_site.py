"""A Slurm of its own for a test: munged, slurmctld and several slurmd on this host, in one folder
and on ports of their own. The nodes are told apart by name and port (slurmd -N).
"""
import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time

PROGRAMS = {"munged": "munge", "slurmctld": "slurmctld", "slurmd": "slurmd",
            "sbatch": "slurm-client"}

CONFIG = """\
ClusterName=test
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort=%(port)d
SlurmUser=%(user)s
SlurmdUser=%(user)s
AuthType=auth/munge
AuthInfo=socket=%(folder)s/munge.socket
CredType=cred/munge
StateSaveLocation=%(folder)s/state
SlurmdSpoolDir=%(folder)s/spool.%%n
SlurmctldPidFile=%(folder)s/slurmctld.pid
SlurmdPidFile=%(folder)s/slurmd.%%n.pid
SlurmctldLogFile=%(folder)s/slurmctld.log
SlurmdLogFile=%(folder)s/slurmd.%%n.log
SlurmctldParameters=enable_configless
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/builtin
SchedulerParameters=sched_interval=1,sched_min_interval=0,batch_sched_delay=0,requeue_delay=1
MpiDefault=none
SwitchType=switch/none
ReturnToService=2
SlurmdTimeout=%(down)d
MessageTimeout=60
KillWait=10
InactiveLimit=0
MinJobAge=300
JobRequeue=1
PropagateResourceLimits=NONE
%(nodes)s
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def missing():
    """The package of the first program that is not there, or None."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    for program, package in PROGRAMS.items():
        if not shutil.which(program, path=path):
            return package
    return None


def free_ports(count):
    """Ports that are free now, each another."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class Site:
    """Started by `with Site(folder, nodes):`; everything of it has ended when the block is left."""

    def __init__(self, folder, nodes=3, cpus=2, down=10):
        self.folder = folder
        self.names = ["n%d" % i for i in range(1, nodes + 1)]
        self.cpus = cpus
        self.down = down
        self.processes = {}
        self.env = dict(os.environ, SLURM_CONF=os.path.join(folder, "slurm.conf"),
                        PATH=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")

    def __enter__(self):
        os.makedirs(os.path.join(self.folder, "state"))
        os.chmod(self.folder, 0o755)
        ports = free_ports(1 + len(self.names))
        nodes = "\n".join(
            "NodeName=%s NodeHostname=localhost NodeAddr=127.0.0.1 Port=%d CPUs=%d State=UNKNOWN"
            % (name, port, self.cpus) for name, port in zip(self.names, ports[1:]))
        with open(self.env["SLURM_CONF"], "w") as out:
            out.write(CONFIG % {"port": ports[0], "folder": self.folder, "nodes": nodes,
                                "down": self.down, "user": pwd.getpwuid(os.getuid()).pw_name})
        key = os.path.join(self.folder, "munge.key")
        with open(key, "wb") as out:
            out.write(os.urandom(128))
        os.chmod(key, 0o600)
        try:
            munge = os.path.join(self.folder, "munge")
            self._start("munged", "munged", "--foreground", "--force", "--num-threads", "2",
                        "--key-file", key, "--socket", munge + ".socket",
                        "--pid-file", munge + ".pid", "--log-file", munge + ".log",
                        "--seed-file", munge + ".seed")
            self._until(lambda: os.path.exists(munge + ".socket"), "socket of munged")
            self._start("slurmctld", "slurmctld", "-D", "-i")
            for name in self.names:
                self.start_node(name)
            self._until(lambda: self.idle() == len(self.names), "idle nodes")
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start(self, key, *command):
        log = open(os.path.join(self.folder, key + ".out"), "wb")
        env = dict(self.env, SLURM_SITE=self.mark(key))
        self.processes[key] = subprocess.Popen(command, env=env, stdout=log, stderr=log,
                                               stdin=subprocess.DEVNULL, start_new_session=True,
                                               preexec_fn=end_with_parent)

    def start_node(self, name):
        self._start(name, "slurmd", "-D", "-N", name)

    def mark(self, key):
        """What a daemon and the steps it starts carry in their environment: steps leave its
        tree."""
        return "%s:%s" % (self.folder, key)

    def kill_node(self, name):
        """As if the machine were gone: the daemon and all that it had started die at once."""
        self._kill(self.processes.pop(name), self.mark(name))

    def _kill(self, process, mark):
        pids = [process.pid] + carrying(b"SLURM_SITE=" + mark.encode())
        for pid in pids + [child for each in pids for child in descendants(each)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()

    def _until(self, holds, what, seconds=200):
        end = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > end:
                raise RuntimeError("no %s within %d s; see %s" % (what, seconds, self.folder))
            time.sleep(0.1)

    def run(self, *command, **more):
        return subprocess.run(command, env=self.env, text=True, capture_output=True, **more)

    def release(self):
        """Requeued jobs start now; Slurm holds them back for two minutes."""
        held = self.run("squeue", "-h", "-r", "-t", "pending", "-o", "%i %r").stdout
        for job, reason in (line.split(None, 1) for line in held.splitlines()):
            if reason == "BeginTime":
                self.run("scontrol", "update", "JobId=" + job, "StartTime=now")

    def idle(self):
        out = self.run("sinfo", "-h", "-N", "-t", "idle", "-o", "%N")
        return len(out.stdout.split())

    def __exit__(self, *_):
        for key in [k for k in self.processes if k != "munged"] + ["munged"]:
            process = self.processes.get(key)
            if process:
                self._kill(process, self.mark(key))


def end_with_parent():
    """A test that is killed leaves no daemon behind."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def carrying(variable):
    """The processes that have NAME=VALUE in the environment they were started with."""
    found = []
    for entry in os.listdir("/proc"):
        with contextlib.suppress(OSError):
            if entry.isdigit():
                with open("/proc/%s/environ" % entry, "rb") as environ:
                    if variable in environ.read().split(b"\0"):
                        found.append(int(entry))
    return found


def descendants(pid):
    """The processes that came from a process, the nearest first."""
    children = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open("/proc/%s/stat" % entry) as stat:
                    parent = int(stat.read().rsplit(")", 1)[1].split()[1])
                children.setdefault(parent, []).append(int(entry))
            except OSError:
                pass
    found, queue = [], [pid]
    while queue:
        for child in children.get(queue.pop(), []):
            found.append(child)
            queue.append(child)
    return found
