#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The suite iproute2: the testsuite of its sources, with the installed ip, tc, ss, bridge.

On demand: IPROUTE2_SOURCE says where the sources are (`apt-get source iproute2`).  A part is
a directory of its tests, and a test is a script.  Natively each part is in a user and network
namespace, since it makes links and routes.
"""
import os
import subprocess
import sys
import tempfile

SOURCE = os.path.join(os.environ.get("IPROUTE2_SOURCE", "/nonexistent"), "testsuite")
TOOLS = {"TC": "tc", "IP": "ip", "SS": "ss", "BRIDGE": "bridge"}


def names(part):
	for directory, _, files in sorted(os.walk(os.path.join(SOURCE, "tests", part))):
		for file in sorted(files):
			if file.endswith(".t"):
				yield os.path.relpath(os.path.join(directory, file), SOURCE)


def run(part, path, wanted):
	with open(path, "a", encoding="utf-8") as out, tempfile.TemporaryDirectory() as scratch:
		env = {name: os.path.join(scratch, name) for name in ("STD_ERR", "STD_OUT", "ERRF")}
		env |= {"TMP": scratch, "DEV": "lo", "PREFIX": "", "SNAME": "installed", "KENV": ""}
		env |= TOOLS | {"PATH": os.environ["PATH"] + ":/usr/sbin:/sbin", "KERNVER": os.uname().release}
		for name in wanted or names(part):
			out.write(f"start {name}\n")
			out.flush()
			open(env["ERRF"], "w", encoding="utf-8").close()
			done = subprocess.run(["bash", name], cwd=SOURCE, env=env, text=True,
					      stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT,
					      stdout=subprocess.PIPE, check=False)
			with open(env["ERRF"], encoding="utf-8") as file:
				why = " ".join(file.read().split())[:200]
			word = {0: "ok", 127: "skip"}.get(done.returncode, "fail")
			if why and word == "ok":
				word = "fail"
			out.write(f"{word} {name} {why}\n")
			print(name, word, done.stdout)
		out.write("end\n")


def main():
	if sys.argv[1] == "parts":
		if not os.path.isdir(os.path.join(SOURCE, "tests")):
			print("SKIP needs IPROUTE2_SOURCE, a directory of iproute2's sources")
		else:
			print("\n".join(sorted(os.listdir(os.path.join(SOURCE, "tests")))))
	elif sys.argv[1] == "names":
		print("\n".join(names(sys.argv[2])))
	elif os.environ.get("SUITE_PLACE") == "native" and not os.environ.get("SUITE_INSIDE"):
		os.environ["SUITE_INSIDE"] = "yes"
		os.execvp("unshare", ["unshare", "-Urn", sys.executable] + sys.argv)
	else:
		run(sys.argv[2], sys.argv[3], sys.argv[4:])


if __name__ == "__main__":
	main()
