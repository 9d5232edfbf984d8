"""Whether a build will install: rules, each with a code, a message and a way out. Pure.

Judged from a `Build` at a given moment; the build itself never changes with the day.
"""
