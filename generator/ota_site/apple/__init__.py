"""Apple's formats: the IPA and what is in it, the manifest, the install link.

Knows nothing of web sites. Everything that is read here is hostile until parsed.
"""
