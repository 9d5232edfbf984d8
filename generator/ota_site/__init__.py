"""From a folder of .ipa files to a static website that installs them over the air."""

__version__ = "0.1.0"
