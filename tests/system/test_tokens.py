"""Bearer tokens that must not hold, each bad in one way: 401, and no word on why."""
# SPDX-License-Identifier: Apache-2.0
import json
import time

import pytest

import keys
from stage import wait_until
from tokens import encode, sign_hs256
from web import Raw

PATH = "/v1/me"
HOUR_S = 3600


def public_key_texts(tokens):
    """The public key in forms that a careless library might take for a secret."""
    public = keys.run_jose("jwk", "pub", "-i-", text=json.dumps(tokens.key)).strip()
    return [public.encode(), (tokens.folder / "jwks.json").read_bytes(), json.loads(public)["x"].encode()]


def make_bad(tokens):
    """Name and token of each attack. The good one differs from each in one point."""
    claims, header = tokens.claims(["agent"], "mallory"), tokens.header()
    good = tokens.sign(claims)
    head, body, signature = good.split(".")
    own = json.loads(keys.run_jose("jwk", "gen", "-i", '{"alg": "ES256"}', text=""))
    public = json.loads(keys.run_jose("jwk", "pub", "-i-", text=json.dumps(own)))
    now = int(time.time())
    bad = {
        "alg none, no signature": f"{encode({'alg': 'none'})}.{body}.",
        "alg none, old signature": f"{encode(header | {'alg': 'none'})}.{body}.{signature}",
        "alg NONE": f"{encode(header | {'alg': 'NONE'})}.{body}.",
        "no alg": f"{encode({'kid': header['kid']})}.{body}.{signature}",
        "another algorithm than the key's": f"{encode(header | {'alg': 'RS256'})}.{body}.{signature}",
        "EdDSA": f"{encode(header | {'alg': 'EdDSA'})}.{body}.{signature}",
        "expired": tokens.sign(claims | {"exp": now - HOUR_S}),
        "expired beyond the leeway": tokens.sign(claims | {"exp": now - 90}),
        "no exp": tokens.sign({name: value for name, value in claims.items() if name != "exp"}),
        "exp a text": tokens.sign(claims | {"exp": str(now + HOUR_S)}),
        "exp negative": tokens.sign(claims | {"exp": -1}),
        "not yet": tokens.sign(claims | {"nbf": now + HOUR_S}),
        "made in the future": tokens.sign(claims | {"iat": now + HOUR_S}),
        "another audience": tokens.sign(claims | {"aud": "elsewhere"}),
        "no audience": tokens.sign({name: value for name, value in claims.items() if name != "aud"}),
        "audiences without us": tokens.sign(claims | {"aud": ["elsewhere", "aftercare2"]}),
        "another issuer": tokens.sign(claims | {"iss": "https://evil.example"}),
        "no issuer": tokens.sign({name: value for name, value in claims.items() if name != "iss"}),
        "no subject": tokens.sign({name: value for name, value in claims.items() if name != "sub"}),
        "empty subject": tokens.sign(claims | {"sub": ""}),
        "long subject": tokens.sign(claims | {"sub": "s" * 256}),
        "control character in the subject": tokens.sign(claims | {"sub": "a\nb"}),
        "another type": tokens.sign(claims, header | {"typ": "logout+jwt"}),
        "critical header": tokens.sign(claims, header | {"crit": ["exp"], "exp": now + HOUR_S}),
        "unknown kid": tokens.sign(claims, header | {"kid": "nobody"}),
        "no kid": tokens.sign(claims, {name: value for name, value in header.items() if name != "kid"}),
        "kid a path": tokens.sign(claims, header | {"kid": "../../../../dev/null"}),
        "another key under our kid": tokens.sign(claims, header, own),
        "own key in the header": tokens.sign(claims, header | {"jwk": public}, own),
        "own key behind jku": tokens.sign(claims, header | {"jku": "https://evil.example/jwks.json"}, own),
        "own key behind x5u": tokens.sign(claims, header | {"x5u": "https://evil.example/cert"}, own),
        "truncated signature": good[:-10],
        "no signature": f"{head}.{body}.",
        "signature of zeros": f"{head}.{body}.{encode(bytes(64))}",
        "signature flipped": f"{head}.{body}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}",
        "changed claims": f"{head}.{encode(claims | {'roles': ['administrator']})}.{signature}",
        "two parts": f"{head}.{body}", "four parts": good + ".e30", "five parts": f"{head}.{body}.{body}.{body}.{signature}",
        "not base64url": f"{head}.{body}.!!!!", "padding": good + "=", "claims no JSON": f"{head}.{encode('nonsense')}.{signature}",
        "claims a list": f"{head}.{encode('[]')}.{signature}", "dots": "..", "a word": "nonsense",
        "just under the limit": f"{head}.{body}.{'A' * 8000}"[:8192], "over the limit": "A" * 9000,
    }
    for i, secret in enumerate(public_key_texts(tokens)):
        bad[f"HS256 with the public key, form {i}"] = sign_hs256(claims, header | {"alg": "HS256"}, secret)
    return bad


