"""Makes the seed corpora of the fuzz targets out of the case files in tests/cases."""

import base64
import hashlib
import json
import pathlib

HERE = pathlib.Path(__file__).parent
CASES = HERE.parent / "cases"
STATUSES = [200, 400, 401, 429, 503, 201, 204, 302, 403, 404, 500, 599]
REDIRECTS = [
    "http://localhost:8400/", "https://login.microsoftonline.com/common/oauth2/nativeclient", "https://app.contoso.example/oauth/cb",
    "msal11111111-2222-3333-4444-555555555555://auth",
]
HOSTILE = [
    "\x1b]52;c;ZQ==\x07 \x1b[6n \x1b[2J", "a\u202eb\u2066c\u200bd\ufeff", "e\u0301\u0302\u0303\u0304", "\ue000\ufffe\U000e0041",
    "Zürich 日本語 שלום 🙂", "line\r\nline\tline\u2028", "x" * 300,
]


def seed(target, data):
    directory = HERE / "corpus" / target
    directory.mkdir(parents=True, exist_ok=True)
    (directory / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)


def pasted(case):
    if case.get("input") is not None:
        return case["input"].encode()
    if case.get("input_b64"):
        return base64.b64decode(case["input_b64"])
    part = case["input_gen"]
    return (part["prefix"] + part["repeat"] * min(part["count"], 50) + part["suffix"]).encode()


def cases(name):
    path = CASES / name
    return json.loads(path.read_text()) if path.exists() else []


def body(case):
    text = case.get("body") or ""
    text = text if isinstance(text, str) else json.dumps(text)
    # Byte 1 stands for the planted value.
    return text.replace("FAKE", "\x01").encode()


for case in cases("redirect.json"):
    text = pasted(case)
    redirect = REDIRECTS.index(case.get("redirect_uri") or REDIRECTS[0])
    seed("paste", bytes([redirect << 2 | (not case.get("pkce") in (None, True)) | 2 * bool(case.get("iss_expected"))]) + text)
    seed("sanitizer", b"\x00\x28" + text)

for case in cases("token-endpoint.json"):
    status = case.get("http_status") or 200
    index = STATUSES.index(status) if status in STATUSES else 1
    seed("answer", bytes([index, 1, 0, 0, 0, 60]) + body(case))
    seed("sanitizer", b"\x01\x00" + body(case))

for text in HOSTILE:
    seed("sanitizer", b"\x00\x50" + text.encode())
    seed("paste", b"\x00" + text.encode())
    seed("answer", bytes([1, 0, 0, 0, 0, 0]) + json.dumps({"error": "invalid_grant", "error_description": text}).encode())
seed("answer", bytes(6) + b'{"token_type":"Bearer","access_token":"\x01","refresh_token":"\x01","expires_in":"3599","scope":"Mail.Send"}')
seed("answer", bytes(6) + b'{"token_type":"Bearer","access_token":"e30.eyJ1cG4iOiJvcHNAY29udG9zby5jb20ifQ.x","id_token":"\x01","expires_in":3599}')
seed("paste", b"\x00http://localhost:8400/?code=\x01&state=Qm3vX0p7s2kLr9TzWb1yHd5NfUe8aJcG4oViRtKxYlM")
seed("paste", b"\x00http://localhost:8400/?error=access_denied&error_description=\x01&state=Qm3vX0p7s2kLr9TzWb1yHd5NfUe8aJcG4oViRtKxYlM")
