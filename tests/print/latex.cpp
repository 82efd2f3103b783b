#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>
#include <furl/print/latex.hpp>
#include <furl/zoo/adagrad.hpp>
#include <furl/zoo/adamw.hpp>

#include <doctest/doctest.h>

using namespace furl;

namespace {

struct own_names {
    static constexpr auto g = let<"g">(grad / norm(grad));
    static constexpr auto rho_2 = hyper<"max_norm">(1e-8);
    static constexpr auto update = param - hyper<"beta12">(0.5) * select(grad > 0, g, cube(g)) * rho_2 * rsqrt(abs(param));
};

struct special_names {
    static constexpr auto update = param - hyper<"50%">(0.5) * hyper<"a&b#c$">(1.0) * hyper<"{x~y^z}">(1.0) * hyper<"p q\\r">(1.0);
};

}  // namespace

TEST_CASE("latex escapes the characters that TeX gives a meaning") {
    CHECK(latex<special_names>() ==
          R"(\begin{aligned}
\theta_t &= \theta_{t-1} - \mathit{50\%}\, \mathit{a\&b\#c\$}\, \mathit{\{x\sim y\wedge z\}}\, \mathit{p\ q\backslash r}
\end{aligned})");
}

TEST_CASE("latex writes a paper's equations: states by time, Greek hyperparameters, corrections as hats") {
    CHECK(latex<zoo::adamw>() ==
          R"(\begin{aligned}
m_t &= \beta_1\, m_{t-1} + \left(1 - \beta_1\right)\, g_t \\
\hat{m}_t &= \frac{m_t}{1 - \beta_1^{t}} \\
v_t &= \beta_2\, v_{t-1} + \left(1 - \beta_2\right)\, g_t^{2} \\
\hat{v}_t &= \frac{v_t}{1 - \beta_2^{t}} \\
\theta_t &= \theta_{t-1}\, \left(1 - \eta\, \lambda\right) - \eta\, \frac{\hat{m}_t}{\sqrt{\hat{v}_t} + \epsilon}
\end{aligned})");
    CHECK(latex<zoo::adagrad>() ==
          R"(\begin{aligned}
s_t &= s_{t-1} + g_t^{2} \\
\theta_t &= \theta_{t-1} - \frac{\eta}{1 + \left(t - 1\right)\, \mathit{lr\_decay}}\, \frac{g_t}{\sqrt{s_t} + \epsilon}
\end{aligned})");
}

TEST_CASE("latex renames the gradient where the rule has a g of its own, and escapes names") {
    CHECK(latex<own_names>() ==
          R"(\begin{aligned}
g_t &= \frac{\nabla_t}{\left\|\nabla_t\right\|_2} \\
\theta_t &= \theta_{t-1} - \beta_{12}\, \left(\begin{cases} g_t & \text{if } \nabla_t > 0 \\ g_t^{3} & \text{otherwise} \end{cases}\right)\, \mathit{max\_norm}\, \frac{1}{\sqrt{\left|\theta_{t-1}\right|}}
\end{aligned})");
}
