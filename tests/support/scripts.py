#!/usr/bin/env python3
"""The scripts */run: --help and wrong options install and build nothing, and what is missing is said in one wording.

Each script runs where every program that could install or build is a stand-in that writes down its arguments.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPTS = ("tests/run", "bench/run", "docs/run", "examples/run")
TOOLS = ("bash", "sh", "env", "cat", "cut", "sed", "grep", "paste", "xargs", "dirname", "mktemp", "rm", "python3")
PACKAGES_OF = {
    "g++-13": "g++-13", "clang++-16": "clang-16", "/usr/bin/g++-99": "g++-99", "clang++": "clang", "c++": "g++",
    "ccache g++": "ccache g++", "ccache /usr/bin/clang++-99 -m32": "ccache clang-99",
    "aarch64-linux-gnu-g++-12": "g++-12-aarch64-linux-gnu",
}
failures = []


class Machine:
    """A machine with nothing on it but a shell, its tools and stand-ins: {name: what the shell does}."""

    def __init__(self, folder, **programs):
        self.bin, self.log = pathlib.Path(folder) / "bin", pathlib.Path(folder) / "log"
        self.bin.mkdir()
        for tool in TOOLS:
            (self.bin / tool).symlink_to(shutil.which(tool))
        for name, body in programs.items():
            program = self.bin / name.replace("_", "-")
            program.write_text(f'#!{shutil.which("sh")}\necho "{program.name} $*" >> "{self.log}"\n{body}\n')
            program.chmod(0o755)

    def run(self, *words):
        """(exit code, what was printed, what the stand-ins were asked)."""
        self.log.write_text("")
        done = subprocess.run(words, cwd=ROOT, env={"PATH": str(self.bin), "HOME": str(self.bin)}, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
        return done.returncode, done.stdout, self.log.read_text().splitlines()


def check(name, right, seen):
    print(f"{'ok' if right else 'not ok'} - {name}")
    if not right:
        failures.append(name)
        print(seen, file=sys.stderr)


def machine(**programs):
    return Machine(tempfile.mkdtemp(dir=SCRATCH), **programs)


def main():
    root = machine(apt_get="exit 9", apt_cache="", dpkg_query="exit 1", id="echo 0", sudo="exit 1", meson="exit 9", ninja="exit 9")
    for script in SCRIPTS:
        code, text, asked = root.run(script, "--help")
        check(f"{script} --help only prints", code == 0 and "usage:" in text and not asked, (text, asked))
        code, text, asked = root.run(script, "--no-such-option")
        check(f"{script} refuses a wrong option before anything else",
              code == 1 and len(text.splitlines()) == 1 and "'--no-such-option'" in text and not asked, (text, asked))
    code, text, asked = root.run("tests/run", "--compiler", "/no/such/g++")
    check("a compiler that is no package is refused", code == 1 and "/no/such/g++" in text and not asked, (text, asked))

    for compiler, packages in PACKAGES_OF.items():
        _, text, _ = root.run("bash", "-c", '. tests/support/packages.sh; compiler_packages "$1"', "x", compiler)
        check(f"{compiler} is {packages}", text.split() == packages.split(), text)

    user = machine(apt_get="exit 9", dpkg_query="exit 1", id="echo 1000", sudo="exit 1")
    bare = machine()
    for script in SCRIPTS:
        code, text, asked = user.run(script)
        wanted = rf"{script}: please run once, as root:  apt-get update && apt-get install -y --no-install-recommends g\+\+ .*libxsimd-dev.*\n"
        check(f"{script} names the command to a user without sudo",
              code == 1 and re.fullmatch(wanted, text) and not any(line.startswith("apt-get") for line in asked), (text, asked))
        code, text, _ = bare.run(script)
        check(f"{script} names the packages where there is no apt-get",
              code == 1 and re.fullmatch(rf"{script}: there is no apt-get here; please install .*g\+\+ .*libxsimd-dev.*\n", text), text)

    willing = machine(apt_get='case $1 in install) : > "${0%/*}/done" ;; esac', apt_cache="", id="echo 0",
                      dpkg_query='[ ! -e "${0%/*}/done" ] || echo "ii "')
    code, text, asked = willing.run("bash", "-c", ". tests/support/packages.sh; need g++ ninja-build; need g++ ninja-build")
    installs = [line for line in asked if line.startswith("apt-get")]
    check("root installs what is missing, after an update, and once", code == 0 and len(installs) == 2 and installs[0] == "apt-get update" and
          re.fullmatch(r"apt-get install -y .*g\+\+ ninja-build", installs[1]), (text, asked))
    unknown = machine(apt_get="", apt_cache="exit 100", id="echo 0", dpkg_query="exit 1")
    code, text, asked = unknown.run("bash", "-c", ". tests/support/packages.sh; need g++-99")
    check("a package that apt-get does not know is named", code == 1 and "apt-get knows no package g++-99" in text and
          not any("install" in line for line in asked), (text, asked))

    for source in sorted((ROOT / "examples").glob("*.cpp")):
        declared = re.findall(r'(?:add_\w+|choice)(?:<[^>]*>)?\(\s*(?:app,\s*)?"(--[\w-]+)"', source.read_text())
        _, text, _ = root.run("examples/run", source.stem, "--help")
        check(f"examples/run {source.stem} --help has all options",
              declared and set(declared) <= set(re.findall(r"--[\w-]+", text)) or "has no options" in text, text)
    return 1 if failures else 0


with tempfile.TemporaryDirectory() as SCRATCH:
    status = main()
sys.exit(status)
