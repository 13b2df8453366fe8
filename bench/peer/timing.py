"""Times steps, and what comes before them."""

import time


def timed_steps(open_step, steps, warm):
    """`open_step()` gives a function without arguments, one step; its first call belongs to what is told as first.

    `warm` steps after that are not timed.
    """
    started, started_cpu = time.perf_counter(), time.process_time()
    step = open_step()
    step()
    first, first_cpu = time.perf_counter() - started, time.process_time() - started_cpu
    for _ in range(warm):
        step()
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(steps):
        step()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {
        'ms': 1000 * wall / steps,
        'cpuMs': 1000 * cpu / steps,
        'firstSeconds': first,
        'firstCpuSeconds': first_cpu,
    }
