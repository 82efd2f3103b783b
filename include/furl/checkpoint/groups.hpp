#pragma once

#include <furl/checkpoint/numbers.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

// Matches the groups of an optimizer with those of a file by the names of their tensors, whatever the order of the groups.
namespace FURL_NAMESPACE::detail {

using texts_by_name = std::map<std::string, std::string, std::less<>>;

/// Returns the sorted names of a part's tensors as one text, which identifies the part in the file.
inline std::string names_text(const saved_part& part, const std::vector<std::string>& names) {
    std::vector<std::string> own;
    for (auto i : part.tensors) own.push_back(names[i]);
    std::ranges::sort(own);
    return nlohmann::json(own).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

inline std::string count_of(std::size_t n, std::string what) { return std::to_string(n) + " " + what + (n == 1 ? "" : "s"); }

/// Gives each part of a grouped optimizer the place and the prefix that it has in the file. Older files do not record which
/// tensors their groups have; their groups are taken in the order of the file.
inline problem match_groups(const texts_by_name& file, std::vector<saved_part>& parts, const std::vector<std::string>& names) {
    std::vector<std::vector<const std::string*>> said;  // for each group and multiplier, the names of its tensors
    std::size_t known = 0, in_file = 0;
    for (group_place at; file.contains(at.prefix() + "rule"); ++at.group) {
        auto& group = said.emplace_back();
        for (at.multiplier = 0; file.contains(at.prefix() + "rule"); ++at.multiplier) {
            const auto found = file.find(at.prefix() + "tensors");
            group.push_back(found == file.end() ? nullptr : &found->second);
            known += group.back() != nullptr;
            ++in_file;
        }
        at.multiplier = 0;
    }
    std::vector<std::size_t> multipliers;  // their number in each group of the optimizer
    for (const auto& part : parts)
        if (part.place) multipliers.resize(part.place->group + 1), ++multipliers.back();

    const bool in_groups = parts.empty() || parts.front().place;
    if (const auto rule = file.find("rule"); in_groups && rule != file.end())
        return "it is of one optimizer, of the rule " + rule->second + ", expected " + count_of(multipliers.size(), "group");
    if (!in_groups) {
        const auto parts_in_file = file.find("groups");
        if (said.empty() && (parts_in_file == file.end() || parts_in_file->second == "1")) return {};
        const auto groups = said.empty() ? parts_in_file->second + " groups" : count_of(said.size(), "group");
        return "it has " + groups + ", expected 1 optimizer without groups";
    }
    if (said.size() != multipliers.size())
        return "it has " + count_of(said.size(), "group") + ", expected " + std::to_string(multipliers.size());
    if (known == 0) {
        for (std::size_t g = 0; g < said.size(); ++g)
            if (said[g].size() != multipliers[g])
                return "its group " + std::to_string(g) + " has " + count_of(said[g].size(), "multiplier") + " of lr, expected " +
                       std::to_string(multipliers[g]);
        return {};
    }
    if (known != in_file) return "it does not say of each group which tensors it has";

    std::multimap<std::string_view, group_place> places;
    for (std::size_t g = 0; g < said.size(); ++g)
        for (std::size_t k = 0; k < said[g].size(); ++k) places.emplace(*said[g][k], group_place{g, k});
    std::size_t group_in_file = 0;
    for (auto& part : parts) {
        const auto text = names_text(part, names);
        const auto own = "group " + std::to_string(part.place->group) + " has the tensors " + text;
        const auto found = places.find(text);
        if (found == places.end())
            return own + (multipliers[part.place->group] > 1 ? " of one multiplier of lr" : "") + ", and no group of the file has these and no others";
        const auto place = found->second;
        places.erase(found);
        if (part.place->multiplier == 0) group_in_file = place.group;
        if (place != group_place{group_in_file, part.place->multiplier} || said[place.group].size() != multipliers[part.place->group])
            return own + ", which have another multiplier of lr or other tensors beside them in the file";
        part.place = place;
        part.prefix = place.prefix();
    }
    return {};
}

}  // namespace furl::detail
