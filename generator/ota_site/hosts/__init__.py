"""Static hosts: their environment variables, limits and configuration files.

Independent of the catalog. Facts are from the hosts' documentation.
"""
