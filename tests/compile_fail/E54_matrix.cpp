// expect: furl[E54]: a derivative goes through a function whose derivative is not known, such as orthogonalize
#include <furl/blocks/derivative.hpp>
#include <furl/furl.hpp>
#include <furl/zoo/matrix/muon.hpp>

#include <vector>

struct my_engine {
    static constexpr furl::policy_kind policy = furl::policy_kind::matrices;

    template <class T>
    static void multiply(bool, bool, std::size_t, std::size_t, std::size_t, T, const T*, std::size_t, const T*, std::size_t, T, T*, std::size_t) {}
};

using muon = furl::zoo::muon;

struct my_rule : muon {
#ifdef CORRECTED
    static constexpr auto update = with(muon::update, furl::derivative<muon>(muon::lr));
#else
    static constexpr auto update = with(muon::update, furl::derivative<muon>(muon::mu));
#endif
};

int main() {
    std::vector<float> weights(10), gradients(10);
    furl::optimizer<my_rule, float, my_engine> opt(furl::shape{2, 5});
    opt.step(weights, gradients);
}
