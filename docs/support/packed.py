"""Data, deflated, in base64: of a picture on its page, or as a small script that a page loads when it needs it. A page from the file
system may load scripts, and nothing else; theme/packed.js unpacks both."""
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
