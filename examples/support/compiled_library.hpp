#pragma once

#include "scratch_directory.hpp"

#include <dlfcn.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>

namespace examples {

/// C++ text, compiled at run time and loaded. What comes of its functions lives as long as it.
class compiled_library {
  public:
    /// @param compiler  a command with all its flags, but for -shared -fPIC and the names of files.
    /// @param text      one translation unit; what is called is extern "C".
    /// Errors:  std::runtime_error, with the compiler's first error.
    compiled_library(const std::string& compiler, const std::string& text) {
        const scratch_directory directory;
        const std::string stem = (directory.path() / "unit").string();
        std::ofstream(stem + ".cpp") << text;
        const std::string command =
            compiler + " -shared -fPIC -o '" + stem + ".so' '" + stem + ".cpp' 2>'" + stem + ".log'";
        if (std::system(command.c_str()) != 0) {
            std::ifstream log(stem + ".log");
            std::string line, first;
            while (std::getline(log, line)) {
                if (first.empty()) first = line;
                if (line.find("error") != std::string::npos) {
                    first = line;
                    break;
                }
            }
            throw std::runtime_error("the compiler failed: " + first);
        }
        handle_.reset(dlopen((stem + ".so").c_str(), RTLD_NOW | RTLD_LOCAL));
        if (!handle_) throw std::runtime_error(dlerror());
    }

    /// A function by its name. Errors: std::runtime_error if there is none.
    template <class Signature>
    Signature* function(const char* name) const {
        void* found = dlsym(handle_.get(), name);
        if (found == nullptr) throw std::runtime_error(dlerror());
        return reinterpret_cast<Signature*>(found);
    }

  private:
    struct close {
        void operator()(void* handle) const { dlclose(handle); }
    };
    std::unique_ptr<void, close> handle_;
};

}  // namespace examples
