# SPDX-License-Identifier: MIT
"""The box of one call: new namespaces, an empty /tmp, no rights, and a filter of system calls.

A call is two processes. The watcher stays outside the new pid namespace and ends the call; process
1 of the namespace runs the model's code, so that whatever that started ends with it.
"""
import ctypes
import os
import platform
import resource
import select
import signal
import struct

LIBC = ctypes.CDLL(None, use_errno=True)

CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWUSER = 0x00020000, 0x08000000, 0x10000000
CLONE_NEWPID, CLONE_NEWNET, CLONE_THREAD = 0x20000000, 0x40000000, 0x00010000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REC, MS_PRIVATE = 1, 2, 4, 8, 0x4000, 1 << 18
AT_RECURSIVE, MOUNT_ATTR_RDONLY, SYS_MOUNT_SETATTR = 0x8000, 1, 442
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_CAPBSET_DROP = 1, 4, 22, 24
PR_SET_NO_NEW_PRIVS = 38
EPERM, ENOSYS, EAFNOSUPPORT = 1, 38, 97

# System calls that model code has no use for. Without processes of its own there is no fork bomb and
# no daemon; what has no place in the file system (memory files, shared memory) would be counted by
# no limit; the rest is what sandboxes have been left through.
DENIED = {
    # name: number on x86_64, on aarch64
    "fork": (57, None), "vfork": (58, None), "execve": (59, 221), "execveat": (322, 281),
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39),
    "pivot_root": (155, 41), "chroot": (161, 51), "open_tree": (428, 428),
    "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431), "fsmount": (432, 432),
    "fspick": (433, 433), "mount_setattr": (442, 442), "ptrace": (101, 117),
    "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272),
    "pidfd_open": (434, 434), "pidfd_getfd": (438, 438), "process_madvise": (440, 440),
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219), "bpf": (321, 280),
    "perf_event_open": (298, 241), "userfaultfd": (323, 282), "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426), "io_uring_register": (427, 427), "memfd_create": (319, 279),
    "memfd_secret": (447, 447), "shmget": (29, 194), "msgget": (68, 186), "semget": (64, 190),
    "mq_open": (240, 180), "open_by_handle_at": (304, 265), "fanotify_init": (300, 262),
    "personality": (135, 92), "syslog": (103, 116), "quotactl": (179, 60),
}
# Kernel's number of the architecture, and of the calls that are looked at more closely.
MACHINES = {
    "x86_64": (0, 0xC000003E, {"clone": 56, "clone3": 435, "socket": 41, "socketpair": 53,
                               "prctl": 157}),
    "aarch64": (1, 0xC00000B7, {"clone": 220, "clone3": 435, "socket": 198, "socketpair": 199,
                                "prctl": 167}),
}
FAMILIES = (1, 2, 10)  # AF_UNIX, AF_INET, AF_INET6; others may lead out of the machine


def check(result, what):
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, "%s: %s" % (what, os.strerror(number)))
    return result


def first_is(number, values, among, others):
    """Steps for one call: one end if its first argument is among the values, another if not. Its
    numbers are int in the kernel, so the lower half is all of the argument."""
    load, equal, end, count = 0x20, 0x15, 0x06, len(values)
    return ([(equal, 0, count + 3, number), (load, 0, 0, 16)]
            + [(equal, count - i, 0, value) for i, value in enumerate(values)]
            + [(end, 0, 0, others), (end, 0, 0, among)])


def make_filter():
    """The filter as struct sock_fprog; None for a processor whose numbers are not known here."""
    if platform.machine() not in MACHINES:
        return None
    column, arch, numbers = MACHINES[platform.machine()]
    load, equal, at_least, has_bits, end = 0x20, 0x15, 0x35, 0x45, 0x06
    allow, kill = 0x7FFF0000, 0x80000000
    refuse = 0x00050000
    out = [(load, 0, 0, 4), (equal, 1, 0, arch), (end, 0, 0, kill), (load, 0, 0, 0)]
    if arch == 0xC000003E:
        out += [(at_least, 0, 1, 0x40000000), (end, 0, 0, refuse | ENOSYS)]
    for pair in DENIED.values():
        if pair[column] is not None:
            out += [(equal, 0, 1, pair[column]), (end, 0, 0, refuse | EPERM)]
    out += [(equal, 0, 1, numbers["clone3"]), (end, 0, 0, refuse | ENOSYS)]
    out += [(equal, 0, 4, numbers["clone"]), (load, 0, 0, 16), (has_bits, 0, 1, CLONE_THREAD),
            (end, 0, 0, allow), (end, 0, 0, refuse | EPERM)]
    for name in ("socket", "socketpair"):
        out += first_is(numbers[name], FAMILIES, allow, refuse | EAFNOSUPPORT)
    # Without it, process 1 would outlive a watcher that is killed.
    out += first_is(numbers["prctl"], (PR_SET_PDEATHSIG,), refuse | EPERM, allow)
    out += [(end, 0, 0, allow)]
    code = b"".join(struct.pack("HBBI", *step) for step in out)
    text = ctypes.create_string_buffer(code, len(code))
    program = ctypes.create_string_buffer(
        struct.pack("HxxxxxxP", len(out), ctypes.addressof(text)), 16)
    return program, text


