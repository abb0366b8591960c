"""Whether ``MNISTLIB_PORTABLE=1`` makes processors agree to the bit.

Other processors are emulated by QEMU's user mode, which computes AVX2 and FMA exactly and
answers with the instruction set, the vendor and the caches of the model that it is given.
Its time says nothing.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from mnistlib.ground import paths
from mnistlib.ground.machine import cores

# Each of the study's ways to train: an optimizer, batch normalisation, moved images.
SYSTEMS = {
    "base_cnn": {"optimizer": "sgd"},
    "complex_cnn": {"optimizer": "adam"},
    "ann": {"optimizer": "adadelta"},
    "one_epoch_cnn": {"optimizer": "adam", "rotation": 10.0, "shift": 0.1, "zoom": 0.1},
}
# An Intel and an AMD processor with AVX2 and without AVX-512.
EMULATED = ("Haswell", "EPYC")
_OURS = ("MNISTLIB_PORTABLE", "ONEDNN_MAX_CPU_ISA", "TF_ENABLE_ONEDNN_OPTS")


def portable_spec(network: str, n_train: int):
    from mnistlib.training.spec import NetworkSpec, make

    return make(
        NetworkSpec,
        dataset="digits",
        model=network,
        **SYSTEMS[network],
        learning_rate=0.001,
        n_train=n_train,
        val_fraction=0.2,
        scaling="standardised",
        epochs=1,
        seed=3,
    )


def fingerprint(network: str) -> dict:
    """Train a network on 80 images in this process; return a hash of all its weights."""
    from mnistlib import data
    from mnistlib.training.train import train

    weights = {}
    record = train(portable_spec(network, 80), data.load("digits"), weights)
    joined = b"".join(weights[name].tobytes() for name in sorted(weights))
    return {
        "weights": hashlib.sha256(joined).hexdigest(),
        "loss": record.history[0]["train_loss"],
    }


def in_a_process(job: str, *arguments, portable: bool, cpu: str | None = None):
    """Return what a job of the bench gives in a process of its own.

    Args:
        job: module and name of a function, such as ``"portable.fingerprint"``.
        arguments: of the function, texts and numbers.
        portable: with ``MNISTLIB_PORTABLE=1``, else without any of its settings.
        cpu: model that QEMU emulates; None for this machine's own processor.
    """
    environment = {k: v for k, v in os.environ.items() if k not in _OURS}
    environment |= {"TF_CPP_MIN_LOG_LEVEL": "3", "MNISTLIB_OFFLINE": "1"}
    if portable:
        environment["MNISTLIB_PORTABLE"] = "1"
    code = (
        "import json, sys; from importlib import import_module; "
        "module, _, name = sys.argv[1].partition('.'); "
        "job = getattr(import_module(f'bench.{module}'), name); "
        "print(json.dumps(job(*json.loads(sys.argv[2]))))"
    )
    emulator = ["qemu-x86_64", "-cpu", cpu] if cpu else []
    done = subprocess.run(
        [*emulator, sys.executable, "-c", code, job, json.dumps(arguments)],
        env=environment,
        cwd=paths.root(),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def agreement(networks: tuple[str, ...], cpus: tuple[str, ...]) -> dict:
    """Return by network and setting whether emulated processors give this one's bits."""
    jobs = [
        (network, portable, cpu)
        for network in networks
        for portable in (False, True)
        for cpu in (None, *cpus)
    ]
    with ThreadPoolExecutor(cores()) as pool:
        prints = pool.map(
            lambda job: in_a_process(
                "portable.fingerprint", job[0], portable=job[1], cpu=job[2]
            ),
            jobs,
        )
        found = dict(zip(jobs, prints, strict=True))
    return {
        network: {
            "portable" if portable else "default": {
                cpu: {
                    "same_bits": found[network, portable, cpu]["weights"]
                    == found[network, portable, None]["weights"],
                    "loss_difference": found[network, portable, cpu]["loss"]
                    - found[network, portable, None]["loss"],
                }
                for cpu in cpus
            }
            for portable in (False, True)
        }
        for network in networks
    }


def measure(quick: bool) -> dict:
    """Return agreement by network, JSON values only; None where QEMU is not installed.

    Args:
        quick: the first network only, one other processor.
    """
    networks = tuple(SYSTEMS)[:1] if quick else tuple(SYSTEMS)
    cpus = EMULATED[:1] if quick else EMULATED
    qemu = shutil.which("qemu-x86_64")
    return {"agreement": agreement(networks, cpus) if qemu else None}
