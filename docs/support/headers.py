"""Headers made ready for Doxygen: the labels of their doc comments as paragraphs of their own."""
import re

# What no program includes or names, in namespace furl all the same: parts of the compiler and of the loop. The reference is
# of the rest; these headers speak to those who change them.
INTERNAL = re.compile(r"furl/(base/(macros|static_vector)|language/(op|graph|named)|"
                      r"execute/(arithmetic|counting|evaluate|kernel|naive|random|reduction_tree|simd|step)|"
                      r"storage/(hyperparameters|refused|step_arguments|tensors)|zoo/.*)\.hpp")

LABEL = re.compile(r"(?m)^([^\S\n]*)///\s?([A-Z][A-Za-z]*(?:, [A-Z][a-z]+)*):  +(.*)$")


def convert(text):
    """`/// Source:  x` and its like become titled paragraphs, and what a folder's namespace says of the folder stays out.
    Lines keep their numbers, for Doxygen's complaints."""
    text = LABEL.sub(r"\1/// @label{\2} \3", text)
    # The comment before a namespace is about the folder: architecture.md tells that.
    return re.sub(r"(?m)(?:^///.*\n)+(?=namespace furl\b)", lambda comment: comment[0].replace("///", "//"), text)