FILTER = make_filter()


def prctl(option, value, other=0):
    return LIBC.prctl(option, ctypes.c_ulong(value), ctypes.c_ulong(other), 0, 0)


def mount(what, where, kind, flags, options):
    def text(word):
        return word.encode() if word else None
    check(LIBC.mount(text(what), text(where), text(kind), ctypes.c_ulong(flags), text(options)),
          "mount on " + where)


def write(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def leave():
    """Takes the watcher, and what it starts from now on, into namespaces of their own."""
    user, group = os.getuid(), os.getgid()
    check(LIBC.unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWNET),
          "unshare")
    write("/proc/self/oom_score_adj", "1000")
    write("/proc/self/setgroups", "deny")
    write("/proc/self/uid_map", "%d %d 1" % (user, user))
    write("/proc/self/gid_map", "%d %d 1" % (group, group))


def make_files(max_files):
    """Everything read-only, /proc and terminals out of sight, and an empty /tmp."""
    mount(None, "/", None, MS_REC | MS_PRIVATE, None)
    attributes = struct.pack("QQQQ", MOUNT_ATTR_RDONLY, 0, 0, 0)
    check(LIBC.syscall(SYS_MOUNT_SETATTR, -100, b"/", AT_RECURSIVE, attributes,
                       ctypes.c_size_t(len(attributes))), "mount_setattr")
    hidden = MS_NOSUID | MS_NODEV | MS_NOEXEC
    for path in ("/proc", "/dev/pts", "/dev/shm"):
        mount("tmpfs", path, "tmpfs", hidden | MS_RDONLY, "size=4k,nr_inodes=2,mode=555")
    mount("tmpfs", "/tmp", "tmpfs", hidden, "size=%d,nr_inodes=4096,mode=1777" % max_files)
    os.chdir("/tmp")


def drop_rights():
    for capability in range(64):
        if prctl(PR_CAPBSET_DROP, capability) < 0:
            break
    header = struct.pack("Ii", 0x20080522, 0)
    check(LIBC.capset(header, bytes(24)), "capset")
    check(prctl(PR_SET_NO_NEW_PRIVS, 1), "no_new_privs")
    check(prctl(PR_SET_DUMPABLE, 0), "dumpable")


def limit(name, value):
    hard = resource.getrlimit(name)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(name, (value, value))


def set_limits(max_files, cpu_seconds):
    limit(resource.RLIMIT_CPU, cpu_seconds)
    limit(resource.RLIMIT_FSIZE, max_files)
    limit(resource.RLIMIT_NOFILE, 64)
    limit(resource.RLIMIT_CORE, 0)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


def enter(max_files, cpu_seconds):
    """Process 1: gives up everything that the code is not to have."""
    check(prctl(PR_SET_PDEATHSIG, signal.SIGKILL), "pdeathsig")
    make_files(max_files)
    set_limits(max_files, cpu_seconds)
    drop_rights()
    if not FILTER:
        raise OSError("no filter of system calls for the processor " + platform.machine())
    check(LIBC.prctl(PR_SET_SECCOMP, 2, FILTER[0], 0, 0), "seccomp")


def threads_of(stat):
    """The number of threads in an open /proc/PID/stat."""
    return int(os.pread(stat, 1024, 0).rpartition(b")")[2].split()[17])


def watch(proc, pid, life, max_threads):
    """Until process 1 has ended (0), the host lets go of `life` (1), or there are too many threads
    (2). proc: /proc, which is out of sight by now."""
    handle = os.pidfd_open(pid)
    stat = os.open("%d/stat" % pid, os.O_RDONLY, dir_fd=proc)
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    poll.register(life, select.POLLIN | select.POLLRDHUP)
    while True:
        ready = [fd for fd, _ in poll.poll(100)]
        if handle in ready:
            return 0
        if ready:
            return 1
        if threads_of(stat) > max_threads:
            return 2
