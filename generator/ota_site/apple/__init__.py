"""Apple's formats: the IPA and its contents, the manifest, the install link.

Knows nothing about websites. All input is hostile until parsed.
"""
