#pragma once

#include <furl/runtime/registry.hpp>

#include <tuple>
#include <utility>

template <class List, std::size_t N, std::size_t First>
struct nth_rules;

template <class... Rules, std::size_t N, std::size_t First>
struct nth_rules<furl::rules<Rules...>, N, First> {
    template <std::size_t... I>
    static furl::rules<std::tuple_element_t<I * N + First, std::tuple<Rules...>>...> listed(std::index_sequence<I...>);

    using type = decltype(listed(std::make_index_sequence<(sizeof...(Rules) + N - 1 - First) / N>{}));
};

/// The rules number First, First + N, First + 2 N, ... of a list.
template <class List, std::size_t N, std::size_t First>
using every_nth = typename nth_rules<List, N, First>::type;
