#include <checkpoint/saved.hpp>

#include <furl/runtime/grouped_optimizer.hpp>
#include <furl/runtime/registry.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <cstring>

using namespace furl;
using namespace furl::tests;

namespace {

/// States of rows, columns and elements.
struct factored {
    static constexpr auto lr = hyper<"lr">(0.1);
    static constexpr auto r = ema<"r">(per_row(mean(square(grad))), 0.9);
    static constexpr auto c = ema<"c">(per_column(mean(square(grad))), 0.9);
    static constexpr auto m = ema<"m">(grad, 0.5);
    static constexpr auto length = let<"length">(global(norm(m)));
    static constexpr auto update = param - lr * m / (sqrt(r * c / mean(r)) + 0.1) / (1 + length);
};

const std::vector<shape> shapes{{4, 5}, {1, 7}, {3, 1}};

std::vector<std::vector<float>> draw(unsigned seed) {
    std::vector<std::vector<float>> list;
    for (auto s : shapes) list.push_back(normal_values<float>(s.size(), seed++));
    return list;
}

template <class Optimizer>
void run(Optimizer& opt, std::vector<std::vector<float>>& w, unsigned from, unsigned to) {
    for (auto t = from; t < to; ++t) opt.step(w, draw(10 * t + 100));
}

const std::vector<std::string> names{"a", "b", "c"};

}  // namespace

TEST_CASE("states of rows and columns are saved with their shapes, and a run goes on from them to the bit") {
    const scratch folder;
    const auto path = folder / "lines.safetensors";
    optimizer<factored> whole(shapes), first(shapes), second(shapes);
    auto w = draw(1), v = w, u = draw(50);
    run(whole, w, 0, 5);
    run(first, v, 0, 3);
    REQUIRE(save_checkpoint(path, first, v, {.names = names}));
    REQUIRE(load_checkpoint(path, second, u, {.names = names}));
    run(second, u, 3, 5);
    CHECK(u == w);
    CHECK(second.read_state("r", 0) == whole.read_state("r", 0));
    CHECK(second.read_state("c", 2) == whole.read_state("c", 2));
    const auto text = read(path);
    std::uint64_t length = 0;
    std::memcpy(&length, text.data(), sizeof length);
    const auto header = nlohmann::json::parse(text.substr(8, length));
    const auto shape_of = [&](const char* name) { return header.at(name).at("shape").get<std::vector<int>>(); };
    CHECK(shape_of("a.r") == std::vector{4});
    CHECK(shape_of("a.c") == std::vector{5});
    CHECK(shape_of("a.m") == std::vector{4, 5});
    CHECK(shape_of("a") == std::vector{4, 5});
    CHECK(shape_of("b.m") == std::vector{7});

    optimizer<factored> turned({shape{5, 4}, shape{1, 7}, shape{3, 1}});
    auto x = draw(70);
    const auto before = x;
    CHECK_THROWS_WITH_AS(load_checkpoint(path, turned, x, {.names = names}), doctest::Contains("'a.m' is F32 [4, 5], expected F32 [5, 4]"), std::runtime_error);
    CHECK(x == before);
    CHECK(turned.step_count() == 0);
}

TEST_CASE("rules with rows and columns by name, in groups, and with a global norm over groups") {
    registry<> list(rules<factored>{});
    auto by_name = list.make("factored", {{"lr", 0.1}}, shapes);
    optimizer<factored> whole(shapes);
    auto w = draw(1), v = w, u = w;
    run(whole, w, 0, 4);
    run(by_name, v, 0, 4);
    CHECK(v == w);
    CHECK(by_name.shapes()[0] == shape{4, 5});
    CHECK(by_name.state("r", 0).size() == 4);
    CHECK(by_name.read_state("c", 0) == whole.read_state("c", 0));
    CHECK_THROWS_WITH_AS(by_name.state("rr", 0), doctest::Contains("no state 'rr'"), std::invalid_argument);

    grouped_optimizer<> groups;
    groups.add<factored>({shape{4, 5}});
    groups.add<factored>(std::vector<shape>{{1, 7}, {3, 1}});
    run(groups, u, 0, 4);
    CHECK(u == w);
    const scratch folder;
    REQUIRE(save_checkpoint(folder / "groups", groups, u, {.names = names}));
    grouped_optimizer<> again;
    again.add<factored>({shape{4, 5}});
    again.add<factored>(std::vector<shape>{{1, 7}, {3, 1}});
    auto x = draw(90);
    REQUIRE(load_checkpoint(folder / "groups", again, x, {.names = names}));
    run(again, x, 4, 6);
    run(whole, w, 4, 6);
    CHECK(x == w);
}
