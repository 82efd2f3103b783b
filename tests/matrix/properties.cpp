#include <doctest/doctest.h>

#include <matrix/by_hand.hpp>
#include <zoo/distance.hpp>

#include <furl/zoo/matrix/list.hpp>

#include <boost/hana/unpack.hpp>

#include <algorithm>
#include <array>
#include <cstdio>

// What holds for every rule of the zoo that needs a matrix engine. Their rows in zoo/table.hpp and furl::zoo::all_of_matrices are the
// same rules in the same order; enlisted_with sees that the numbers of the rows are those of the programs.
using namespace furl;
using namespace furl::tests;

namespace {

static_assert(hana::unpack(zoo::all_of_matrices, []<class... Rules>(Rules...) {
    constexpr std::array names{short_name<typename Rules::type>()...};
    return std::ranges::equal(names, matrix_table, {}, {}, &zoo_row::rule);
}));

template <class List>
struct enlist;
template <class... Rules>
struct enlist<hana::tuple<Rules...>> {
    enlisted_with<plain_engine, typename Rules::type...> those;
};
const enlist<std::remove_const_t<decltype(zoo::all_of_matrices)>> all_enlisted;

const std::vector<shape> shapes{{7, 12}, {10, 4}, {6, 6}};

}  // namespace

TEST_CASE_TEMPLATE("every rule of matrices stays within its budget of the reference over 100 steps", T, float, double) {
    for (const auto& rule : rules_under_test()) {
        CAPTURE(rule.name);
        const auto row = row_of(rule.name);
        const double budget = sizeof(T) == 4 ? row.float_ulps : row.double_ulps;
        const double distance = distance_from_reference<T>(rule, shapes);
        CHECK(distance <= budget);
        if (measures())
            std::printf("matrices: %s ulps of %g: %s: %.3g\n", sizeof(T) == 4 ? "float" : "double", budget, std::string(rule.name).c_str(),
                        distance);
    }
}

TEST_CASE_TEMPLATE("states of rules of matrices that are saved and restored go on with the same bits", T, float, double) {
    for (const auto& rule : rules_under_test()) {
        CAPTURE(rule.name);
        run<T> through(rule, shapes), first(rule, shapes), second(rule, shapes);
        through.steps(1, 12);
        first.steps(1, 5);
        second.parameters = first.parameters;
        second.opt->set_step_count(first.opt->step_count());
        for (std::size_t k = 0; k < shapes.size(); ++k)
            for (auto name : first.opt->states()) std::ranges::copy(first.opt->state(name, k), second.opt->state(name, k).begin());
        second.steps(6, 12);
        CHECK(same(second.outcome(), through.outcome()));
    }
}

TEST_CASE("every hyperparameter of every rule of matrices has an effect") {
    for (const auto& rule : rules_under_test()) {
        CAPTURE(rule.name);
        run<double> as_given(rule, shapes);
        as_given.steps(1, 10);
        for (auto name : as_given.opt->hyperparameters()) {
            CAPTURE(name);
            run<double> other(rule, shapes);
            other.opt->set(name, changed(name, other.opt->get(name)));
            other.steps(1, 10);
            CHECK(!same(other.outcome(), as_given.outcome()));
        }
    }
}

TEST_CASE_TEMPLATE("rules of matrices move nothing but by their decay without a gradient, and tensors without elements", T, float, double) {
    for (const auto& rule : rules_under_test()) {
        CAPTURE(rule.name);
        const auto opt = rule.make<T>({{3, 4}, {0, 4}, {3, 0}});
        if (std::ranges::count(opt->hyperparameters(), "weight_decay") > 0) opt->set("weight_decay", 0);
        else opt->set("lr", 0);  // Scion's learning rate is its decay
        tensor_list<T> x{values<T>({12}, 1)[0], {}, {}};
        const auto before = x;
        for (int t = 0; t < 3; ++t) CHECK(opt->step(x, {std::vector<T>(12), {}, {}}, {}));
        CHECK(x == before);
    }
}
