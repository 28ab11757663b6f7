"""MSAL for Python against the simulated tenant, over TLS: every way in, asserted. One line for each that held.

Usage: msal_client.py AUTHORITY CA_PEM CERTIFICATE_PEM KEY_PEM
"""

import base64
import hashlib
import json
import ssl
import sys
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlsplit

import jwt
import msal
import requests

CONFIDENTIAL = "5d2f7a10-6b0e-4c7b-9a51-0f3c2f8e1b44"
PUBLIC = "78b7d0ac-8477-4ce0-8e4c-da11b43c589b"
SECRET = "simulated~contoso.msal.00000000000000001"
REDIRECT = "http://localhost:8400/"
USER = "ops@contoso.example"
SCOPES = ["User.Read", "Mail.ReadWrite"]
DEFAULT = ["https://graph.microsoft.com/.default"]

AUTHORITY, CA, CERTIFICATE_FILE, KEY_FILE = sys.argv[1:]
CERTIFICATE = open(CERTIFICATE_FILE, encoding="ascii").read()
KEY = open(KEY_FILE, encoding="ascii").read()


def confidential(credential):
    return msal.ConfidentialClientApplication(
        CONFIDENTIAL, client_credential=credential, authority=AUTHORITY, instance_discovery=False, verify=CA
    )


def public():
    return msal.PublicClientApplication(PUBLIC, authority=AUTHORITY, instance_discovery=False, verify=CA)


def by_sha256():
    """PS256 with x5t#S256, which MSAL writes with padding."""
    return {"private_key": KEY, "public_certificate": CERTIFICATE}


def by_sha1():
    """RS256 with x5t: what MSAL falls back to when it is told a SHA-1 thumbprint."""
    der = ssl.PEM_cert_to_DER_cert(CERTIFICATE)
    return {"private_key": KEY, "thumbprint": hashlib.sha1(der).hexdigest()}


class HiddenFields(HTMLParser):
    def __init__(self):
        super().__init__()
        self.fields = {}

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "input" and attrs.get("type") == "hidden":
            self.fields[attrs["name"]] = attrs["value"]


def play_the_browser(address, consent="accept"):
    """What the browser would bring back: the parameters of the redirect, or of the page that posts itself."""
    answers = {"sim_user": USER, "sim_consent": consent}
    page = requests.get(address, params=answers, verify=CA, allow_redirects=False, timeout=10)
    if page.status_code == 302:
        return dict(parse_qsl(urlsplit(page.headers["location"]).query))
    reader = HiddenFields()
    reader.feed(page.text)
    return reader.fields


def expect(condition, result):
    if not condition:
        # Names and errors only: results hold tokens.
        shown = {name: result[name] for name in result if name.startswith("error")} | {"fields": sorted(result)}
        raise AssertionError(json.dumps(shown))


def sign_in(app, **options):
    flow = app.initiate_auth_code_flow(SCOPES, **options)
    assert "code_challenge=" in flow["auth_uri"] and "code_challenge_method=S256" in flow["auth_uri"]
    result = app.acquire_token_by_auth_code_flow(flow, play_the_browser(flow["auth_uri"]))
    expect("access_token" in result, result)
    expect(result["id_token_claims"]["preferred_username"] == USER, result)
    expect(set(SCOPES) <= set(result["scope"].split()), result)
    return result


def renew_silently(app, before):
    """The token lives a minute, so MSAL sends the refresh token; twice, because it is rotated each time."""
    for _ in range(2):
        [account] = app.get_accounts(username=USER)
        result = app.acquire_token_silent_with_error(SCOPES, account)
        expect("access_token" in result and result["token_source"] == "identity_provider", result)
        expect(result["access_token"] != before["access_token"], result)
        before = result


def code_with_secret():
    app = confidential(SECRET)
    renew_silently(app, sign_in(app, redirect_uri=REDIRECT))


def code_with_certificate():
    app = confidential(by_sha256())
    renew_silently(app, sign_in(app, redirect_uri=REDIRECT))


