#include "zoo_pages.hpp"

#include "html.hpp"
#include "stability_picture.hpp"

#include "../../tests/zoo/table.hpp"

#include <furl/print/words.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <regex>
#include <stdexcept>

namespace docs {

namespace {

const documented& header_of(const zoo& all, const rule_facts& rule) {
    const auto found = all.headers.find(rule.name);
    if (found == all.headers.end() || found->second.doc.paragraphs.empty())
        throw std::runtime_error("zoo::" + rule.name + " has no doc comment");
    return found->second;
}

const std::vector<measurement>* speeds_of(const zoo& all, const rule_facts& rule) {
    const auto found = all.speeds.find(rule.name);
    return found == all.speeds.end() || found->second.empty() ? nullptr : &found->second;
}

// Whether a paragraph is nothing but formulas: the type knows the equations better.
bool only_formulas(const std::string& paragraph) {
    static const std::regex formulas(R"(\\f\$.*\\f\$[ .,;:]*)");
    return std::regex_match(paragraph, formulas);
}

// Doc text as HTML, in which names of rules with an underscore or a digit are links to their pages.
std::string linked(const zoo& all, const rule_facts& self, const std::string& text) {
    static const std::regex piece(R"(<code>.*?</code>|<a .*?</a>|\\\(.*?\\\)|\b[a-z][a-z0-9]*_[a-z0-9_]+\b)");
    const auto html = inline_html(text);
    std::string result;
    auto last = html.begin();
    for (std::sregex_iterator match(html.begin(), html.end(), piece), end; match != end; ++match) {
        result.append(last, html.begin() + match->position());
        const auto word = match->str();
        const bool known = word != self.name && std::ranges::any_of(all.rules, [&](const auto& r) { return r.name == word; });
        result += known ? "<a href=\"zoo_" + word + ".html\">" + word + "</a>" : word;
        last = html.begin() + match->position() + match->length();
    }
    result.append(last, html.end());
    return result;
}

// Whether a cell is a number, to stand on the right.
bool is_number(const std::string& cell) {
    return !cell.empty() && cell.find_first_not_of("0123456789.e+-") == cell.npos;
}

std::string row(const std::vector<std::string>& cells, std::string_view tag = "td") {
    std::string result = "<tr>";
    for (const auto& cell : cells)
        result += "<" + std::string(tag) + (is_number(cell) ? " class=\"n\"" : "") + ">" + cell + "</" + std::string(tag) + ">";
    return result + "</tr>\n";
}

std::string table(const std::vector<std::string>& head, const std::string& rows) {
    return "<div class=\"scroll\"><table class=\"facts\"><thead>" + row(head, "th") + "</thead><tbody>\n" + rows +
           "</tbody></table></div>\n";
}

std::string code(const std::string& text) { return "<code>" + escaped(text) + "</code>"; }

std::string chip(const std::string& value, const std::string& what) {
    return "<span class=\"chip\"><b>" + value + "</b> " + what + "</span>\n";
}

std::string plural(int n, const std::string& one, const std::string& many) { return n == 1 ? one : many; }

const measurement& largest(const std::vector<measurement>& rows) { return rows.back(); }

std::string chips(const zoo& all, const rule_facts& rule) {
    const auto& c = rule.info.cost;
    std::string result = "<div class=\"chips\">\n";
    result += chip(std::to_string(c.passes), plural(c.passes, "pass over memory", "passes over memory"));
    result += chip(std::to_string(c.bytes_per_parameter), "bytes per parameter in float");
    result += chip(std::to_string(c.states), plural(c.states, "state per parameter", "states per parameter"));
    result += chip(std::to_string(c.operations()), plural(c.operations(), "operation per parameter", "operations per parameter"));
    if (const auto* speeds = speeds_of(all, rule); speeds && largest(*speeds).naive > 0)
        result += chip(number(largest(*speeds).naive / largest(*speeds).fused) + "&times;", "as fast as a loop per operation");
    return result + "</div>\n";
}

std::string cost_table(const furl::cost_table& c) {
    std::string rows;
    for (const auto& kind : furl::cost_nouns) {
        const auto name = kind.count == &furl::cost_table::additions ? "additions, subtractions"
                          : kind.count == &furl::cost_table::others  ? "comparisons, selects, others"
                                                                     : kind.many;
        if (c.*kind.count > 0) rows += row({std::string(name), std::to_string(c.*kind.count)});
    }
    rows += row({"bytes, in float", std::to_string(c.bytes_per_parameter)});
    rows += row({"bytes, in double", std::to_string(2 * c.bytes_per_parameter)});
    if (c.per_step > 0) rows += row({"and once a step, in double: operations", std::to_string(c.per_step)});
    return table({"per parameter", "number"}, rows);
}

std::string speed_table(const std::vector<measurement>& speeds) {
    std::string rows;
    const auto or_dash = [](double x) { return x > 0 ? number(x) : std::string("&ndash;"); };
    for (const auto& m : speeds)
        rows += row({number(m.n), or_dash(m.fused), or_dash(m.naive), or_dash(m.textbook), or_dash(m.limit),
                     m.naive > 0 ? number(m.naive / m.fused) : "&ndash;", m.bytes > 0 ? number(m.bytes / m.fused) : "&ndash;"});
    return "<p>Nanoseconds per parameter, on the machine that built these pages; <a href=\"performance.html\">how to read "
           "this</a>.</p>\n" +
           table({"parameters", "furl", "a loop per operation", "textbook loop", "limit", "loop per operation / furl", "GB/s"}, rows);
}

std::string stability_section(const zoo& all, const rule_facts& rule) {
    const auto& limits = all.stabilities.at(rule.name);
    // Rules that are stable in the same region share a picture, which has the name of the first of them.
    const auto picture = all.pictures.find(rule.name);
    if (picture == all.pictures.end()) return "<h2>Stability</h2>\n" + stability_in_words(limits);
    return "<!-- plot: " + picture->second + ", the region of stability | Stability -->\n" + stability_in_words(limits);
}

std::string rule_page(const zoo& all, const rule_facts& rule) {
    const auto& header = header_of(all, rule);
    std::string page = "# " + rule.name + " {#zoo_" + rule.name + "}\n\n\\htmlonly\n";
    page += "<p class=\"lead\">" + linked(all, rule, header.doc.paragraphs[0]) + "</p>\n" + chips(all, rule);
    page += "<h2>Equations</h2>\n<div class=\"equations\">\\[" + escaped(rule.latex) + "\\]</div>\n";
    for (std::size_t i = 1; i < header.doc.paragraphs.size(); ++i)
        if (!only_formulas(header.doc.paragraphs[i])) page += "<p>" + linked(all, rule, header.doc.paragraphs[i]) + "</p>\n";
    if (const auto text = header.doc.find("Shapes"); !text.empty()) page += "<h2>Shapes</h2>\n<p>" + linked(all, rule, text) + "</p>\n";
    page += "<h2>Paper, and how others differ</h2>\n<p>" + linked(all, rule, header.doc.find("Source")) + "</p>\n";
    if (const auto text = header.doc.find("Errors"); !text.empty()) page += "<p>" + linked(all, rule, text) + "</p>\n";
    page += "<h2>The rule</h2>\n<p>" + code("#include <" + header.header + ">");
    if (!header.base.empty()) page += ", built on <a href=\"zoo_" + header.base + ".html\">" + header.base + "</a>";
    page += "</p>\n";
    if (header.header.starts_with("furl/zoo/matrix/"))
        page += "<p>It multiplies matrices, so its optimizer has an <a href=\"rows_and_matrices.html#rows_and_matrices_whole_matrices\">"
                "engine</a>: " + code("furl::optimizer<furl::zoo::" + rule.name + ", float, furl::eigen_engine> opt(furl::shape{rows, columns})") +
                "</p>\n";
    page += "<div class=\"languages\" data-rule=\"" + rule.name + "\"></div>\n\\endhtmlonly\n\n```cpp\n" + header.source + "```\n\n\\htmlonly\n";

    page += "<div class=\"columns\">\n";
    if (!rule.defaults.empty()) {
        std::string rows;
        for (const auto& [name, value] : rule.defaults) rows += row({code(name), value});
        page += "<div><h2>Hyperparameters</h2>\n" + table({"name", "default"}, rows) + "</div>\n";
    }
    if (!rule.states.empty()) {
        std::string rows;
        for (const auto& s : rule.states) rows += row({code(s.name), s.shape, code(s.initial)});
        page += "<div><h2>States</h2>\n" + table({"name", "shape", "starts at"}, rows) + "</div>\n";
    }
    if (!rule.info.inputs.empty() || !rule.info.step_inputs.empty()) {
        std::string rows;
        for (std::string_view given : rule.info.inputs) {
            const std::string name(given);
            rows += row({code(name), "one value per parameter", code("furl::input<\"" + name + "\"> = data")});
        }
        for (std::string_view given : rule.info.step_inputs) {
            const std::string name(given);
            rows += row({code(name), "one value per step", code("furl::step_input<\"" + name + "\"> = number")});
        }
        page += "<div><h2>Inputs</h2>\n" + table({"name", "shape", "argument of step"}, rows) + "</div>\n";
    }
    page += "</div>\n";
    if (const auto text = header.doc.find("Input"); !text.empty()) page += "<p>" + linked(all, rule, text) + "</p>\n";
    page += "<h2>A step</h2>\n<ol>\n";
    if (!rule.guard.empty()) page += "<li>skipped, with nothing written, unless " + code(rule.guard) + "</li>\n";
    for (const auto& pass : rule.info.traffic) page += "<li>" + escaped(furl::in_words(pass)) + "</li>\n";
    page += "</ol>\n" + cost_table(rule.info.cost);
    if (const auto* speeds = speeds_of(all, rule)) page += "<h2>Speed</h2>\n" + speed_table(*speeds);
    const auto budget = furl::tests::row_of(rule.name);
    if (budget.float_ulps > 0)
        page += "<h2>Accuracy</h2>\n<p>Within <b>" + number(budget.float_ulps, 6) +
                "</b> units in the last place of <code>furl::reference</code> in float, and <b>" + number(budget.double_ulps, 6) +
                "</b> in double: its <a href=\"numerics.html#numerics_accuracy\">budget</a> in the tests.</p>\n";
    page += stability_section(all, rule);
    page += "<!-- plot: " + rule.name + ", the ways and losses of " + rule.name + " | On test functions -->\n";
    page += "<h2>The fused program</h2>\n<p>" + std::to_string(rule.info.values_as_written) + " values as written, " +
            std::to_string(rule.info.values_as_run) + " as run.</p>\n";
    page += "<!-- graph: " + rule.name + " -->\n";
    page += "<p><a href=\"compare.html#" + rule.name + "\">Compare " + rule.name + " with another rule</a></p>\n";
    return page + "\\endhtmlonly\n";
}

// A name that may be broken behind its underscores.
std::string breakable(const std::string& name) {
    std::string result;
    for (char c : name) result += c == '_' ? std::string("_<wbr>") : std::string(1, c);
    return result;
}

std::string index_page(const zoo& all) {
    const bool measured = !all.speeds.empty();
    std::string rows;
    for (const auto& rule : all.rules) {
        const auto& c = rule.info.cost;
        std::string hypers;
        for (const auto& [name, value] : rule.defaults) hypers += (hypers.empty() ? "" : ", ") + name + "&nbsp;" + value;
        std::vector<std::string> cells{
            "<a href=\"zoo_" + rule.name + ".html\">" + breakable(rule.name) + "</a>",
            linked(all, rule, header_of(all, rule).doc.paragraphs[0]),
            std::to_string(c.passes), std::to_string(c.bytes_per_parameter), std::to_string(c.states),
            std::to_string(c.operations()), std::to_string(c.divisions + c.square_roots), std::to_string(c.functions),
            number(furl::tests::row_of(rule.name).float_ulps, 6)};
        if (measured) {
            const auto* speeds = speeds_of(all, rule);
            cells.push_back(speeds ? number(largest(*speeds).fused) : "");
            cells.push_back(speeds && largest(*speeds).naive > 0 ? number(largest(*speeds).naive / largest(*speeds).fused) : "");
        }
        cells.push_back(hypers);
        rows += row(cells);
    }
    const auto titled = [](const std::string& title, const std::string& text) {
        return "<span title=\"" + title + "\">" + text + "</span>";
    };
    std::vector<std::string> head{"rule", "what it is", titled("passes over memory", "passes"),
                                  titled("bytes read and written per parameter, in float", "bytes"),
                                  titled("buffers of one value per parameter", "states"),
                                  titled("operations per parameter", "ops"),
                                  titled("divisions and square roots per parameter", "&divide;&#8239;&radic;"),
                                  titled("exp, log, tanh, pow ... per parameter", "fn"),
                                  titled("budget against the reference, in units in the last place of float", "ULP")};
    if (measured)
        head.insert(head.end(), {titled("nanoseconds per parameter", "ns"),
                                 titled("how much longer a loop per operation takes", "gain")});
    head.push_back("defaults");

    std::string page = "# The zoo {#zoo}\n\n";
    page += std::to_string(all.rules.size()) +
            " optimizers, each a few lines of public blocks. All here is told by the types that run: passes over memory, "
            "bytes and operations per parameter in float.";
    if (measured) page += " Speeds are in nanoseconds per parameter at the largest size measured.";
    page += " Click a heading to sort; type to filter. [Compare two](compare.html) side by side; "
            "[choosing an optimizer](choosing.html) says what each is for.\n\n\\htmlonly\n";
    page += "<p><input type=\"search\" class=\"filter\" data-table=\"zoo-table\" placeholder=\"filter: momentum, sign, 2 "
            "passes ...\" aria-label=\"filter the table\"></p>\n";
    auto html = table(head, rows);
    html.replace(html.find("class=\"facts\""), 13, "class=\"facts sortable\" id=\"zoo-table\"");
    page += html + "\\endhtmlonly\n\n## All {#zoo_all}\n\n";
    for (const auto& rule : all.rules) page += "\\subpage zoo_" + rule.name + "\n";
    return page;
}

nlohmann::ordered_json facts_as_json(const zoo& all) {
    auto list = nlohmann::ordered_json::object();
    for (const auto& rule : all.rules) {
        const auto& doc = header_of(all, rule).doc;
        auto& entry = list[rule.name];
        entry["what"] = inline_html(doc.paragraphs[0]);
        entry["source"] = inline_html(doc.find("Source"));
        entry["latex"] = rule.latex;
        for (const auto& [name, value] : rule.defaults) entry["hyperparameters"][name] = value;
        for (const auto& s : rule.states) entry["states"][s.name] = s.shape + ", from " + s.initial;
        const auto& c = rule.info.cost;
        entry["cost"] = {{"passes", c.passes}, {"bytes per parameter", c.bytes_per_parameter}, {"loads", c.loads},
                         {"stores", c.stores}, {"operations", c.operations()}, {"fused multiply-adds", c.fused},
                         {"divisions", c.divisions}, {"square roots", c.square_roots}, {"functions", c.functions},
                         {"reductions", c.reductions}};
        if (const auto* speeds = speeds_of(all, rule)) entry["cost"]["ns per parameter"] = largest(*speeds).fused;
    }
    return list;
}

constexpr std::string_view compare_page = R"(# Compare two rules {#compare}

\htmlonly
<div class="compare-choice">
<label>Left <select id="compare-left"></select></label>
<button type="button" id="compare-swap" title="swap">&#8646;</button>
<label>Right <select id="compare-right"></select></label>
</div>
<div id="compare-result" class="scroll"></div>
<script src="compare.js"></script>
\endhtmlonly
)";

}  // namespace

