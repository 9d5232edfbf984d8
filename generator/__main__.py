"""`python -m generator` is `ota-site`."""

from generator.cli import main

main()
