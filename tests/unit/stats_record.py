#!/usr/bin/env python3
"""Writes stats_cases.json: what SciPy and statsmodels give, each value with the call that made it.

Needs scipy and statsmodels; the test that reads the file does not.
"""
import json
import os

import numpy as np
import scipy
import scipy.optimize as so
import scipy.stats as st
import statsmodels
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestPower
from statsmodels.stats.proportion import confint_proportions_2indep

SHARES = (0.02, 0.22, 0.78, 0.98)  # of host/stats/welch.c


def welch_df(va, vb, c, terms=(0, 0, 0, 0)):
    """Degrees of freedom of host/stats/welch.h."""
    bend = c * (1 - c) * np.polynomial.polynomial.polyval(2 * c - 1, terms)
    return 1 / np.maximum(1e-6, c * c / va + (1 - c) ** 2 / vb + bend)


def welch_coverage(va, vb, share, terms=(0, 0, 0, 0)):
    """By Gauss-Legendre quadrature over quantiles of A's part of the pooled sum of squares."""
    x, weight = np.polynomial.legendre.leggauss(400)
    angle = np.pi / 4 * (x + 1)  # the part is sin(angle) squared
    part, v = np.sin(angle) ** 2, va + vb
    density = st.beta.pdf(part, va / 2, vb / 2) * 2 * np.sin(angle) * np.cos(angle)
    a, b = share * part / va, (1 - share) * (1 - part) / vb
    t = st.t.ppf(0.975, welch_df(va, vb, a / (a + b), terms)) * np.sqrt(v * (a + b))
    return np.pi / 4 * np.sum(weight * density * (2 * st.t.cdf(t, v) - 1))


def welch_calibrated(a, b):
    va, vb = len(a) - 1, len(b) - 1
    found = so.root(lambda terms: [welch_coverage(va, vb, s, terms) - 0.95 for s in SHARES],
                    np.zeros(4), tol=1e-14)
    qa, qb = np.var(a, ddof=1) / len(a), np.var(b, ddof=1) / len(b)
    df, mean = welch_df(va, vb, qa / (qa + qb), found.x), np.mean(b) - np.mean(a)
    law = st.t(df, mean, np.sqrt(qa + qb))
    return [*law.interval(0.95), 2 * st.t.sf(abs(mean) / np.sqrt(qa + qb), df)]


def scheffe(few, many):
    """As the t test of one sample that has Scheffe's mean and spread."""
    n, m = len(few), len(many)
    d = np.sqrt(n / m) * np.array(many[:n]) - few
    test = st.ttest_1samp(d - np.mean(d) + np.mean(many) - np.mean(few), 0)
    return [*test.confidence_interval(0.95), test.pvalue]


NAMES = {"st": st, "welch_coverage": welch_coverage, "welch_calibrated": welch_calibrated,
         "scheffe": scheffe, "np": np, "multipletests": multipletests, "TTestPower": TTestPower,
         "confint_proportions_2indep": confint_proportions_2indep}
CASES = []


def record(function, args, call):
    value = np.atleast_1d(np.asarray(eval(call, NAMES), dtype=float)).tolist()  # our own text
    CASES.append({"function": function, "args": args, "call": call, "value": value})


for b, c in ((0, 0), (0, 5), (3, 14), (10, 10), (2, 41), (120, 170)):
    call = "st.binomtest(%d, %d, 0.5).pvalue" % (b, b + c) if b + c else "1.0"
    record("mcnemar_exact", [b, c], call)
for x in (-8, -1.3, 0, 0.4, 5):
    record("normal_cdf", [x], "st.norm.cdf(%r)" % x)
for p in (1e-9, 0.025, 0.3, 0.5, 0.9, 0.999):
    record("normal_quantile", [p], "st.norm.ppf(%r)" % p)
for x, a, b in ((0.1, 0.5, 2), (0.9, 30, 2.5), (0.37, 200, 341), (0.5, 1, 1)):
    record("beta_cdf", [x, a, b], "st.beta.cdf(%r, %r, %r)" % (x, a, b))
for t, df in ((-12, 1), (-1, 2), (0.3, 4.7), (2.5, 63), (40, 2)):
    record("student_cdf", [t, df], "st.t.cdf(%r, %r)" % (t, df))
for p, df in ((0.975, 1), (0.975, 2), (0.025, 63), (0.6, 3.3), (0.9995, 4)):
    record("student_quantile", [p, df], "st.t.ppf(%r, %r)" % (p, df))
for t, df, d in ((2.1, 4, 1.5), (4.3, 2, 3), (-2.5, 9, 1), (2.02, 40, 6), (12.7, 1, 16), (2, 9, 0)):
    record("noncentral_t_cdf", [t, df, d], "st.nct.cdf(%r, %r, %r)" % (t, df, d) if d else
           "st.t.cdf(%r, %r)" % (t, df))
