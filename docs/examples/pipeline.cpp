// The page "How a rule becomes a loop": prints the program of Adam at the stage that its first argument names.
#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>
#include <furl/print/print.hpp>
#include <furl/zoo/adam.hpp>
#include <furl/zoo/lamb.hpp>

#include <iostream>
#include <string_view>

int main(int, char** arguments) {
    const std::string_view what = arguments[1] ? arguments[1] : "ready";
    if (what == "equations") std::cout << furl::text<furl::zoo::adam>();
    if (what == "plan") std::cout << furl::plan_listing<furl::zoo::adam>();
    if (what == "lamb") std::cout << furl::plan_listing<furl::zoo::lamb>();
    for (const auto& stage : furl::stage_listings<furl::zoo::adam>())
        if (stage.name == what) std::cout << stage.program;
}
