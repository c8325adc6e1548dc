# SPDX-License-Identifier: MIT
"""Six threads and six processes append numbered records to files of one MemoryFS drive; each is found once.

    records.py thread|fork MOUNTPOINT SECONDS

Each record is written at the end that its writer sees while it holds a lock: flock(2) for one file, a file
made with O_EXCL for the other. After every round all records must be found once. What the serving process
needs (memory, descriptors, threads) after the second round and after the last must be the same within 2 %;
both times it is given the seconds after which the library's idle threads end.
"""

import contextlib
import fcntl
import os
import subprocess
import sys
import threading
import time
from typing import Dict, Iterator, List, Tuple

THREADS = PROCESSES = 6
RECORDS = 30
SETTLE_SECONDS = 11.5  # idle threads end after 10
ALLOWED = 0.02


def serve(background: str, point: str) -> None:
    """The process that is watched, with `thread`; with `fork` its parent. Ends with its standard input."""
    import xdokan
    from fs.memoryfs import MemoryFS
    process = xdokan.mount(MemoryFS(), point, background=background)
    print(process.pid, flush=True)
    sys.stdin.read()
    process.unmount()


def append(fd: int, record: str) -> None:
    """Writes a record at the end. Only a lock keeps another from writing at the same place."""
    data, at = record.encode(), os.fstat(fd).st_size
    if os.pwrite(fd, data, at) != len(data):
        raise OSError("a short write")


@contextlib.contextmanager
def flocked(folder: str) -> Iterator[int]:
    """The file whose flock is held."""
    fd = os.open(os.path.join(folder, "flock"), os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield fd
    finally:
        os.close(fd)


@contextlib.contextmanager
def exclusive(folder: str) -> Iterator[int]:
    """The file that only the maker of a lock file writes to."""
    lock = os.path.join(folder, "lock")
    while True:
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644))
            break
        except FileExistsError:
            time.sleep(0.001)
    fd = os.open(os.path.join(folder, "excl"), os.O_RDWR | os.O_CREAT, 0o644)
    try:
        yield fd
    finally:
        os.close(fd)
        os.unlink(lock)


FILES = {"flock": flocked, "excl": exclusive}


def work(folder: str, worker: int) -> None:
    """The records of one worker, by turns in both files."""
    for number in range(RECORDS):
        for take in FILES.values():
            with take(folder) as fd:
                append(fd, f"worker {worker} record {number}\n")


def in_thread(folder: str, worker: int, failed: List[str]) -> None:
    """A worker whose failure is kept."""
    try:
        work(folder, worker)
    except OSError as error:
        failed.append(f"worker {worker}: {error}")


def round_of_work(folder: str) -> List[str]:
    """All workers at once; what went wrong."""
    failed: List[str] = []
    children = [subprocess.Popen([sys.executable, __file__, "work", folder, str(THREADS + n)])
                for n in range(PROCESSES)]
    threads = [threading.Thread(target=in_thread, args=(folder, n, failed)) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    failed += [f"a process ended with status {child.returncode}" for child in children if child.wait() != 0]
    return failed + missing(folder)


def missing(folder: str) -> List[str]:
    """Files that do not hold every record once; they are removed, to be begun again."""
    wanted = sorted(f"worker {worker} record {number}" for worker in range(THREADS + PROCESSES)
                    for number in range(RECORDS))
    wrong = []
    for name in FILES:
        path = os.path.join(folder, name)
        with open(path, encoding="ascii", errors="replace") as file:
            found = sorted(file.read().split("\n")[:-1])
        if found != wanted:
            right = len(set(found) & set(wanted))
            wrong.append(f"{name}: {len(found)} records, {right} of {len(wanted)} wanted")
        os.unlink(path)
    return wrong


def use_of(pid: int) -> Dict[str, int]:
    """What a process needs."""
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
        rss = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
    return {"RSS in KiB": rss, "descriptors": len(os.listdir(f"/proc/{pid}/fd")),
            "threads": len(os.listdir(f"/proc/{pid}/task"))}


def settled_use_of(pid: int, threads: int) -> Dict[str, int]:
    """The same once it has no more than so many threads, or after the time in which idle ones end."""
    end = time.monotonic() + SETTLE_SECONDS
    time.sleep(0.5)
    while use_of(pid)["threads"] > threads and time.monotonic() < end:
        time.sleep(0.1)
    return use_of(pid)


def rounds(folder: str, pid: int, seconds: float) -> Tuple[List[str], int]:
    """Two rounds, then as many as fit into the time, two at least; what went wrong, and how many."""
    count, wrong, first = 0, [], {}
    end = time.monotonic() + seconds
    while not wrong and (count < 4 or time.monotonic() < end):
        wrong, count = round_of_work(folder), count + 1
        if count == 2:
            began = time.monotonic()
            first = settled_use_of(pid, 0)
            end += time.monotonic() - began
    return wrong or grown(first, settled_use_of(pid, first["threads"]), count), count


def grown(first: Dict[str, int], last: Dict[str, int], count: int) -> List[str]:
    """What is not the same after the second round and after the last."""
    for what, value in last.items():
        print(f"{what}: {first[what]} after round 2, {value} after round {count}")
    return [f"{what} is not the same" for what, value in last.items()
            if abs(value - first[what]) > first[what] * ALLOWED]


def main(background: str, point: str, seconds: float) -> int:
    """Starts the server, works, looks."""
    with subprocess.Popen([sys.executable, __file__, "serve", background, point], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as server:
        try:
            pid = int(server.stdout.readline())
            wrong, count = rounds(point, pid, seconds)
        finally:
            server.stdin.close()
    wrong += [f"the server ended with status {server.returncode}"] if server.returncode else []
    total = count * (THREADS + PROCESSES) * RECORDS * len(FILES)
    print("\n".join(wrong) or f"{count} rounds, {total} records, each found once")
    return 1 if wrong else 0


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(*sys.argv[2:])
    elif sys.argv[1] == "work":
        work(sys.argv[2], int(sys.argv[3]))
    else:
        sys.exit(main(sys.argv[1], sys.argv[2], float(sys.argv[3])))
