"""Rules that judge whether a build will install, each with a code, a message and a hint. Pure.

Rules judge a `Build` at a given time; the build itself never changes over time.
"""