@pytest.fixture(scope="module")
def answers(stage, web):
    """The answer to each bad token, the connection new for each."""
    found = {}
    for name, token in make_bad(stage.tokens).items():
        found[name] = web.get(PATH, f"Bearer {token}")
        web.hang_up()
    return found


def test_a_good_token_holds(stage, web):
    for claims in (stage.tokens.claims(["agent"]), stage.tokens.claims(["agent"], aud=["x", "aftercare"]),
                   stage.tokens.claims(["agent"], exp=int(time.time()) - 20), stage.tokens.claims(["agent"], iat=None)):
        assert web.get(PATH, "Bearer " + stage.tokens.sign(claims)).status == 200
    for header in (stage.tokens.header(typ=None), stage.tokens.header(typ="JWT")):
        assert web.get(PATH, "Bearer " + stage.tokens.sign(stage.tokens.claims(), header)).status == 200


def test_no_bad_token_holds(answers):
    held = {name: answer for name, answer in answers.items() if (answer.status, answer.reason) != (401, "TOKEN_INVALID")}
    assert not held


def test_a_refusal_says_the_same_whatever_was_wrong(answers):
    documents = {json.dumps({name: value for name, value in answer.json.items() if name != "trace_id"})
                 for answer in answers.values()}
    assert len(documents) == 1, documents
    assert all(answer.headers["www-authenticate"].startswith("Bearer") for answer in answers.values())


@pytest.mark.parametrize("roles", ["agent", None, 5, {"agent": True}, [5, None, ["agent"]], ["AGENT", " agent"]], ids=repr)
def test_roles_of_another_form_open_nothing(stage, web, roles):
    token = stage.tokens.sign(stage.tokens.claims() | {"roles": roles})
    assert web.get("/v1/units", f"Bearer {token}").status in (401, 403)


def test_no_token_is_another_thing_than_a_bad_one(web):
    for authorization in (None, "Basic YTpi"):
        answer = web.get(PATH, authorization)
        assert answer.status == 401 and answer.headers["www-authenticate"].startswith("Bearer")
    assert web.get(PATH).reason == "TOKEN_MISSING"


def test_a_token_of_100_kilobytes_is_cut_off_by_the_header_limit(stage, web):
    with Raw(stage.port) as raw:
        try:
            raw.send(b"GET /v1/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + b"A" * 102400 + b"\r\n\r\n")
            answer = raw.read_answer()
        except ConnectionError:
            answer = None
        assert answer is None or answer.status == 431
    assert web.get(PATH, "agent:kim").status == 200


def test_a_verified_token_is_not_remembered_beyond_its_end(stage, web):
    """Within the leeway it holds, and is remembered; the test waits until it does not any more."""
    token = "Bearer " + stage.tokens.sign(stage.tokens.claims(["agent"], exp=int(time.time()) - 58))
    assert web.get(PATH, token).status == 200
    wait_until(lambda: web.get(PATH, token).status == 401, "the token has ended")
