#include "block_pages.hpp"

#include "docstring.hpp"
#include "html.hpp"

#include <furl/print/words.hpp>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>

namespace docs {

namespace {

std::string read(const std::filesystem::path& file) {
    std::ifstream in(file);
    if (!in) throw std::runtime_error("cannot read " + file.string());
    return {std::istreambuf_iterator<char>(in), {}};
}

// The lines between the two lines `// [name]`.
std::string region(const std::string& text, const std::string& name) {
    const auto mark = "// [" + name + "]\n";
    const auto begin = text.find(mark);
    const auto end = begin == text.npos ? begin : text.find(mark, begin + mark.size());
    if (end == text.npos) throw std::runtime_error("no region [" + name + "] in the examples of the blocks");
    return text.substr(begin + mark.size(), end - begin - mark.size());
}

// What the rule with the block costs more than the one without it.
std::string difference(const rule_facts& with, const rule_facts& without) {
    std::string list;
    const auto add = [&](int furl::cost_table::*count, std::string_view one, std::string_view many) {
        const int n = with.info.cost.*count - without.info.cost.*count;
        if (n == 0) return;
        list += (list.empty() ? "" : ", ") + std::string(n > 0 ? "+" : "&minus;") + std::to_string(std::abs(n)) + " ";
        list += std::abs(n) == 1 ? one : many;
    };
    add(&furl::cost_table::passes, "pass over memory", "passes over memory");
    add(&furl::cost_table::bytes_per_parameter, "byte per parameter", "bytes per parameter");
    for (const auto& noun : furl::cost_nouns) add(noun.count, noun.one, noun.many);
    add(&furl::cost_table::per_step, "operation per step", "operations per step");
    return list.empty() ? "nothing" : list;
}

std::string sections(const docstring& doc) {
    std::string rows;
    const auto row = [&](const std::string& name, const std::string& text) {
        rows += "<tr><td>" + name + "</td><td>" + inline_html(text) + "</td></tr>\n";
    };
    for (const auto& s : doc.sections) {
        if (s.label == "Cost") continue;  // told by the type
        if (s.label.starts_with("@")) {
            const auto space = s.label.find(' ');
            row(space == s.label.npos ? s.label.substr(1) : "<code>" + s.label.substr(space + 1) + "</code>", s.text);
        } else {
            row(s.label, s.text);
        }
    }
    return rows;
}

// A schedule over its first steps, as a small picture.
std::string drawn(const std::vector<double>& curve) {
    if (curve.empty()) return {};
    constexpr double width = 440, height = 120, left = 44, bottom = 20, top = 8;
    const double largest = *std::ranges::max_element(curve), steps = static_cast<double>(curve.size() - 1);
    std::string path;
    for (std::size_t i = 0; i < curve.size(); ++i) {
        const double x = left + (width - left - 8) * static_cast<double>(i) / steps;
        const double y = height - bottom - (height - bottom - top) * curve[i] / largest;
        path += (i == 0 ? "M" : "L") + number(x, 4) + "," + number(y, 4);
    }
    const auto text = [](double x, double y, const std::string& anchor, const std::string& what) {
        return "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" text-anchor=\"" + anchor + "\">" + what + "</text>";
    };
    return "<figure class=\"curve\"><svg viewBox=\"0 0 440 120\" role=\"img\"><line x1=\"44\" y1=\"100\" x2=\"432\" y2=\"100\"/>"
           "<line x1=\"44\" y1=\"8\" x2=\"44\" y2=\"100\"/><path d=\"" + path + "\"/>" +
           text(40, 14, "end", number(largest)) + text(40, 104, "end", "0") + text(44, 116, "middle", "1") +
           text(432, 116, "end", "step " + std::to_string(curve.size())) + "</svg></figure>\n";
}

std::string entry(const documented_block& block, const block_example& example, const std::string& source) {
    auto anchor = block.name;
    if (anchor.starts_with("schedules::")) anchor = "schedule_" + anchor.substr(11);
    std::string page = "## " + block.name + " {#block_" + anchor + "}\n\n\\htmlonly\n";
    for (std::size_t i = 0; i < block.what.doc.paragraphs.size(); ++i)
        page += "<p" + std::string(i == 0 ? " class=\"lead\"" : "") + ">" + inline_html(block.what.doc.paragraphs[i]) + "</p>\n";
    page += drawn(example.curve) + "\\endhtmlonly\n\n```cpp\n" + region(source, example.region) + "```\n\n\\htmlonly\n";
    page += "<div class=\"equations\">\\[" + escaped(example.with.latex) + "\\]</div>\n";
    page += "<div class=\"scroll\"><table class=\"facts block\"><tbody>\n<tr><td>Cost</td><td>";
    page += difference(example.with, example.without) + " <span class=\"quiet\">(this rule against " + example.without.name +
            ")</span></td></tr>\n";
    page += sections(block.what.doc) + "<tr><td>Header</td><td><code>" + escaped("#include <" + block.what.header + ">") +
            "</code></td></tr>\n</tbody></table></div>\n\\endhtmlonly\n\n";
    return page;
}

}  // namespace

void write_blocks(const std::filesystem::path& root, const std::string& folder) {
    std::vector<block_example> examples;
    append_block_examples(examples);
    const auto blocks_end = examples.size();
    append_schedule_examples(examples);
    std::map<std::string, documented_block> documented;
    for (auto& block : read_blocks(root / "include", "furl/blocks")) documented.emplace(block.name, block);
    for (const auto& [name, block] : documented) {
        if (block.what.doc.find("Source").empty())
            throw std::runtime_error("the block " + name + " of " + block.what.header + " names no source");
        if (std::ranges::none_of(examples, [&](const auto& e) { return e.block == name; }))
            throw std::runtime_error("the block " + name + " of " + block.what.header + " has no example in docs/generator");
    }

    const auto here = root / "docs" / "generator";
    const std::string sources[]{read(here / "block_examples.cpp"), read(here / "schedule_examples.cpp")};
    std::string pages[]{
        "# Blocks {#blocks}\n\nA block is a function from expressions to expressions. [Compose blocks](compose_blocks.html) tells "
        "how; this page has each of them, with what it costs: the cost table of a rule with the block, less that of the rule "
        "without it.\n\n",
        "# Schedule reference {#schedule_blocks}\n\nEach schedule as the learning rate of plain gradient descent, with the "
        "equation that runs; once a step, in double. [Schedules](schedules.html) tells how to use them.\n\n"};
    for (std::size_t i = 0; i < examples.size(); ++i) {
        const auto found = documented.find(examples[i].block);
        if (found == documented.end()) throw std::runtime_error("no documented block " + examples[i].block);
        const std::size_t which = i < blocks_end ? 0 : 1;
        pages[which] += entry(found->second, examples[i], sources[which]);
    }
    write_file(folder + "/blocks.md", pages[0]);
    write_file(folder + "/schedule_blocks.md", pages[1]);
}

}  // namespace docs
