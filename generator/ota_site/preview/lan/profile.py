"""Make the configuration profile that installs a root certificate on an iPhone: `ota-site.mobileconfig`. Pure.

Keys: TopLevel and CertificateRoot in developer.apple.com/documentation/devicemanagement.
"""

from __future__ import annotations

import hashlib
import plistlib
import uuid

PROFILE_TYPE = "application/x-apple-aspen-config"


def trust_profile(root: bytes, name: str) -> bytes:
    """Return a profile with one root certificate, given as DER; the same root gives the same bytes.

    Identifiers are derived from the certificate, so that installing the profile again replaces it.
    """
    mark = hashlib.sha256(root).hexdigest()
    identifier = f"ota-site.authority.{mark[:12]}"
    certificate = {
        "PayloadCertificateFileName": "ota-site.cer",
        "PayloadContent": root,
        "PayloadDescription": "The root certificate of this authority.",
        "PayloadDisplayName": name,
        "PayloadIdentifier": f"{identifier}.root",
        "PayloadType": "com.apple.security.root",
        "PayloadUUID": _uuid(f"{mark}/root"),
        "PayloadVersion": 1,
    }
    profile = {
        "PayloadContent": [certificate],
        "PayloadDescription": (
            "Lets this device install apps directly from the computer that runs ota-site. It is valid only for "
            "private addresses on local networks. Remove it when you no longer need it."
        ),
        "PayloadDisplayName": name,
        "PayloadIdentifier": identifier,
        "PayloadOrganization": "ota-site on a nearby computer",
        "PayloadRemovalDisallowed": False,
        "PayloadType": "Configuration",
        "PayloadUUID": _uuid(mark),
        "PayloadVersion": 1,
    }
    return plistlib.dumps(profile)


def _uuid(name: str) -> str:
    # The URL namespace, because ota-site has no registered one.
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"ota-site:{name}")).upper()