void find_stability(zoo& all, const std::string& folder) {
    std::filesystem::create_directories(folder);
    std::map<std::string, std::string> names;  // of the pictures
    for (const auto& rule : all.rules) {
        const auto& found = all.stabilities[rule.name] = stability_of(rule.program);
        if (found.limits.empty()) continue;
        const auto drawn = draw_stability(found);
        const auto [known, is_new] = names.emplace(drawn, "stable_" + rule.name);
        if (is_new) write_file(folder + "/" + known->second + ".svg", drawn);
        all.pictures[rule.name] = known->second;
    }
    const auto limits = [&](const char* rule) { return all.stabilities.at(rule).limits; };
    write_file(folder + "/stable_classics.svg",
               draw_stability({{"an average, as in Adam", limits("adam")}, {"the same with Nesterov: NAdam", limits("nadam_optax")},
                               {"momentum, heavy ball", limits("sgd_momentum")}, {"Nesterov", limits("sgd_nesterov")}}));
}

void write_zoo(const zoo& all, const std::string& folder) {
    for (const auto& rule : all.rules) {
        if (header_of(all, rule).doc.find("Source").empty())
            throw std::runtime_error("the rule " + rule.name + " names no source");
        write_file(folder + "/zoo_" + rule.name + ".md", rule_page(all, rule));
        write_file(folder + "/" + rule.name + ".dot", rule.dot);
    }
    write_file(folder + "/zoo.md", index_page(all));
    write_file(folder + "/compare.md", std::string(compare_page));
    write_file(folder + "/zoo.json", facts_as_json(all).dump() + "\n");
}

}  // namespace docs
