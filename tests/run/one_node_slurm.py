"""A Slurm of one node with its own munge, which touches nothing of the machine's, for as long as a command runs.

    python tests/run/one_node_slurm.py COMMAND [ARGUMENT ...]

The command finds it by SLURM_CONF. Only root can start one.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

PROGRAMS = ("munged", "sbatch", "scontrol", "slurmctld", "slurmd", "squeue", "srun")
# Slurm's default time limits are too short for a machine that is busy with other things: a launch or an answer that
# comes late would count as lost, and the job as failed. A requeued job waits until its credential expires.
CONF = """
ClusterName=mini
SlurmctldHost=HOST(127.0.0.1)
SlurmctldPort=PORT1
SlurmdPort=PORT2
AuthInfo=socket=FOLDER/munge.socket,cred_expire=30
CryptoType=crypto/munge
MpiDefault=none
ProctrackType=proctrack/linuxproc
ReturnToService=2
MessageTimeout=100
BatchStartTimeout=900
KillWait=900
SlurmdTimeout=0
SlurmUser=root
SlurmctldPidFile=FOLDER/slurmctld.pid
SlurmdPidFile=FOLDER/slurmd.pid
SlurmctldLogFile=FOLDER/slurmctld.log
SlurmdLogFile=FOLDER/slurmd.log
SlurmdSpoolDir=FOLDER/slurmd
StateSaveLocation=FOLDER/slurmctld
SwitchType=switch/none
TaskPlugin=task/none
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=2,bf_interval=2
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
NodeName=HOST NodeAddr=127.0.0.1 CPUs=2 RealMemory=2000 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""
PATIENCE = 900.0
"""Seconds; reached only where something is broken."""


@contextmanager
def one_node_slurm(folder: Path) -> Iterator[Path]:
    """Start it, and give its slurm.conf.

    Args:
        folder: Empty; takes all that it writes.

    Raises:
        TimeoutError: It does not come up.
    """
    conf = _configured(folder)
    environment = {**os.environ, "SLURM_CONF": str(conf)}
    files = {"--socket": "munge.socket", "--key-file": "munge.key", "--seed-file": "munge.seed"}
    files |= {"--pid-file": "munge.pid", "--log-file": "munge.log"}
    daemons = [
        ["munged", "--foreground", "--force", *(f"{option}={folder / file}" for option, file in files.items())],
        ["slurmctld", "-D", "-i"],
        ["slurmd", "-D"],
    ]
    started: list[subprocess.Popen[bytes]] = []
    with (folder / "daemons.log").open("wb") as log:
        try:
            for daemon in daemons:
                started.append(subprocess.Popen(daemon, stdout=log, stderr=log, env=environment))
                time.sleep(1)
            _wait_for_its_node(environment)
            yield conf
        finally:
            subprocess.run(["scancel", "--user=root", "--signal=KILL"], check=False, env=environment)
            for process in reversed(started):
                process.terminate()
                process.wait(PATIENCE)


def _configured(folder: Path) -> Path:
    ports = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    text = CONF.replace("HOST", socket.gethostname()).replace("FOLDER", str(folder))
    for at, port in enumerate(ports, 1):
        text = text.replace(f"PORT{at}", str(port.getsockname()[1]))
        port.close()
    (folder / "munge.key").write_bytes(os.urandom(128))
    (folder / "munge.key").chmod(0o600)
    (folder / "slurm.conf").write_text(text)
    return folder / "slurm.conf"


def _wait_for_its_node(environment: dict[str, str]) -> None:
    until = time.monotonic() + PATIENCE
    asked = ["sinfo", "--noheader", "--format=%T"]
    while "idle" not in subprocess.run(asked, capture_output=True, text=True, check=False, env=environment).stdout:
        if time.monotonic() > until:
            raise TimeoutError("The Slurm of one node does not come up.")
        time.sleep(0.2)


def main() -> int:
    """Run a command beside it."""
    with TemporaryDirectory(prefix="slurm-") as folder, one_node_slurm(Path(folder)) as conf:
        return subprocess.run(sys.argv[1:], check=False, env={**os.environ, "SLURM_CONF": str(conf)}).returncode


if __name__ == "__main__":
    sys.exit(main())
