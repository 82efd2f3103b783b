"""Packs data of the pages: deflated, in base64. A picture is in its page. Texts are in scripts, because a page that is opened from a
file may load scripts, but no other data. theme/packed.js unpacks both."""
import base64
import json
import zlib


def deflated(value):
    """A value of JSON."""
    data = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
    return base64.b64encode(zlib.compress(data, 9)).decode()


def script(name, value):
    """A script with a value of JSON."""
    return f'furl_packed("{name}", "{deflated(value)}");\n'
