"""Starts a command that can reach nothing but what it is given.

Takes one JSON argument:
  command      argv, run inside
  read_only    folders and files shown inside at their own paths, read-only
  memory_bytes private memory that a process may have
  scratch_bytes size of /tmp, the only place that can be written
  processes    processes and threads at once
  environment  the environment of the command

Inside: another user without rights, no network (not even loopback), its own processes, a root made of the given paths
only. Ends with the command, or with status 77 and a reason on stderr where the kernel has no such walls. Linux only;
needs nothing but the standard library, since it runs on the interpreter of whatever environment the model has.
"""
import ctypes
import json
import os
import platform
import resource
import signal
import stat
import struct
import sys

NO_WALLS = 77
NOBODY = 65534
# The last of the open files: the questions and answers of a model.
CHANNEL = 3

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x04000000, 0x08000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT = 1, 2, 4, 8, 32
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
MNT_DETACH = 2
PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 1, 22, 38
SECCOMP_MODE_FILTER = 2
AT_RECURSIVE, MOUNT_ATTR_RDONLY, MOUNT_ATTR_NOSUID, MOUNT_ATTR_NODEV = 0x8000, 1, 2, 4

# Numbers of system calls by machine; mount_setattr and io_uring have one number everywhere.
SYSCALLS = {
    "x86_64": {
        "audit": 0xC000003E, "pivot_root": 155, "socket": 41, "clone": 56, "clone3": 435, "refused": {
            "ptrace": 101, "mount": 165, "umount2": 166, "pivot_root": 155, "unshare": 272, "setns": 308,
            "add_key": 248, "request_key": 249, "keyctl": 250, "bpf": 321, "perf_event_open": 298,
            "init_module": 175, "finit_module": 313, "delete_module": 176, "kexec_load": 246,
            "userfaultfd": 323, "open_by_handle_at": 304, "process_vm_readv": 310, "process_vm_writev": 311,
        },
    },
    "aarch64": {
        "audit": 0xC00000B7, "pivot_root": 41, "socket": 198, "clone": 220, "clone3": 435, "refused": {
            "ptrace": 117, "mount": 40, "umount2": 39, "pivot_root": 41, "unshare": 97, "setns": 268,
            "add_key": 217, "request_key": 218, "keyctl": 219, "bpf": 280, "perf_event_open": 241,
            "init_module": 105, "finit_module": 273, "delete_module": 106, "kexec_load": 104,
            "userfaultfd": 282, "open_by_handle_at": 265, "process_vm_readv": 270, "process_vm_writev": 271,
        },
    },
}
EVERYWHERE_REFUSED = {
    "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "open_tree": 428, "move_mount": 429,
    "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433, "mount_setattr": 442,
}

libc = ctypes.CDLL(None, use_errno=True)


class NoWalls(Exception):
    """The kernel refuses a wall."""


def main():
    wanted = json.loads(sys.argv[1])
    close_inherited()
    try:
        numbers = SYSCALLS[platform.machine()]
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        enter_namespaces()
        child = os.fork()
        if child != 0:
            end_like(child)
        build_root(wanted["read_only"], wanted["scratch_bytes"], numbers)
        leave_rights()
        # Only now: the kernel forgets it when a process changes its user.
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        limit(wanted)
        close_doors(numbers)
    except (NoWalls, KeyError, OSError) as problem:
        sys.stderr.write(f"no sandbox: {problem}\n")
        sys.exit(NO_WALLS)
    os.execve(wanted["command"][0], wanted["command"], wanted["environment"])


def close_inherited():
    """Whatever started the server may have left files open; inside are only those that are spoken through."""
    for name in os.listdir("/proc/self/fd"):
        if int(name) > CHANNEL:
            try:
                os.close(int(name))
            except OSError:
                continue


def enter_namespaces():
    """A user namespace and what it owns. Whoever is root outside is root until the root folder is built, then nobody."""
    user, group, process = os.geteuid(), os.getegid(), os.getpid()
    separated, mapped = os.pipe(), os.pipe()
    # The map of a root has two users, which only a process that has stayed outside may write.
    outside = os.fork()
    if outside == 0:
        os.close(separated[1])
        os.read(separated[0], 1)
        try:
            map_users(process, user, group)
            os.write(mapped[1], b"+")
        finally:
            os._exit(0)
    os.close(mapped[1])
    walls = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS
    done = libc.unshare(walls)
    reason = os.strerror(ctypes.get_errno())
    os.close(separated[1])
    if done != 0:
        raise NoWalls(f"namespaces: {reason}")
    if os.read(mapped[0], 1) != b"+":
        raise NoWalls("the users of the namespace cannot be mapped")
    os.waitpid(outside, 0)


def map_users(process, user, group):
    if user == 0:
        write(f"/proc/{process}/uid_map", f"0 0 1\n{NOBODY} {NOBODY} 1\n")
        write(f"/proc/{process}/gid_map", f"0 0 1\n{NOBODY} {NOBODY} 1\n")
        return
    write(f"/proc/{process}/uid_map", f"{NOBODY} {user} 1\n")
    write(f"/proc/{process}/setgroups", "deny")
    write(f"/proc/{process}/gid_map", f"{NOBODY} {group} 1\n")


def leave_rights():
    """A root outside would still own the files of the kernel's settings: nobody does not."""
    if os.geteuid() == NOBODY:
        return
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)


