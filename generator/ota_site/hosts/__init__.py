"""Static hosts: what each tells a build through its environment, what it takes, and the files it reads.

Knows nothing of the catalog. Facts from the hosts' own documentation.
"""