for k, n, p in ((3, 64, 0.1), (40, 64, 0.6), (0, 5, 0.3), (5, 5, 0.3)):
    record("binomial_cdf", [k, n, p], "st.binom.cdf(%r, %r, %r)" % (k, n, p))
for a, na, b, nb in ((26, 64, 57, 64), (0, 60, 5, 60), (60, 60, 60, 60), (12, 20, 40, 80)):
    record("newcombe", [a, na, b, nb], "confint_proportions_2indep(%d, %d, %d, %d, method='newcomb')"
           % (b, nb, a, na))
    record("fisher_exact", [a, na, b, nb], "st.fisher_exact([[%d, %d], [%d, %d]])[1]"
           % (a, na - a, b, nb - b))
for a, b in (([0.4, 0.42, 0.39], [0.9, 0.81, 0.89]), ([0.1, 0.3], [0.2, 0.25, 0.7, 0.1]),
             ([0.5, 0.52, 0.47, 0.6, 0.41], [0.55, 0.5, 0.61, 0.49, 0.6])):
    test = "st.ttest_ind(%r, %r, equal_var=False)" % (b, a)
    record("welch", [a, b], "[*%s.confidence_interval(0.95), %s.pvalue]" % (test, test))
for va, vb, share in ((2, 2, 0.5), (2, 9, 0.02), (4, 4, 0.9), (29, 3, 0.3)):
    record("welch_coverage", [va, vb, share], "welch_coverage(%d, %d, %r)" % (va, vb, share))
SPREAD = [0.31, 0.52, 0.44, 0.61, 0.39, 0.47, 0.55, 0.42, 0.58, 0.5]
for a, b in (([0.4, 0.42, 0.39], [0.9, 0.81, 0.89]), ([0.4, 0.42, 0.44], [0.5, 0.7, 0.45, 0.56]),
             (SPREAD, [0.6, 0.61, 0.62]), ([0.7, 0.66, 0.64, 0.71, 0.69], [0.5, 0.4, 0.7, 0.65, 0.6]),
             ([0.5, 0.55, 0.51], [0.5, 0.55, 0.51])):
    record("welch_calibrated", [a, b], "welch_calibrated(%r, %r)" % (a, b))
for a, b in (([0.4, 0.45], [0.9, 0.8]), ([0.4, 0.45], [0.9, 0.8, 0.85, 0.7, 0.95])):
    record("scheffe", [a, b], "scheffe(%r, %r)" % (a, b))
for t, df in ((0, 1), (-2.5, 3.7), (40, 63)):
    record("student_density", [t, df], "st.t.pdf(%r, %r)" % (t, df))
for d in ([0.1, 0.2, 0.15], [0.02, -0.01, 0.04, 0.08, 0.03], [0.3, 0.1]):
    test = "st.ttest_1samp(%r, 0)" % d
    record("seed_clustered", [d], "[*%s.confidence_interval(0.95), %s.pvalue]" % (test, test))
for p in ([0.01, 0.04, 0.03], [0.5, 0.001, 0.02, 0.02, 0.9], [0.2]):
    record("holm", [p], "multipletests(%r, method='holm')[1]" % p)
for n, e, alpha in ((3, 2.5, 0.05), (5, 1, 0.05), (2, 3, 0.1), (10, 1.2, 0.01)):
    record("seeds_power", [n, e, alpha], "TTestPower().power(%r, %r, %r)" % (e, n, alpha))
for n, psi, delta, alpha in ((64, 0.3, 0.2, 0.05), (100, 0.21, 0.1, 0.05), (10, 0.9, 0.6, 0.05),
                             (300, 0.21, 0.08, 0.01)):
    # Every count of discordant pairs, every split of them, and whether the test rejects it.
    record("mcnemar_power", [n, psi, delta, alpha],
           "sum(st.binom.pmf(m, %d, %r) * sum(st.binom.pmf(k, m, %r) for k in range(m + 1)"
           " if st.binomtest(k, m, 0.5).pvalue <= %r) for m in range(1, %d + 1))"
           % (n, psi, (psi + delta) / (2 * psi), alpha, n))
for a, b in ((0.4, 0.9), (0, 0.1), (0.5, 0.5)):
    record("cohen_h", [a, b], "2 * np.arcsin(np.sqrt(%r)) - 2 * np.arcsin(np.sqrt(%r))" % (b, a))

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "stats_cases.json"), "w",
          encoding="utf-8") as f:
    head = {"scipy": scipy.__version__, "statsmodels": statsmodels.__version__}
    f.write('{"made_by": %s,\n "cases": [\n' % json.dumps(head))
    f.write(",\n".join("  " + json.dumps(case) for case in CASES))
    f.write("\n]}\n")
