#pragma once

// Other libraries' optimizers, by the name that they have here; a hyperparameter in parentheses differs in its
// default or is set. Coupled weight decay, maximize and clipping are modifiers (furl/blocks), there and here.
//
// PyTorch, torch.optim: SGD is sgd, sgd_momentum, sgd_nesterov; Adagrad adagrad; Adadelta adadelta; RMSprop rmsprop,
// rmsprop_centered, rmsprop_momentum, rmsprop_centered_momentum; Rprop rprop; Adam adam, amsgrad; AdamW adamw,
// adamw_amsgrad; NAdam nadam, nadam_decoupled; RAdam radam; Adamax adamax; ASGD asgd. Adafactor, Muon, LBFGS and
// SparseAdam are not elementwise.
//
// optax: sgd is sgd, sgd_momentum, sgd_nesterov; sign_sgd signsgd; signum signum; adagrad adagrad_optax; adadelta
// adadelta; rmsprop rmsprop_keras (eps 1e-8), rmsprop_keras_centered and with momentum; adam adam, with eps_root
// adam_eps_inside; adamw adamw (weight_decay 1e-4); nadam nadam_optax; nadamw nadamw_optax; radam radam_optax;
// adamax adamax; amsgrad amsgrad_optax; adabelief adabelief; yogi yogi; adan adan_decoupled, but for its weights;
// adopt adopt; ademamix ademamix; lion lion, lion_tanh, lion_refined; madgrad madgrad; novograd novograd; lars
// lars_optax, lars_optax_nesterov; lamb lamb; contrib's sophia sophia_h, dog dog, ldog, dowg dowg, prodigy
// prodigy_optax, dadapt_adamw dadapt_adamw_optax, schedule_free_sgd and schedule_free_adamw theirs.
//
// Keras and TensorFlow: SGD is sgd, momentum, nesterov; Adagrad adagrad_optax (lr 1e-3); Adadelta adadelta (lr 1e-3,
// rho 0.95, eps 1e-7); RMSprop rmsprop_keras, rmsprop_keras_centered and with momentum; TensorFlow 1's rmsprop_tf
// and its kin; Adam adam_eps_hat (eps 1e-7), amsgrad_keras; AdamW adamw_keras; Nadam nadam (momentum_decay 1, lr
// 1e-3, eps 1e-7); Adamax adamax_keras; Ftrl ftrl_keras; Lion lion (lr 1e-3); Lamb lamb (eps 1e-7); ApplyPowerSign
// powersign_linear; ApplyAddSign addsign_linear.
#include <furl/zoo/adabelief.hpp>
#include <furl/zoo/adabound.hpp>
#include <furl/zoo/adadelta.hpp>
#include <furl/zoo/adagrad.hpp>
#include <furl/zoo/adagrad_optax.hpp>
#include <furl/zoo/adahessian.hpp>
#include <furl/zoo/adam.hpp>
#include <furl/zoo/adam_atan2.hpp>
#include <furl/zoo/adam_eps_hat.hpp>
#include <furl/zoo/adamax.hpp>
#include <furl/zoo/adamod.hpp>
#include <furl/zoo/adamw.hpp>
#include <furl/zoo/adan.hpp>
#include <furl/zoo/addsign.hpp>
#include <furl/zoo/ademamix.hpp>
#include <furl/zoo/adopt.hpp>
#include <furl/zoo/aggmo.hpp>
#include <furl/zoo/amsgrad.hpp>
#include <furl/zoo/asgd.hpp>
#include <furl/zoo/barzilai_borwein.hpp>
#include <furl/zoo/cautious_adamw.hpp>
#include <furl/zoo/dadapt_adamw.hpp>
#include <furl/zoo/diffgrad.hpp>
#include <furl/zoo/dog.hpp>
#include <furl/zoo/dowg.hpp>
#include <furl/zoo/ftrl.hpp>
#include <furl/zoo/grams.hpp>
#include <furl/zoo/heavy_ball.hpp>
#include <furl/zoo/lamb.hpp>
#include <furl/zoo/laprop.hpp>
#include <furl/zoo/lars.hpp>
#include <furl/zoo/lion.hpp>
#include <furl/zoo/madgrad.hpp>
#include <furl/zoo/mars.hpp>
#include <furl/zoo/momentum.hpp>
#include <furl/zoo/msvag.hpp>
#include <furl/zoo/nadam.hpp>
#include <furl/zoo/nesterov.hpp>
#include <furl/zoo/novograd.hpp>
#include <furl/zoo/padam.hpp>
#include <furl/zoo/pid.hpp>
#include <furl/zoo/powersign.hpp>
#include <furl/zoo/prodigy.hpp>
#include <furl/zoo/qhadam.hpp>
#include <furl/zoo/qhm.hpp>
#include <furl/zoo/radam.hpp>
#include <furl/zoo/rmsprop.hpp>
#include <furl/zoo/rmsprop_keras.hpp>
#include <furl/zoo/rmsprop_tf.hpp>
#include <furl/zoo/rprop.hpp>
#include <furl/zoo/schedule_free.hpp>
#include <furl/zoo/sgd.hpp>
#include <furl/zoo/sgd_momentum.hpp>
#include <furl/zoo/signsgd.hpp>
#include <furl/zoo/signum.hpp>
#include <furl/zoo/smorms3.hpp>
#include <furl/zoo/sophia.hpp>
#include <furl/zoo/stable_adamw.hpp>
#include <furl/zoo/tiger.hpp>
#include <furl/zoo/yogi.hpp>
