#!/usr/bin/env python3
"""Trains a network in PyTorch with the rule of my_rule.cpp, and goes on from a checkpoint to the bit.

usage: train.py [FOLDER]    FOLDER has furl's headers, if they are not installed; by default those of this repository."""
import io
import pathlib
import sys

import torch
from torch.utils import cpp_extension

HERE = pathlib.Path(__file__).resolve().parent


def compiled(headers):
    source = str(HERE / "my_rule.cpp")
    # [load]
    flags = ["-std=c++20", "-O2", "-march=native", "-fopenmp"]
    my_rule = cpp_extension.load("my_rule", [source], extra_cflags=flags, extra_include_paths=[headers])
    # [load]
    return my_rule


def train(my_rule):
    torch.manual_seed(1)
    x = 6 * torch.rand(256, 1) - 3
    y = torch.sin(2 * x)
    # [train]
    model = torch.nn.Sequential(torch.nn.Linear(1, 64), torch.nn.Tanh(), torch.nn.Linear(64, 1))
    optimizer = my_rule.Optimizer(model.parameters(), lr=0.02)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 1000)
    for step in range(1001):
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 250 == 0:
            print(f"step {step:4}  loss {loss.item():.5f}  norm of the gradients {optimizer.value('norm'):.4f}")
    # [train]
    # [save]
    file = io.BytesIO()
    torch.save(optimizer.state_dict(), file)
    file.seek(0)
    resumed = my_rule.Optimizer(model.parameters())
    resumed.load_state_dict(torch.load(file))  # goes on to the bit
    m = resumed.state[model[0].weight]["m"]    # a tensor that shares the memory of the state
    # [save]
    assert torch.equal(m, optimizer.state[model[0].weight]["m"])
    return loss.item()


if __name__ == "__main__":
    train(compiled(sys.argv[1] if len(sys.argv) > 1 else str(HERE.parents[1] / "include")))
