"""`python -m ota_site` is `ota-site`."""

from ota_site.cli import main

main()
