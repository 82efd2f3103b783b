"""Headers made ready for Doxygen: the labels of their doc comments as paragraphs of their own."""
import re

# What no program includes or names, in namespace furl all the same: parts of the compiler and of the loop. The reference is
# of the rest; these headers speak to those who change them.
INTERNAL = re.compile(r"furl/(base/(macros|static_vector)|language/(op|graph|named)|"
                      r"execute/(arithmetic|counting|evaluate|kernel|naive|random|reduction_tree|simd|step)|"
                      r"storage/(hyperparameters|refused|step_arguments|tensors)|zoo/.*)\.hpp")

LABEL = re.compile(r"^(\s*)///\s?([A-Z][A-Za-z]*(?:, [A-Z][a-z]+)*):  +(.*)$")


def convert(text):
    """`/// Source:  x` and its like become titled paragraphs; what a folder's namespace says of the folder stays out."""
    out, in_label = [], False
    lines = text.splitlines()
    for i, line in enumerate(lines):
        found = LABEL.match(line)
        if found:
            out.append(f"{found[1]}/// @par {found[2]}")
            out.append(f"{found[1]}/// {found[3]}")
            in_label = True
            continue
        if not line.lstrip().startswith("///"):
            in_label = False
        if in_label and line.strip() == "///":
            in_label = False
        out.append(line)
    text = "\n".join(out) + "\n"
    # The comment before a namespace is about the folder: architecture.md tells that.
    return re.sub(r"(?m)(^///.*\n)+(?=namespace furl\b)", "", text)
