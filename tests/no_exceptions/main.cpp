// Compiled without exceptions and without RTTI: what is refused is told by return values and furl::last_error().
#include <furl/checkpoint/checkpoint.hpp>
#include <furl/furl.hpp>
#include <furl/runtime/grouped_optimizer.hpp>
#include <furl/zoo/adamw.hpp>
#include <furl/zoo/lamb.hpp>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <unistd.h>

#if defined(__cpp_exceptions) || defined(__cpp_rtti)
#error "this test is for -fno-exceptions -fno-rtti"
#endif

namespace {

int failures = 0;

void check(bool fine, const char* what) {
    if (fine) return;
    std::printf("not so: %s (last error: %s)\n", what, std::string(furl::last_error()).c_str());
    ++failures;
}

// Whether the last call was refused, and says this.
bool refused(std::string_view words) {
    const bool found = furl::last_error().find(words) != std::string_view::npos;
    furl::clear_error();
    return found;
}

}  // namespace

#define CHECK(...) check(__VA_ARGS__, #__VA_ARGS__)

int main() {
    using adamw = furl::zoo::adamw;
    std::vector<float> w(10, 1), g(10, 2), short_g(9);
    furl::optimizer<adamw> opt(w.size());
    CHECK(opt.step(w, g));
    CHECK(furl::last_error().empty());
    const auto before = w;

    CHECK(!opt.step(w, short_g) && refused("tensor 0: gradients have 9 elements, expected 10"));
    CHECK(!opt.step(w, w) && refused("overlap"));
    CHECK(!opt.step(w, g, furl::input<"hessian"> = g) && refused("no input 'hessian'"));
    CHECK(!opt.step(w, g, furl::step_input<"loss"> = 1) && refused("no step input 'loss'"));
    CHECK(!opt.step_tensor(1, w, g) && refused("no tensor 1"));
    CHECK(std::isnan(opt.get("lrr")) && refused("did you mean 'lr'?"));
    opt.set("lrr", 5);
    CHECK(refused("did you mean 'lr'?"));
    CHECK(opt.state("n").empty() && refused("has: m, v"));
    CHECK(opt.state("m", 3).empty() && refused("no tensor 3"));
    CHECK(opt.state(adamw::m, 3).empty() && refused("no tensor 3"));
    CHECK(std::isnan(opt.scalar_state("m", 0)) && refused("no state"));
    CHECK(std::isnan(opt.value("norm")) && refused("no value"));
    CHECK(w == before && opt.step_count() == 1 && opt.get("lr") == 1e-3);

    const auto list = furl::registry<>().add<adamw>("adamw");
    CHECK(!list.make("adamv", {}, 3) && refused("did you mean 'adamw'?"));
    CHECK(!list.make("adamw", {{"rate", 1}}, 3) && refused("no hyperparameter 'rate'"));
    auto any = list.make("adamw", {{"lr", 0.5}}, 10);
    CHECK(any && any.get("lr") == 0.5);
    CHECK(any.step(w, g) && any.step_count() == 1);
    CHECK(!any.step(w, short_g) && refused("gradients"));
    CHECK(std::isnan(any["rate"] = NAN) && refused("no hyperparameter 'rate'"));

    furl::grouped_optimizer<float> groups;
    groups.add<adamw>({10});
    CHECK(!groups.set("rate", 1) && refused("no hyperparameter"));
    CHECK(!groups.step(w, short_g) && refused("gradients"));
    CHECK(groups.step(w, g));
    CHECK(!groups[3].set("lr", 1) && refused("no hyperparameter 'lr'"));
    CHECK(groups[3].tensors() == 0 && refused("no group 3; the optimizer has 1"));
    CHECK(!groups.set("lr", NAN) && refused("cannot be NaN") && groups[0].get("lr") == 1e-3);
    CHECK(groups.add<adamw>({10}, {.lr_scale = {NAN}}).tensors() == 0 && refused("the multiplier of tensor 1 is NaN"));
    CHECK(groups.add<adamw>({10}, {.tensors = {0}}).step_count() == 0 && refused("tensor 0 is in group 0 already"));
    CHECK(groups.add(list, "adamv", {10}).state("m", 0).empty() && refused("no tensor 0; the group has 0"));
    CHECK(groups.size() == 1 && groups.tensors() == 1);

    furl::optimizer<adamw> table(furl::shape{5, 2});
    const std::vector<float> rows{1, 2, 3, 4};
    const auto table_before = w;
    CHECK(!table.step_rows(std::vector{1, 5}, w, rows) && refused("index 5, at place 1, is no row of the table, which has 5"));
    CHECK(!table.step_rows(std::vector{-1, 2}, w, rows) && refused("index -1, at place 0"));
    CHECK(!table.step_rows(std::vector{2, 2}, w, rows) && refused("row 2 is named twice"));
    CHECK(!table.step_rows(std::vector{2}, w, rows) && refused("gradients have 4 elements, expected 2"));
    CHECK(!table.step_rows(furl::sum_duplicates, std::vector{2, 7}, w, rows) && refused("index 7"));
    CHECK(!table.step_rows(1, std::vector{1, 2}, w, rows) && refused("no tensor 1"));
    CHECK(table.step_count() == 0 && !table.step_is_open() && w == table_before);
    furl::any_optimizer<float> any_table = table, no_rows = furl::optimizer<furl::zoo::lamb>(furl::shape{5, 2});
    CHECK(!any_table.step_rows(std::vector{1, 5}, w, rows) && refused("index 5, at place 1"));
    CHECK(!any_table.step_rows(furl::sum_duplicates, 0, std::vector{1, -5}, w, rows) && refused("index -5, at place 1"));
    CHECK(!any_table.step({w}, {furl::row_gradients(std::vector{2, 2}, rows)}) && refused("row 2 is named twice"));
    CHECK(!no_rows.step_rows(std::vector{1, 2}, w, rows) && refused("furl: rule 'lamb' has a reduction over the tensor"));
    furl::grouped_optimizer<float> tables;
    tables.add<adamw>({furl::shape{5, 2}});
    CHECK(!tables.step({w}, {furl::row_gradients(std::vector{1, 5}, rows)}) && refused("index 5, at place 1"));
    CHECK(!tables.step({w}, {furl::row_gradients(std::vector{1}, rows)}) && refused("gradients have 4 elements, expected 2"));
    CHECK(any_table.step_count() == 0 && tables[0].step_count() == 0 && w == table_before);
    CHECK(table.step_rows(std::vector{1, 2}, w, rows) && any_table.step_rows(std::vector{3, 2}, w, rows));
    CHECK(tables.step({w}, {furl::row_gradients(std::vector{1, 4}, rows)}) && furl::last_error().empty());

    const auto path = "/tmp/furl-no-exceptions-" + std::to_string(::getpid());
    CHECK(furl::save_checkpoint(path, opt, w));
    CHECK(furl::load_checkpoint(path, opt, w).done);
    CHECK(!furl::load_checkpoint(path, groups) && refused("is not loaded"));
    CHECK(!furl::load_checkpoint("/tmp/there is none", opt) && refused("No such file"));
    CHECK(!furl::save_checkpoint("/no/such/directory/x", opt) && refused("was not saved"));
    ::unlink(path.c_str());

    furl::loss_scale({.growth = 0.5});
    CHECK(refused("growth must be above 1"));
    if (failures == 0) std::printf("every refusal was told by return value\n");
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
