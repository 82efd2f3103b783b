"""The rules in other languages, packed, for the tabs on their pages."""
import re

from support import packed

# As docs/generator/sources.cpp names them.
LANGUAGES = ("numpy", "torch", "c", "cuda", "opencl")
NAME = "\x01"


def reason(errors, number):
    """furl's message of an error, as docs/errors.md quotes it."""
    return re.search(rf"^> (furl\[{number}\]: .*)$", errors, re.M)[1]


def text_pack(texts):
    """Texts by rule as lines that occur in any of them, each once, and by rule the numbers of its lines. A rule's own name is a mark,
    so that the same lines of different rules are equal: this makes the packed texts half as large."""
    lines, rules = {}, {}
    for rule, text in texts.items():
        if NAME in text:
            raise ValueError(f"{rule}: a text has the character that stands for the name of the rule")
        rules[rule] = [lines.setdefault(line, len(lines)) for line in text.replace(rule, NAME).split("\n")]
    return {"lines": list(lines), "rules": rules}


def scripts(rules, errors):
    """The scripts by language. `rules` is what docs_sources writes, `errors` is errors.md."""
    reasons = {rule: {"number": given["error"], "text": reason(errors, given["error"])}
               for rule, given in rules.items() if "error" in given}
    for language in LANGUAGES:
        texts = {rule: given[language] for rule, given in rules.items() if "error" not in given}
        yield language, packed.script(language, text_pack(texts) | {"reasons": reasons})
