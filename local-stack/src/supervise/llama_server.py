"""Serves one language model by llama.cpp; local-stack starts it and keeps it running.

Arguments: the folder of xllamacpp, the model's file, its name, port, answers at a time, tokens of
context, threads, bytes of memory, user and group to become ("-": stay). The key of callers is in LLAMA_KEY.
"""

import contextlib
import ctypes
import os
import resource
import signal
import sys

PACKAGES, MODEL, NAME, PORT, SLOTS, CONTEXT, THREADS, MEMORY, UID, GID = sys.argv[1:]
PR_SET_PDEATHSIG = 1


def limit():
    """No file is written, and what is not the model's file has a bound."""
    for kind, most in [
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 256),
        (resource.RLIMIT_DATA, int(MEMORY)),
    ]:
        resource.setrlimit(kind, (most, most))
    # Everything else on this machine goes first, where a service may say so.
    with contextlib.suppress(OSError):
        os.nice(5)


def drop_root():
    """Becomes the user. The kernel then forgets that this process ends with its parent."""
    if UID == "-":
        return
    parent = os.getppid()
    os.setgroups([])
    os.setgid(int(GID))
    os.setuid(int(UID))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            sys.exit("the parent process has ended")


sys.path.insert(0, PACKAGES)
import xllamacpp  # noqa: E402 (its folder is an argument)

# Another user may not reach the folder, but an open file is its own.
path = MODEL if UID == "-" else f"/dev/fd/{os.open(MODEL, os.O_RDONLY)}"
drop_root()
limit()

params = xllamacpp.CommonParams()
params.model.path = path
params.model_alias = {NAME}
params.hostnames = ["127.0.0.1"]
params.port = int(PORT)
params.api_keys = [os.environ.pop("LLAMA_KEY")]
params.offline = True
params.ui = False
params.endpoint_slots = False
params.endpoint_metrics = True
params.n_threads_http = 8
params.timeout_read = 300
params.n_parallel = int(SLOTS)
# A long prompt may take what the others leave.
params.kv_unified = True
params.n_ctx = int(CONTEXT)
params.n_predict = 2048
params.n_batch = 512
params.n_ubatch = 128
# No prompts are kept beside those that are being answered.
params.cache_ram_mib = 0
params.ctx_shift = False
for threads in (params.cpuparams, params.cpuparams_batch):
    threads.n_threads = int(THREADS)
    # Threads that wait sleep: others need the processor.
    threads.poll = 0
params.verbosity = 1

server = xllamacpp.Server(params)
while True:
    signal.pause()
