#pragma once

#include <furl/zoo/matrix/adamuon.hpp>
#include <furl/zoo/matrix/muon.hpp>
#include <furl/zoo/matrix/scion.hpp>

#include <boost/hana/tuple.hpp>
#include <boost/hana/type.hpp>

namespace furl::zoo {

/// Every rule of the zoo that needs a matrix engine, as a Hana tuple of types.
inline constexpr auto all_of_matrices = hana::tuple_t<
    adamuon, adamuon_first, muon, muon_moonlight, muon_torch, muon_torch_rms, normuon, scion_spectral>;

}  // namespace furl::zoo
