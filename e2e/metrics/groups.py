"""The groups of a PrometheusRule, as a file of rules: from standard input to standard output."""

import sys

lines = sys.stdin.read().split("\n")
at = lines.index("spec:") + 1
print("\n".join(line[2:] for line in lines[at:]))
