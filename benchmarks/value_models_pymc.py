"""How long ``pymc-marketing`` takes for the fits of ``benchmarks.value_models``, in an environment of its own.

    python3 -m venv /tmp/pymc && /tmp/pymc/bin/pip install pymc-marketing lifetimes
    /tmp/pymc/bin/python benchmarks/value_models_pymc.py

It draws from the posterior (NUTS, two chains) where ours and ``lifetimes`` look for the likeliest parameters, so its answer says
more; the posterior means are printed to show that it is the same model.  Nothing of this package is imported.
"""

from __future__ import annotations

import resource
import sys
import warnings

from lifetimes.datasets import load_cdnow_summary_data_with_monetary_value
from pymc_marketing import clv

NAMES = ["customer_id", "frequency", "recency", "T", "monetary_value"]
FITS = {
    "BG/NBD": (clv.BetaGeoModel, NAMES[:4], {"draws": 1_000, "tune": 1_000}),
    "Pareto/NBD": (clv.ParetoNBDModel, NAMES[:4], {"draws": 500, "tune": 500}),
    "Gamma-Gamma": (clv.GammaGammaModel, ["customer_id", "frequency", "monetary_value"], {"draws": 1_000, "tune": 1_000}),
}


def cpu_seconds() -> float:
    """Of this process and of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def main() -> None:
    rows = load_cdnow_summary_data_with_monetary_value().reset_index()
    rows.columns = NAMES
    for name, (kind, columns, draws) in FITS.items():
        data = rows[columns] if name != "Gamma-Gamma" else rows.loc[rows["frequency"] > 0, columns]
        before = cpu_seconds()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = kind(data=data)
            model.fit(chains=2, cores=2, random_seed=1, progressbar=False, **draws)
        means = {each: round(float(model.idata.posterior[each].mean()), 3) for each in model.idata.posterior.data_vars}
        sys.stdout.write(f"{name}: {cpu_seconds() - before:.1f} CPU s, posterior means {means}\n")


if __name__ == "__main__":
    main()
