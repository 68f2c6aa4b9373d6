"""Secrets never reach a log; what is no secret stays readable."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptobot_desktop.monitoring.redaction import REDACTED, is_secret_name, redact_event, redact_text

BINANCE_KEY = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
TELEGRAM = "1234567890:AAH-abcdefghijklmnopqrstuvwxyz01234"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"key {BINANCE_KEY} refused", BINANCE_KEY),
        (f'{{"apiKey":"{BINANCE_KEY}"}}', BINANCE_KEY),
        ("https://h/api?symbol=BTCUSDT&signature=0123abcdef&x=1", "0123abcdef"),
        ("X-MBX-APIKEY: shortkey1", "shortkey1"),
        ("KC-API-SIGN: aGVsbG8=", "aGVsbG8="),
        ("api-key = abcd1234", "abcd1234"),
        ("passphrase='hunter22'", "hunter22"),
        ("Authorization: Bearer abc.def.ghi", "abc.def.ghi"),
        ("wss://x/?token=2neAiuYvAU61ZDXANAGAsiL4&connectId=1", "2neAiuYvAU61ZDXANAGAsiL4"),
        (f"bot{TELEGRAM}/sendMessage", TELEGRAM),
        (
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n",
            "dozjgNryP4J3jVmNHl0w5N_XgL0n",
        ),
        ("sk-proj-abcdefghijklmnopqrstuvwxyz", "abcdefghijklmnopqrstuvwxyz"),
        ("https://me:pa55word@host/", "pa55word"),
        ("-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\n-----END PRIVATE KEY-----", "MIIEvQIBADANBg"),
    ],
)
def test_secrets_in_texts_are_taken_out(text: str, secret: str) -> None:
    assert secret in text
    clean = redact_text(text)
    assert secret not in clean
    assert REDACTED in clean


@pytest.mark.parametrize(
    "text",
    [
        f"ledger {sha256(b'x').hexdigest()} holds",
        "order user:092bc8fd-73ca-4b02-9f1c-9ff8d68d4f3e filled",
        "keyboard, key figures, tokens per minute",
        "https://api.binance.com/api/v3/depth?symbol=BTCUSDT&limit=1000",
        "binance:BTCUSDT 64210.5 at 2026-11-20T14:02:11",
        "signature missing",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redact_text(text) == text


@pytest.mark.parametrize("name", ["api_key", "apiKey", "API_SECRET", "secret", "kc_passphrase", "listenKey", "token"])
def test_fields_with_secret_names_are_emptied_whatever_they_hold(name: str) -> None:
    event = {"outer": [{name: "plain"}], name: 12_345, "qty": 3, "done": True}
    assert redact_event(None, "info", event) == {
        "outer": [{name: REDACTED}],
        name: REDACTED,
        "qty": 3,
        "done": True,
    }


@pytest.mark.parametrize("name", ["key", "portfolio", "tokens_left", "secretary", "keyboard"])
def test_ordinary_names_are_not_secret(name: str) -> None:
    assert not is_secret_name(name)


def test_objects_and_deep_nesting_are_searched_too() -> None:
    deep: object = {"secret": "plain", "x": f"token={BINANCE_KEY}"}
    for _ in range(10):
        deep = [deep]
    event = redact_event(None, "info", {"deep": deep, "error": ValueError(f"bad {BINANCE_KEY}")})
    assert BINANCE_KEY not in repr(event)
    assert "plain" not in repr(event)


@given(
    st.recursive(st.one_of(st.none(), st.text(), st.integers(), st.floats()), lambda v: st.dictionaries(st.text(), v))
)
def test_any_event_can_be_redacted(value: object) -> None:
    redact_event(None, "info", {"event": value})
