"""Run riskmap: ``python -m tests.benchmarks.ours --scale S --data DIR --out FILE``.

riskmap reads longitude and latitude, projects them itself and measures on the ellipsoid.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.benchmarks.measure import Job, Rows, job_of, job_parser, report

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def rows_of_riskmap(
    job: Job,
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int16], NDArray[np.float64]]:
    """Ask riskmap for the rows. The one place to adapt when its entrance changes.

    Parameters
    ----------
    job : Job
        What is asked: ``job.degrees("hazards")`` and ``job.degrees("receptors")`` are the
        files, ``rules.json`` in ``job.data`` the rules, ``job.threads`` the threads.

    Returns
    -------
    tuple of ndarray
        Hazard, receptor, rule and distance [m] of each row closer than required.

    Raises
    ------
    NotImplementedError
        Until ``riskmap.sweep.sweep_files`` is there.
    """
    raise NotImplementedError(f"riskmap.sweep.sweep_files is not there yet ({job.scale})")


def main() -> None:
    """Run riskmap on the data that the command line names and print its JSON line."""
    job = job_of(job_parser("Run riskmap on the benchmark's data.").parse_args())
    report(Rows(*rows_of_riskmap(job)), engine="riskmap", job=job)


if __name__ == "__main__":
    main()