def code_without_proof():
    app = public()
    renew_silently(app, sign_in(app, redirect_uri="http://localhost:51234"))


def code_by_form_post():
    sign_in(confidential(SECRET), redirect_uri=REDIRECT, response_mode="form_post")


def code_declined():
    app = confidential(SECRET)
    flow = app.initiate_auth_code_flow(SCOPES, redirect_uri=REDIRECT)
    result = app.acquire_token_by_auth_code_flow(flow, play_the_browser(flow["auth_uri"], "decline"))
    expect(result["error"] == "access_denied" and result["error_description"].startswith("AADSTS65004"), result)


def enter_code(flow, consent):
    parameters = {"user_code": flow["user_code"], "sim_user": USER, "sim_consent": consent}
    page = requests.get(flow["verification_uri"], params=parameters, verify=CA, timeout=10)
    assert page.status_code == 200 and 'id="done"' in page.text


def device_code(consent="accept"):
    """The person acts after the first poll, while MSAL waits for the next."""
    app = public()
    flow = app.initiate_device_flow(SCOPES)
    expect(flow.get("user_code") and flow["interval"] == 1 and flow["expires_in"] == 900, flow)
    waits = []

    def act_once(_):
        if not waits:
            enter_code(flow, consent)
        waits.append(True)
        return False

    result = app.acquire_token_by_device_flow(flow, exit_condition=act_once)
    assert waits, "the first poll should have been told to wait"
    return app, result


def device_code_accepted():
    app, result = device_code()
    expect("access_token" in result and result["id_token_claims"]["preferred_username"] == USER, result)
    renew_silently(app, result)


def device_code_declined():
    _, result = device_code("decline")
    expect(result["error"] == "authorization_declined", result)


def device_code_told_to_slow_down():
    app = public()
    flow = app.initiate_device_flow(SCOPES)
    errors = [app.acquire_token_by_device_flow(flow, exit_condition=lambda _: True)["error"] for _ in range(2)]
    assert errors == ["authorization_pending", "slow_down"], errors


def application(credential, appidacr):
    result = confidential(credential).acquire_token_for_client(DEFAULT)
    expect("access_token" in result and "refresh_token" not in result, result)
    payload = result["access_token"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert claims["roles"] == ["Mail.Read"] and "scp" not in claims, sorted(claims)
    assert claims["appidacr"] == appidacr, claims["appidacr"]


def application_with_secret():
    application(SECRET, "1")


def application_with_certificate_ps256():
    application(by_sha256(), "2")


def application_with_certificate_rs256():
    application(by_sha1(), "2")


def application_with_wrong_secret():
    result = confidential("wrong").acquire_token_for_client(DEFAULT)
    expect(result["error"] == "invalid_client" and result["error_codes"] == [7000215], result)


def id_token_verifies_by_the_published_keys():
    result = sign_in(confidential(SECRET), redirect_uri=REDIRECT)
    document = requests.get(f"{AUTHORITY}/v2.0/.well-known/openid-configuration", verify=CA, timeout=10).json()
    keys = jwt.PyJWKClient(document["jwks_uri"], ssl_context=ssl.create_default_context(cafile=CA))
    key = keys.get_signing_key_from_jwt(result["id_token"])
    claims = jwt.decode(
        result["id_token"], key.key, algorithms=["RS256"], audience=CONFIDENTIAL, issuer=document["issuer"]
    )
    assert claims["preferred_username"] == USER


CHECKS = [
    code_with_secret,
    code_with_certificate,
    code_without_proof,
    code_by_form_post,
    code_declined,
    device_code_accepted,
    device_code_declined,
    device_code_told_to_slow_down,
    application_with_secret,
    application_with_certificate_ps256,
    application_with_certificate_rs256,
    application_with_wrong_secret,
    id_token_verifies_by_the_published_keys,
]

for check in CHECKS:
    check()
    print("held:", check.__name__.replace("_", " "), flush=True)
print(f"all {len(CHECKS)} held, MSAL {msal.__version__}")
