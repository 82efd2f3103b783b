// Writes every rule of the zoo in other languages, with numbers in float, as JSON: docs_sources FILE
//
// {"adam": {"numpy": "...", ...}, "muon": {"error": "E53"}}: of a rule that cannot be printed, the number of furl's
// error.
#include <examples/support/sources.hpp>

#include <furl/zoo/matrix/list.hpp>

#include <boost/hana/for_each.hpp>

#include <nlohmann/json.hpp>

#include <fstream>
#include <iostream>

namespace {

using nlohmann::json;

json texts_of(const examples::source& rule) {
    json texts;
    for (const auto& text : rule.texts)
        if (text.type != "double") texts[std::string(text.language)] = text.print();
    return texts;
}

template <class Rule>
void append(json& rules) {
    const std::string name(furl::short_name<Rule>());
    if constexpr (furl::detail::has_matrix_function<Rule>) rules[name] = {{"error", "E53"}};
    else rules[name] = texts_of(examples::source_of<Rule>());
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 2) {
        std::cerr << "usage: docs_sources FILE\n";
        return 2;
    }
    json rules;
    for (const auto& rule : examples::sources_of_zoo()) rules[rule.name] = texts_of(rule);
    furl::hana::for_each(furl::zoo::all_of_matrices, [&](auto rule) { append<typename decltype(rule)::type>(rules); });
    std::ofstream file(arguments[1]);
    file << rules.dump() << '\n';
    if (!file) {
        std::cerr << "docs_sources: cannot write " << arguments[1] << '\n';
        return 1;
    }
}
