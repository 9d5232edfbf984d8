"""Icons and QR codes (the only importer of Pillow and qrcode)."""