def build_root(read_only, scratch_bytes, numbers):
    mount(None, "/", None, MS_REC | MS_PRIVATE)
    # Opened first: the new root is built over a folder that may hold some of them.
    sources = [(path, os.open(path, os.O_PATH)) for path in read_only if os.path.lexists(path)]
    links = {path: os.readlink(path) for path in read_only if os.path.islink(path)}
    root = "/tmp"
    mount("tmpfs", root, "tmpfs", MS_NOSUID | MS_NODEV, "size=4m,mode=0755")
    for place, size in (("/tmp", scratch_bytes), ("/dev/shm", scratch_bytes)):
        os.makedirs(root + place, exist_ok=True)
        mount("tmpfs", root + place, "tmpfs", MS_NOSUID | MS_NODEV, f"size={size},mode=0777")
    for path, descriptor in sources:
        show(root, path, descriptor, links.get(path))
    for device in ("null", "zero", "urandom", "random"):
        show(root, f"/dev/{device}", os.open(f"/dev/{device}", os.O_PATH), None)
    copy_facts(root)
    os.mkdir(root + "/.outside")
    os.chdir(root)
    check(libc.syscall(numbers["pivot_root"], b".", b".outside"), "pivot_root")
    os.chdir("/")
    check(libc.umount2(b"/.outside", MNT_DETACH), "leaving the old root")
    os.rmdir("/.outside")
    mount(None, "/", None, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV)
    os.chdir("/tmp")


def show(root, path, descriptor, link):
    """Shows what an open descriptor stands for at `path` below the new root, read-only."""
    target = root + path
    mode = os.fstat(descriptor).st_mode
    if link is not None:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        os.symlink(link, target)
        return
    if stat.S_ISDIR(mode):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o644))
    mount(f"/proc/self/fd/{descriptor}", target, None, MS_BIND | MS_REC)
    make_read_only(target, stat.S_ISCHR(mode))


def make_read_only(target, device):
    wanted = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | (0 if device else MOUNT_ATTR_NODEV)
    attributes = struct.pack("QQQQ", wanted, 0, 0, 0)
    done = libc.syscall(442, -100, target.encode(), AT_RECURSIVE, attributes, len(attributes))
    if done == 0:
        return
    # Before Linux 5.12: one mount at a time, with the flags it may not lose.
    kept = os.statvfs(target).f_flag & (MS_NOSUID | MS_NODEV | MS_NOEXEC | 1024 | 2048)
    mount(None, target, None, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | kept)


def copy_facts(root):
    """What numeric libraries read to learn of the processor. The real /proc would show and allow more."""
    os.makedirs(root + "/proc", exist_ok=True)
    for path in ("/proc/cpuinfo", "/proc/meminfo"):
        try:
            with open(path, encoding="utf-8", errors="replace") as source:
                text = source.read(256 * 1024)
        except OSError:
            continue
        write(root + path, text)


def limit(wanted):
    resource.setrlimit(resource.RLIMIT_DATA, (wanted["memory_bytes"], wanted["memory_bytes"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, 1024))
    resource.setrlimit(resource.RLIMIT_NPROC, (wanted["processes"], wanted["processes"]))
    libc.sethostname(b"model", 5)


def close_doors(numbers):
    """A filter of system calls, so that a hole in one wall is not a door."""
    check(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    program = call_filter(numbers)
    buffer = ctypes.create_string_buffer(b"".join(program))
    header = struct.pack("HxxxxxxQ", len(program), ctypes.addressof(buffer))
    check(libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, header, 0, 0), "seccomp")


def call_filter(numbers):
    """BPF over `struct seccomp_data`: number at 0, machine at 4, low half of the first argument at 16 (seccomp(2))."""
    load, equal, set_bits, answer = 0x20, 0x15, 0x45, 0x06
    allow, kill, denied, unknown = 0x7FFF0000, 0x80000000, 0x00050001, 0x00050000 | 38

    def step(code, value, if_true=0, if_false=0):
        return struct.pack("HBBI", code, if_true, if_false, value)

    program = [step(load, 4), step(equal, numbers["audit"], 1, 0), step(answer, kill), step(load, 0)]
    if numbers["audit"] == 0xC000003E:
        # The x32 numbering would pass by every comparison below.
        program += [step(0x35, 0x40000000, 0, 1), step(answer, kill)]
    for number in [*numbers["refused"].values(), *EVERYWHERE_REFUSED.values()]:
        program += [step(equal, number, 0, 1), step(answer, denied)]
    # Its flags lie in memory that a filter cannot read; the C library falls back to clone.
    program += [step(equal, numbers["clone3"], 0, 1), step(answer, unknown)]
    program += [step(equal, numbers["clone"], 0, 3), step(load, 16), step(set_bits, 0x7E020000, 0, 1), step(answer, denied)]
    program += [step(load, 0), step(equal, numbers["socket"], 0, 3), step(load, 16), step(equal, 1, 1, 0), step(answer, denied)]
    return [*program, step(answer, allow)]


def end_like(child):
    """The outer process of the pair: ends as the inner one does."""
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        os._exit(128 + os.WTERMSIG(status))
    os._exit(os.WEXITSTATUS(status))


def mount(source, target, kind, flags, options=None):
    result = libc.mount(
        source.encode() if source else None, target.encode(), kind.encode() if kind else None,
        ctypes.c_ulong(flags), options.encode() if options else None,
    )
    check(result, f"mount at {target}")


def write(path, text):
    with open(path, "w", encoding="utf-8") as target:
        target.write(text)


def check(result, what):
    if result != 0:
        raise NoWalls(f"{what}: {os.strerror(ctypes.get_errno())}")


main()
