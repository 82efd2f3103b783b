"""Headers made ready for Doxygen: the labels of their doc comments as paragraphs of their own."""
import re

# What no program includes or names, in namespace furl all the same: parts of the compiler and of the loop. The reference is
# of the rest; these headers speak to those who change them.
INTERNAL = re.compile(r"furl/(adapt/(c_create|c_functions|c_groups|c_optimizer|rule_levels)|base/(build|finite|inline_list|macros|static_vector)|language/(op|graph|named)|"
                      r"execute/(counting|evaluate|kernel|leaves|naive|partition|range|reduction_tree|scalar_states|step|step_tensors|steps_together)|"
                      r"program/(pass_order|plan|program)|simd/(arithmetic|bit_order|random|simd)|"
                      r"optimizer/(hyperparameters|refused|plan_info|named_values|step_arguments|partial_step)|memory/(arena|huge_pages|matrix_layout|state_memory|step_data|tensors)|zoo/.*|bench/(?!benchmark\b).*)\.hpp")

LABEL = re.compile(r"(?m)^([^\S\n]*)///\s?([A-Z][A-Za-z]*(?:, [A-Z][a-z]+)*):  +(.*)$")


def share_comments(lines):
    """A declaration right below a documented one, without an empty line between, shares its comment: an overload, get
    beside set. Doxygen wants one for each, so the first paragraph is put before it, in its line."""
    brief, indent, inside = "", None, False
    for i, line in enumerate(lines):
        text = line.strip()
        here = len(line) - len(line.lstrip())
        if text.startswith("///") and not text.startswith("///<"):
            if i == 0 or not lines[i - 1].strip().startswith("///"):
                words = []
                for below in lines[i:]:
                    words.append(below.strip().removeprefix("///").strip())
                    if not words[-1] or words[-1].startswith("@") or not below.strip().startswith("///"):
                        break
                brief, indent, inside = " ".join(words[:-1]).replace("*/", ""), here, False
            continue
        if not text:
            brief = ""
            continue
        if here != indent or not brief:
            continue
        if inside and (text.startswith(("}", ":", ")")) or not lines[i - 1].strip().endswith(("}", ";")) and "///<" not in lines[i - 1]):
            continue
        if inside and re.match(r"[\w:]", text) and not re.match(r"(private|public|protected|namespace|using|friend|#)", text) \
                and "///<" not in text:
            lines[i] = line[:here] + f"/** {brief} */ " + line[here:]
        inside = True
    return lines


def convert(text):
    """`/// Source:  x` and its like become titled paragraphs, and what a folder's namespace says of the folder stays out.
    Lines keep their numbers, for Doxygen's complaints."""
    # Readers need not know what a unit is compiled for; see furl/base/build.hpp.
    text = text.replace("FURL_NAMESPACE", "furl").replace("FURL_OF_BUILD ", "")
    text = "\n".join(share_comments(text.split("\n")))
    text = LABEL.sub(r"\1/// @label{\2} \3", text)
    # A lambda within decltype: Doxygen takes what follows it for members.
    text = re.sub(r"= decltype\(\[\].*?\n\}\(\w+\)\);", lambda type: "= auto;" + "\n" * type[0].count("\n"), text, flags=re.S)
    # The comment before a namespace is about the folder: architecture.md tells that.
    return re.sub(r"(?m)(?:^///.*\n)+(?=namespace furl\b)", lambda comment: comment[0].replace("///", "//"), text)
