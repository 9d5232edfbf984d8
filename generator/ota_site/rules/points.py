"""Extension points of iOS, named as in an extension's Info.plist."""

from __future__ import annotations

WITH_SCREEN = frozenset(
    (
        "com.apple.fileprovider-actionsui",
        "com.apple.intents-ui-service",
        "com.apple.keyboard-service",
        "com.apple.message-payload-provider",
        "com.apple.photo-editing",
        "com.apple.share-services",
        "com.apple.ui-services",
        "com.apple.usernotifications.content-extension",
        "com.apple.widget-extension",
    )
)
"""Points whose extensions show a screen: they need a display name, and a class or a storyboard."""

WITH_CLASS = WITH_SCREEN | {
    "com.apple.callkit.call-directory",
    "com.apple.fileprovider-nonui",
    "com.apple.intents-service",
    "com.apple.networkextension.packet-tunnel",
    "com.apple.usernotifications.service",
}
"""Points whose extensions must name a class or a storyboard, because the system provides none."""

KNOWN_POINTS = WITH_CLASS | {
    "com.apple.accessory-setup-extension",
    "com.apple.accessory-transport-extension",
    "com.apple.app-migration",
    "com.apple.app.non-ui-extension",
    "com.apple.appintents-extension",
    "com.apple.AppSSO.idp-extension",
    "com.apple.AudioUnit",
    "com.apple.AudioUnit-UI",
    "com.apple.authentication-services-account-authentication-modification-ui",
    "com.apple.authentication-services-credential-provider-ui",
    "com.apple.background-asset-downloader-extension",
    "com.apple.broadcast-services",
    "com.apple.broadcast-services-setupui",
    "com.apple.broadcast-services-upload",
    "com.apple.calendar.virtualconference",
    "com.apple.CallKit.call-directory",
    "com.apple.classkit.context-provider",
    "com.apple.contact.provider.extension",
    "com.apple.crash-reporter.extension",
    "com.apple.ctk-tokens",
    "com.apple.deviceactivity.monitor-extension",
    "com.apple.deviceactivityui.report-extension",
    "com.apple.devicediscovery-extension",
    "com.apple.fileprovider-actions",
    "com.apple.fileprovider-ui",
    "com.apple.financekit.background-delivery",
    "com.apple.fskit.fsmodule",
    "com.apple.identity-document-services.document-provider-ui",
    "com.apple.identitylookup.call-communication",
    "com.apple.identitylookup.classification-ui",
    "com.apple.identitylookup.live-lookup",
    "com.apple.identitylookup.message-filter",
    "com.apple.live-lookup",
    "com.apple.location.push.service",
    "com.apple.ManagedSettings.shield-action-service",
    "com.apple.ManagedSettingsUI.shield-configuration-service",
    "com.apple.matter.support.extension.device-setup",
    "com.apple.mlmodel-preview",
    "com.apple.networkextension.app-proxy",
    "com.apple.networkextension.app-push",
    "com.apple.networkextension.dns-proxy",
    "com.apple.networkextension.filter-control",
    "com.apple.networkextension.filter-data",
    "com.apple.networkextension.hotspot-authentication",
    "com.apple.networkextension.hotspot-evaluation",
    "com.apple.networkextension.url-filter",
    "com.apple.networkextension.url-filter-control",
    "com.apple.PassKit.issuer-provisioning",
    "com.apple.PassKit.issuer-provisioning.authorization",
    "com.apple.photo-project",
    "com.apple.photos.background-upload",
    "com.apple.printing.discovery",
    "com.apple.public.translation-ui-provider",
    "com.apple.quicklook.preview",
    "com.apple.quicklook.thumbnail",
    "com.apple.Safari.content-blocker",
    "com.apple.Safari.extension",
    "com.apple.Safari.web-extension",
    "com.apple.securecapture",
    "com.apple.services",
    "com.apple.spotlight.import",
    "com.apple.spotlight.index",
    "com.apple.translation-ui-provider",
    "com.apple.tv-services",
    "com.apple.tv-top-shelf",
    "com.apple.vmwatch",
    "com.apple.watchkit",
    "com.apple.web-browser-engine.content",
    "com.apple.web-browser-engine.networking",
    "com.apple.web-browser-engine.rendering",
    "com.apple.widgetkit-extension",
}
"""Points that some version of iOS accepts from third parties.

Those of iOS 26 are the ones that its KnowledgeMonitor looks for in third-party extensions (blacktop/ipsw-diffs); older
and rarer ones are from Xcode's templates and Apple's documentation.
"""
