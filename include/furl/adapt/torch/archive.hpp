#pragma once

#include <furl/adapt/torch/options.hpp>
#include <furl/adapt/torch/parameters.hpp>
#include <furl/adapt/torch/saved.hpp>

#include <torch/serialize/archive.h>
#include <torch/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

// How a torch_optimizer lies in an archive of libtorch:
//
//     furl, rule                    the version of this layout, the name of the rule
//     fingerprint                   equal for rules that compute the same
//     groups/I/                     parameters: how many there are; options: each hyperparameter by name
//     parameters/I/                 by the number in the list of all: steps, sparse, strides, and state/NAME for each state
namespace FURL_NAMESPACE::detail {

inline constexpr std::int64_t torch_archive_version = 1;

inline void write_number(torch::serialize::OutputArchive& archive, const std::string& key, std::int64_t value) {
    archive.write(key, torch::IValue(value));
}

inline std::string not_ours(const std::string& key) {
    return "furl: the archive has no '" + key + "'; it is not of a furl::torch_optimizer";
}

inline std::int64_t read_number(torch::serialize::InputArchive& archive, const std::string& key) {
    torch::IValue value;
    if (!archive.try_read(key, value) || !value.isInt()) refuse(not_ours(key));
    return value.toInt();
}

inline torch::serialize::InputArchive read_archive(torch::serialize::InputArchive& archive, const std::string& key) {
    torch::serialize::InputArchive inner;
    if (!archive.try_read(key, inner)) refuse(not_ours(key));
    return inner;
}

/// Writes the hyperparameters of all groups, and the states and step counts of all parameters.
inline void save(torch::serialize::OutputArchive& archive, torch_parameters& parameters, const torch_groups& groups) {
    parameters.prepare(groups);
    write_number(archive, "furl", torch_archive_version);
    archive.write("rule", torch::IValue(std::string(parameters.facts().rule)));
    write_number(archive, "fingerprint", static_cast<std::int64_t>(parameters.facts().info->fingerprint));
    write_number(archive, "groups", static_cast<std::int64_t>(groups.size()));
    for (std::size_t g = 0; g < groups.size(); ++g) {
        torch::serialize::OutputArchive inner(archive.compilation_unit()), options(archive.compilation_unit());
        write_number(inner, "parameters", static_cast<std::int64_t>(groups[g].params().size()));
        groups[g].options().serialize(options);
        inner.write("options", options);
        archive.write("groups/" + std::to_string(g), inner);
    }
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        const auto& p = parameters[i];
        if (p.is_repetition) continue;
        torch::serialize::OutputArchive inner(archive.compilation_unit());
        write_number(inner, "steps", p.part->step_count());
        write_number(inner, "sparse", p.is_sparse);
        inner.write("strides", torch::IValue(p.strides));
        for (std::size_t s = 0; s < p.part->info().states.size(); ++s)
            inner.write("state/" + std::string(p.part->info().states[s].name), state_tensor(*p.part, s, p.index, p.tensor).clone(), true);
        archive.write("parameters/" + std::to_string(i), inner);
    }
}

/// Reads what save has written. Everything is checked before anything is changed.
inline void load(torch::serialize::InputArchive& archive, torch_parameters& parameters, torch_groups& groups,
                 const torch_options& defaults) {
    const auto counted = [](std::int64_t found, std::size_t expected, const std::string& what) {
        if (found != static_cast<std::int64_t>(expected))
            refuse("furl: the archive has " + std::to_string(found) + " " + what + ", the optimizer has " + std::to_string(expected));
    };
    parameters.prepare(groups);
    if (const auto version = read_number(archive, "furl"); version != torch_archive_version)
        refuse("furl: the archive has version " + std::to_string(version) + ", and this furl reads version " +
               std::to_string(torch_archive_version));
    if (static_cast<std::uint64_t>(read_number(archive, "fingerprint")) != parameters.facts().info->fingerprint) {
        torch::IValue rule;
        archive.read("rule", rule);
        refuse("furl: the archive is of the rule " + rule.toStringRef() + ", which computes something else than " +
               std::string(parameters.facts().rule));
    }
    counted(read_number(archive, "groups"), groups.size(), "groups");
    std::vector<torch_options> options;
    for (std::size_t g = 0; g < groups.size(); ++g) {
        auto inner = read_archive(archive, "groups/" + std::to_string(g));
        counted(read_number(inner, "parameters"), groups[g].params().size(), "parameters in group " + std::to_string(g));
        auto saved = read_archive(inner, "options");
        torch_options loaded;
        loaded.serialize(saved);
        options.push_back(loaded.completed(defaults));
    }
    std::vector<std::vector<at::Tensor>> states(parameters.size());
    std::vector<std::int64_t> steps(parameters.size());
    std::vector<unsigned char> are_sparse(parameters.size());
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        const auto& p = parameters[i];
        if (p.is_repetition) continue;
        auto inner = read_archive(archive, "parameters/" + std::to_string(i));
        steps[i] = read_number(inner, "steps");
        require_step_count(steps[i]);
        are_sparse[i] = read_number(inner, "sparse") != 0;
        torch::IValue strides;
        inner.read("strides", strides);
        for (std::size_t s = 0; s < p.part->info().states.size(); ++s) {
            const std::string name(p.part->info().states[s].name);
            at::Tensor saved;
            if (!inner.try_read("state/" + name, saved, true)) refuse("furl: the archive has no state '" + name + "' of " + p.place.text());
            require_saved_state(p, s, saved, strides.toIntVector(), "the archive");
            states[i].push_back(saved);
        }
    }
    parameters.set_sparse(are_sparse);
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        const auto& p = parameters[i];
        if (p.is_repetition) continue;
        for (std::size_t s = 0; s < states[i].size(); ++s) state_tensor(*p.part, s, p.index, p.tensor).copy_(states[i][s]);
        p.part->set_step_count(steps[i]);
    }
    for (std::size_t g = 0; g < groups.size(); ++g) static_cast<torch_options&>(groups[g].options()) = options[g];
}

}  // namespace furl::detail
