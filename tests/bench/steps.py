#!/usr/bin/env python3
"""What a run costs as it grows: time for a step above the spawn of its
process, peak memory, and the time that a resume needs to get to where the run
stood.

    cargo build --release -p wfc
    python3 tests/bench/steps.py [--wfc PATH] [--loop] [STEPS ...]

Each run has STEPS commands `true` and one more that fails, so that the resume
has STEPS committed steps to take up and one to run. `floor` is the time in
which this script starts and awaits as many processes `true` with nothing
around them, measured next to the run because it is a property of the machine.
With --loop the steps are the iterations of one step, otherwise all are
written out. The compiling of the workflow is part of the time and of the
memory. This does not measure agents, nor large outputs.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def workflow(steps, loop):
    lines = ['version: "2.14"', "name: bench", "steps:"]
    if loop:
        items = ", ".join(f'"{number}"' for number in range(steps))
        lines += [
            "  - name: Each",
            "    for_each:",
            f"      items: [{items}]",
            "      as: item",
            "      steps:",
            "        - name: Step",
            '          command: ["true"]',
        ]
    else:
        for number in range(steps):
            lines += [f"  - name: Step{number}", '    command: ["true"]']
    lines += ["  - name: Last", '    command: ["false"]', ""]
    return "\n".join(lines)


def floor(times):
    """Seconds for a process that does nothing, at the least of three."""
    true = shutil.which("true")
    nothing = [(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)]
    best = float("inf")
    for _ in range(3):
        began = time.perf_counter()
        for _ in range(times):
            pid = os.posix_spawn(true, ["true"], os.environ, file_actions=nothing)
            os.waitpid(pid, 0)
        best = min(best, (time.perf_counter() - began) / times)
    return best


def measure(command, where):
    """Seconds, peak memory in MB, and seconds of the processor."""
    began = time.perf_counter()
    child = subprocess.Popen(command, cwd=where, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    text = child.stderr.read().decode(errors="replace")
    _, status, usage = os.wait4(child.pid, 0)
    took = time.perf_counter() - began
    # The last step fails, and the run with it.
    if os.waitstatus_to_exitcode(status) != 1:
        sys.exit(f"{' '.join(command)}: {os.waitstatus_to_exitcode(status)}\n{text}")
    return took, usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    arguments.add_argument("--wfc", default=os.path.join(REPOSITORY, "target/release/wfc"))
    arguments.add_argument("--loop", action="store_true", help="iterations instead of steps")
    arguments.add_argument("--keep", action="store_true", help="leave the workspaces")
    arguments.add_argument("steps", nargs="*", type=int, default=[10, 100, 1000, 10000])
    chosen = arguments.parse_args()
    print("  steps  floor ms    run ms  engine ms   peak MB  resume ms   of the    its peak MB")
    print("         per step  per step   per step                        processor")
    for steps in chosen.steps:
        where = tempfile.mkdtemp(prefix="wfc-bench-")
        with open(os.path.join(where, "bench.yaml"), "w", encoding="utf-8") as file:
            file.write(workflow(steps, chosen.loop))
        bare = floor(min(steps, 1000))
        took, peak, _ = measure([chosen.wfc, "run", "--quiet", "bench.yaml"], where)
        (run,) = os.listdir(os.path.join(where, ".orchestrate/runs"))
        resume = [chosen.wfc, "resume", "--quiet", run]
        again, peak_again, processor = min(measure(resume, where) for _ in range(3))
        each = took / (steps + 1)
        print(
            f"{steps:7} {bare * 1e3:9.3f} {each * 1e3:9.3f} {(each - bare) * 1e3:10.3f}"
            f" {peak:9.1f} {again * 1e3:10.1f} {processor * 1e3:10.1f} {peak_again:12.1f}",
            flush=True,
        )
        if chosen.keep:
            print(f"        {where}")
        else:
            shutil.rmtree(where)


if __name__ == "__main__":
    main()
