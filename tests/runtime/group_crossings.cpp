// Groups, and what they can meet. A row is a thing that a group can have or that can be done to groups; each pair that can
// meet is tested in the case that is named there.
//
//              | frozen   | lr_scale | inputs | zero_grad | resume   | norm     | skip | copy
// frozen       |          | order    | inputs | zero_grad | resume   | order    | skip | moved
// lr_scale     |          |          | inputs | zero_grad | resume   | order    | skip | copy
// inputs       |          |          |        | inputs    | inputs   | inputs   |      | copy
// zero_grad    |          |          |        |           | inputs   | zero_grad| skip | copy
// resume       |          |          |        |           |          | resume   |      | resume
// norm         |          |          |        |           |          |          | skip | copy
#include <furl/blocks/hypergradient_descent.hpp>
#include <furl/checkpoint/checkpoint.hpp>
#include <furl/furl.hpp>
#include <furl/runtime/grouped_optimizer.hpp>

#include <support/messages.hpp>
#include <support/scratch.hpp>

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <limits>

using namespace furl;
using namespace furl::tests;

namespace {

using values = std::vector<float>;
using list = std::vector<values>;

/// A state, a norm over all tensors, a guard.
struct clipped {
    static constexpr auto lr = hyper<"lr">(0.5);
    static constexpr auto norm_of_all = let<"norm">(global(norm(grad)));
    static constexpr auto update = skip_nonfinite(param - lr * momentum<"b">(grad / max(1.0, norm_of_all), 0.5));
};

/// The same, which also leaves zeros for gradients, and has an input.
struct zeroing {
    static constexpr auto lr = hyper<"lr">(0.5);
    static constexpr auto update =
        skip_nonfinite(zero_grad(param - lr * input<"mask"> * momentum<"b">(grad / max(1.0, clipped::norm_of_all), 0.5)));
};

/// Nothing but a learning rate.
struct descent {
    static constexpr auto lr = hyper<"lr">(0.5);
    static constexpr auto update = param - lr * grad;
};

/// One that learns it, and skips steps.
struct learning {
    static constexpr auto update = skip_nonfinite(hypergradient_descent(descent::update, descent::lr, hyper<"kappa">(0.01)));
};

list some(std::initializer_list<std::size_t> sizes, float first) {
    list all;
    for (auto n : sizes) {
        values x;
        for (std::size_t i = 0; i < n; ++i) x.push_back(first + 0.25f * static_cast<float>(i + 3 * all.size()));
        all.push_back(x);
    }
    return all;
}

bool says(const std::string& message, std::string_view words) {
    CAPTURE(message);
    CHECK(message.find(words) != std::string::npos);
    return message.find(words) != std::string::npos;
}

std::string text_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("what overlaps is refused at every call, not only at the first") {
    grouped_optimizer<float> groups;
    groups.add<descent>({3});
    groups.add<descent>({3});
    values memory(5, 1), g(6, 1);
    const auto before = memory;
    const std::span<float> all(memory);
    for (int call = 0; call < 3; ++call)
        says(message_of([&] { groups.step({all.first(3), all.last(3)}, {std::span(g).first(3), std::span(g).last(3)}); }),
             "parameters of tensor 0 overlap parameters of tensor 1");
    values other(3, 1);
    for (int call = 0; call < 2; ++call)
        says(message_of([&] { groups.step({all.first(3), other}, {std::span(g).first(3), all.first(3)}); }),
             "gradients of tensor 1; a step writes");
    CHECK(memory == before);
    CHECK(groups[0].step_count() == 0);
    CHECK(groups.step({all.first(3), other}, {std::span(g).first(3), std::span(g).last(3)}));
    // One call that is fine does not make the refused one fine.
    says(message_of([&] { groups.step({all.first(3), all.last(3)}, {std::span(g).first(3), std::span(g).last(3)}); }), "overlap");
    CHECK(groups[0].step_count() == 1);
}

TEST_CASE("moved: a tensor that moved while its group, or another, was frozen is looked at again; and in a copy") {
    grouped_optimizer<float> groups;
    groups.add<descent>({3});
    auto& second = groups.add<descent>({3});
    values a(3, 1), b(3, 1), g(3, 1), h(3, 1);
    CHECK(groups.step({a, b}, {g, h}));
    second.freeze();
    CHECK(groups.step({b, b}, {g, {}}));  // a frozen tensor is no part of the step, wherever it lies
    second.freeze(false);
    auto copy = groups;
    for (auto* opt : {&groups, &copy}) says(message_of([&] { opt->step({b, b}, {g, h}); }), "overlap");
    CHECK(groups[0].step_count() == 2);
    CHECK(groups[1].step_count() == 1);
}

TEST_CASE("an input or a state of one group is not the parameters of another") {
    grouped_optimizer<float> groups;
    groups.add<zeroing>({3});
    groups.add<descent>({3});
    groups.add<clipped>({3}, {.frozen = true});
    values a(3, 1), b(3, 1), g(3, 1), h(3, 1), mask(3, 1);
    const auto with = [&](std::span<float> first, std::span<float> second, std::span<const float> of_mask) {
        return message_of([&] { groups.step({first, second, {}}, {g, h, {}}, {{"mask", std::vector{of_mask, {}, {}}}}); });
    };
    for (int call = 0; call < 2; ++call) {
        says(with(a, b, b), "overlap");
        says(with(a, b, b), "input 'mask' of tensor 0");
        says(with(a, groups[0].state("b", 0), mask), "the states");
        says(with(a, groups[2].state("b", 0), mask), "the states");
        says(with(a, h, mask), "overlap");
    }
    CHECK(b == values(3, 1));
    CHECK(with(a, b, mask) == "no exception");
    CHECK(g == values(3, 0));
    CHECK(h == values(3, 1));
    CHECK(b == values(3, 0.5f));
}

TEST_CASE("order: groups take tensors in any order, and the bits are those of one optimizer of the list") {
    optimizer<clipped> one{50, 3, 40, 7, 2};
    grouped_optimizer<float> groups;
    groups.add<clipped>({7, 50}, {.lr_scale = {1, 2}, .tensors = {3, 0}});
    groups.add<clipped>({3, 40});  // 1 and 2, which no group has
    groups.add<clipped>({2}, {.frozen = true});
    groups.add<clipped>(std::vector<std::size_t>{});
    CHECK(groups.tensors() == 5);
    CHECK(groups[1].number(1) == 2);
    CHECK(groups[2].number(0) == 4);
    auto w = some({50, 3, 40, 7, 2}, 1), x = w;
    const auto kept = w[4];
    for (float t = 0; t < 3; ++t) {
        auto g = some({50, 3, 40, 7, 2}, 0.1f + t);
        g[4] = {0, 0};
        CHECK(one.step(w, g));
        g[4].clear();
        groups[0].set("lr", 0.5);
        CHECK(groups.step(x, g));
        CHECK(groups[0].value("norm") == one.value("norm"));
        for (std::size_t i = 1; i < 4; ++i) CHECK(x[i] == w[i]);
        CHECK(x[4] == kept);
        CHECK(std::ranges::equal(groups[0].state("b", 1), one.state("b", 0)));
    }
    CHECK(groups[2].step_count() == 0);
}

TEST_CASE("numbers of tensors that are taken, given twice, too few or missing are named") {
    grouped_optimizer<float> groups;
    groups.add<descent>({1, 1}, {.tensors = {0, 3}});
    says(message_of([&] { groups.add<descent>({1}, {.tensors = {3}}); }), "furl: tensor 3 is in group 0 already");
    says(message_of([&] { groups.add<descent>({1, 1}, {.tensors = {5, 5}}); }), "furl: tensor 5 is in the group twice");
    says(message_of([&] { groups.add<descent>({1, 1}, {.tensors = {5}}); }), "1 numbers of tensors are given, for 2 tensors");
    CHECK(groups.size() == 1);
    auto w = some({1, 1}, 1);
    const auto before = w, g = w;
    says(message_of([&] { groups.step(w, g); }), "furl: no group has tensor 1; the last is tensor 3");
    const scratch dir;
    says(message_of([&] { save_checkpoint(dir / "x", groups); }), "some lower number belongs to no group");
    CHECK(w == before);
    groups.add<descent>({1, 1});
    auto all = some({1, 1, 1, 1}, 1), h = all;
    CHECK(groups.step(all, h));
    CHECK(all[1][0] == 0.5f * h[1][0]);
    says(message_of([&] { groups.step(all, list{h[0], h[1], h[2], values(2)}); }), "tensor 3: gradients have 2 elements, expected 1");
}

TEST_CASE("no number, no group: NaN and numbers past the end are refused in one wording") {
    grouped_optimizer<float> groups;
    auto& group = groups.add<descent>({1});
    constexpr auto nan = std::numeric_limits<double>::quiet_NaN();
    CHECK(groups.set("lr", 0.25));
    says(message_of([&] { group.set("lr", nan); }), "furl: hyperparameter 'lr' cannot be NaN");
    says(message_of([&] { groups.set("lr", nan); }), "furl: hyperparameter 'lr' cannot be NaN");
    says(message_of([&] { groups.add<descent>({1}, {.settings = {{"lr", nan}}}); }), "'lr' cannot be NaN");
    says(message_of([&] { groups.add<descent>({1, 1}, {.lr_scale = {1, nan}}); }), "the multiplier of tensor 2 is NaN");
    says(message_of([&] { groups.add<descent>({1}, {.lr_scale = {std::numeric_limits<double>::infinity()}}); }), "tensor 1 is infinite");
    CHECK(groups.size() == 1);
    CHECK(group.get("lr") == 0.25);
    CHECK(!group.is_set("lr"));
    CHECK(group.set("lr", std::numeric_limits<double>::infinity()));
    says(message_of([&] { groups[3].freeze(); }), "furl: no group 3; the optimizer has 1");
    says(message_of([&] { group.number(7); }), "furl: no tensor 7; the group has 1");
    says(message_of([&] { group.lr_scale(7); }), "furl: no tensor 7; the group has 1");
    says(message_of([&] { group.state("b", 7); }), "furl: no tensor 7; the group has 1");
    any_optimizer<float> any = optimizer<descent>(1);
    says(message_of([&] { any.set("lr", nan); }), "'lr' cannot be NaN");
    says(message_of([&] { any.size(7); }), "furl: no tensor 7; the optimizer has 1");
}

TEST_CASE("zero_grad: gradients are written where they can be, and refused by their tensor where they are const") {
    grouped_optimizer<float> groups;
    groups.add<clipped>({3});
    auto& second = groups.add<zeroing>({3, 2}, {.lr_scale = {1, 0.5}});
    auto w = some({3, 3, 2}, 1), g = some({3, 3, 2}, 2);
    const auto before = w, given = g;
    const list mask{{}, {1, 0, 1}, {1, 1}};
    says(message_of([&] { groups.step(w, given, {{"mask", mask}}); }), "furl[E39]");
    says(message_of([&] { groups.step({w[0], w[1], w[2]}, {given[0], g[1], given[2]}, {{"mask", mask}}); }), "Tensor 2 is the first");
    CHECK(w == before);
    CHECK(groups[0].step_count() == 0);
    CHECK(groups.step({w[0], w[1], w[2]}, {given[0], g[1], g[2]}, {{"mask", mask}}));
    CHECK(g[0] == given[0]);
    CHECK(g[1] == values(3));
    CHECK(g[2] == values(2));
    CHECK(w[1][1] == before[1][1]);
    CHECK(w[1][0] < before[1][0]);
    second.freeze();
    g = given;
    CHECK(groups.step(w, given, {{"mask", mask}}));  // a frozen group writes nothing
    CHECK(g == given);

    any_optimizer<float> any = optimizer<zeroing>(3);
    auto x = before[1], h = given[1];
    says(message_of([&] { any.step(x, given[1], {{"mask", mask[1]}}); }), "furl[E39]");
    CHECK(x == before[1]);
    CHECK(any.step(x, h, {{"mask", mask[1]}}));
    CHECK(h == values(3));
    CHECK(any.step({x}, {h}, {{"mask", mask[1]}}));
}

TEST_CASE("skip: no group of any kind is written, no gradient is zeroed, no step counts") {
    grouped_optimizer<float> groups;
    groups.add<clipped>({3}, {.lr_scale = {2}});
    groups.add<zeroing>({3});
    groups.add<clipped>({2}, {.frozen = true});
    auto w = some({3, 3, 2}, 1), g = some({3, 3, 2}, 2);
    g[0][1] = std::numeric_limits<float>::infinity();
    const auto before = w, given = g;
    const list mask{{}, {1, 1, 1}, {}};
    CHECK(!groups.step(w, g, {{"mask", mask}}));
    CHECK(w == before);
    CHECK(g == given);
    CHECK(groups[1].step_count() == 0);
    g[0][1] = 1;
    g[2][0] = std::numeric_limits<float>::infinity();  // of a frozen group: not read
    CHECK(groups.step(w, g, {{"mask", mask}}));
    CHECK(groups[1].step_count() == 1);
}

TEST_CASE("inputs and a copy go on to the bit, and so does what was saved of them") {
    const scratch dir;
    grouped_optimizer<float> groups;
    groups.add<zeroing>({3, 2}, {.lr_scale = {1, 0.5}, .tensors = {2, 0}});
    groups.add<clipped>({3});
    const list mask{{1, 2}, {}, {1, 0, 1}};
    auto w = some({2, 3, 3}, 1);
    const auto go = [&](auto& opt, list& of, float t) {
        auto g = some({2, 3, 3}, t);
        CHECK(opt.step(of, g, {{"mask", mask}}));
    };
    go(groups, w, 1);
    auto copy = groups;
    auto x = w, y = w;
    save_checkpoint(dir / "copy", copy);
    grouped_optimizer<float> resumed;
    resumed.add<zeroing>({3, 2}, {.lr_scale = {1, 0.5}, .tensors = {2, 0}});
    resumed.add<clipped>({3});
    CHECK(load_checkpoint(dir / "copy", resumed));
    go(groups, w, 2), go(copy, x, 2), go(resumed, y, 2);
    CHECK(x == w);
    CHECK(y == w);
    copy.reset();
    CHECK(copy[0].step_count() == 0);
    CHECK(groups[0].step_count() == 2);
}

TEST_CASE("resume: settings and step counts go with the names of the tensors, in whatever order the groups are") {
    const scratch dir;
    const auto path = dir / "groups";
    const std::vector<std::string> names{"w", "v", "b"}, in_other_order{"b", "v", "w"};
    grouped_optimizer<float> first, second;
    first.add<clipped>({3, 3}, {.lr_scale = {1, 2}});
    first.add<clipped>({3}, {.settings = {{"lr", 0.125}}, .frozen = true});
    first.set("lr", 0.25);
    auto w = some({3, 3, 3}, 1);
    const auto g = some({3, 3, 3}, 0);
    CHECK(first.step(w, g));
    first[1].freeze(false);
    CHECK(first.step(w, g));
    first[0].freeze();
    save_checkpoint(path, first, w, {.names = names});

    second.add<clipped>({3}, {.frozen = true});
    second.add<clipped>({3, 3}, {.lr_scale = {2, 1}});
    list x(3, values(3));
    CHECK(load_checkpoint(path, second, x, {.names = in_other_order}));
    CHECK(second[0].get("lr") == 0.125);
    CHECK(second[0].is_set("lr"));
    CHECK(second[0].step_count() == 1);
    CHECK(!second[0].frozen());
    CHECK(second[1].get("lr") == 0.25);
    CHECK(!second[1].is_set("lr"));
    CHECK(second[1].step_count() == 2);
    CHECK(second[1].frozen());
    CHECK(second.add<clipped>({1}).get("lr") == 0.25);  // what all were given, groups to come too
    CHECK(x[0] == w[2]);
    CHECK(std::ranges::equal(second[1].state("b", 1), first[0].state("b", 0)));
    CHECK(std::ranges::equal(second[0].state("b", 0), first[1].state("b", 0)));
}

TEST_CASE("resume: other groups than those of the file are refused, and the message says which") {
    const scratch dir;
    const auto path = dir / "groups", plain = dir / "plain";
    grouped_optimizer<float> saved;
    saved.add<clipped>({3, 3}, {.lr_scale = {1, 2}});
    saved.add<clipped>({3});
    save_checkpoint(path, saved);
    optimizer<clipped> one(3);
    save_checkpoint(plain, one);
    const auto loading = [&](std::initializer_list<group_settings> groups, std::initializer_list<std::size_t> sizes) {
        grouped_optimizer<float> other;
        auto n = sizes.begin();
        for (const auto& s : groups) other.add<clipped>(std::vector<std::size_t>(*n++, 3), s);
        return message_of([&] { load_checkpoint(path, other); });
    };
    CHECK(loading({{.lr_scale = {1, 2}}, {}}, {2, 1}) == "no exception");
    says(loading({{}}, {3}), "it has 2 groups, expected 1");
    says(loading({{.lr_scale = {1, 2}}, {}}, {1 + 1, 2}), "and no group of the file has these and no others");
    says(loading({{}, {}}, {2, 1}), "and no group of the file has these and no others");
    says(loading({{}, {.lr_scale = {1, 2}}}, {1, 2}), "other tensors beside them in the file");
    says(loading({{.lr_scale = {1, 3}}, {}}, {2, 1}), "'group0.lr_scale' is 2, expected 3");
    says(loading({{.lr_scale = {2, 1}}, {}}, {2, 1}), "another multiplier of lr");
    says(loading({{.lr_scale = {1, 2}, .tensors = {0, 2}}, {.tensors = {1}}}, {2, 1}), "other tensors beside them in the file");
    grouped_optimizer<float> two;
    two.add<clipped>({3});
    two.add<descent>({3});
    says(message_of([&] { load_checkpoint(plain, two); }), "it is of one optimizer, of the rule");
    says(message_of([&] { load_checkpoint(plain, two); }), "expected 2 groups");
    says(message_of([&] { load_checkpoint(path, one); }), "it has 2 groups, expected 1 optimizer without groups");
}

TEST_CASE("resume: a file from before groups had the names of their tensors is taken in its order") {
    const scratch dir;
    grouped_optimizer<float> saved, resumed;
    for (auto* opt : {&saved, &resumed}) {
        opt->add<descent>({2}, {.lr_scale = {2}});
        opt->add<descent>({1});
    }
    saved.set("lr", 0.125);
    auto w = some({2, 1}, 1);
    CHECK(saved.step(w, some({2, 1}, 1)));
    auto parts = saved.saved_parts();
    detail::checkpoint_content content{parts, {}, {}, element_type::float32};
    detail::safetensors file;
    CHECK(detail::fill(file, content, {}).empty());
    for (auto it = file.metadata.begin(); it != file.metadata.end();)
        it = it->first.ends_with("tensors") || it->first.ends_with("lr_scale") || it->first.ends_with("frozen") ? file.metadata.erase(it) : std::next(it);
    CHECK(file.metadata.contains("group1.rule"));
    const detail::written_file written(file);
    std::vector<std::span<const std::byte>> pieces{std::as_bytes(std::span(written.header))};
    pieces.insert(pieces.end(), written.data.begin(), written.data.end());
    CHECK(detail::write_atomically(dir / "old", pieces).empty());
    CHECK(text_of(dir / "old").find("\"group0.tensors\"") == std::string::npos);
    resumed[1].freeze();
    CHECK(load_checkpoint(dir / "old", resumed));
    CHECK(resumed[0].get("lr") == 0.125);
    CHECK(resumed[0].step_count() == 1);
    CHECK(resumed[1].frozen());
    CHECK(resumed.add<descent>({1}).get("lr") == 0.125);
}

TEST_CASE("groups that learn their rates change them by the same number, that of all tensors, and go on after a skipped step and a checkpoint") {
    const auto made = [] {
        grouped_optimizer<float> groups;
        groups.add<learning>({3});
        groups.add<learning>({2, 4}, {.settings = {{"lr", 0.125}}});
        return groups;
    };
    auto groups = made();
    list w = some({3, 2, 4}, 1), last = w;
    double learned = 0;
    for (int t = 0; t < 4; ++t) {
        const list g = some({3, 2, 4}, -1 + static_cast<float>(t));
        for (std::size_t i = 0; t > 0 && i < g.size(); ++i)
            for (std::size_t k = 0; k < g[i].size(); ++k) learned += 0.01 * static_cast<double>(g[i][k]) * static_cast<double>(last[i][k]);
        last = g;
        CHECK(groups.step(w, g));
        CHECK(groups[0].scalar_state("learned_lr", 0) == doctest::Approx(0.5 + learned));
        CHECK(groups[1].scalar_state("learned_lr", 0) == doctest::Approx(0.125 + learned));
    }
    auto bad = last;
    bad[2][1] = std::numeric_limits<float>::infinity();
    const auto before = w;
    CHECK(!groups.step(w, bad));
    CHECK(w == before);
    CHECK(groups[0].scalar_state("learned_lr", 0) == doctest::Approx(0.5 + learned));

    std::vector<std::byte> file;
    save_checkpoint(file, groups, w);
    auto resumed = made();
    list x(w.size());
    for (std::size_t i = 0; i < x.size(); ++i) x[i].resize(w[i].size());
    CHECK(load_checkpoint(file, resumed, x));
    for (int t = 0; t < 3; ++t) {
        CHECK(groups.step(w, last));
        CHECK(resumed.step(x, last));
    }
    CHECK(x == w);
}
