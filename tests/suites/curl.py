#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The suite curl: curl's own tests, of its sources, with the installed curl.

On demand: CURL_SOURCE says where the sources are (`apt-get source curl`), configured
(`./configure --with-openssl --disable-shared`) and with their test servers built
(`make -C tests/server`).  A part is a hundred tests by number.  Tests of the library, whose
programs are not built, are skipped everywhere.
"""
import os
import re
import subprocess
import sys

SOURCE = os.environ.get("CURL_SOURCE", "/nonexistent")
DEFAULT = 5	# the first five hundred; `all`: all


def names(part):
	low = int(part)
	return sorted((f"test{n}" for n in range(low, low + 100)
		       if os.path.exists(f"{SOURCE}/tests/data/test{n}")), key=lambda t: int(t[4:]))


def run(part, path, wanted):
	tests = wanted or names(part)
	# Its logs, ports and pids are beside the tests: links to all but them.
	copy = os.path.join(os.environ["TMPDIR"], "curl")
	os.mkdir(copy)
	for name in os.listdir(SOURCE):
		if name != "tests":
			os.symlink(os.path.join(SOURCE, name), os.path.join(copy, name))
	subprocess.run(["cp", "-rs", os.path.join(SOURCE, "tests"), copy], check=True)
	subprocess.run(["rm", "-rf", copy + "/tests/log", copy + "/tests/.server"], check=True)
	command = ["perl", "runtests.pl", "-c", "/usr/bin/curl", "-vc", "/usr/bin/curl", "-a", "-n"]
	child = subprocess.Popen(command + [t[4:] for t in tests], cwd=copy + "/tests", text=True,
				 env=dict(os.environ, srcdir="."), stdin=subprocess.DEVNULL,
				 stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
	at = None
	with open(path, "a", encoding="utf-8") as out:
		for line in child.stdout:
			print(line, end="")
			begin = re.match(r"test (\d+)(?: SKIPPED: (.*)|\.\.\.)", line)
			if begin:
				at = f"test{int(begin[1])}"
				out.write(f"skip {at} {begin[2]}\n" if begin[2] else f"start {at}\n")
			if at and re.search(r" OK \(", line):
				out.write(f"ok {at}\n")
			elif at and re.search(r"FAILED", line):
				out.write(f"fail {at} {' '.join(line.split())[:200]}\n")
			out.flush()
		child.wait()
		out.write("end\n")


def main():
	if sys.argv[1] == "parts":
		if not os.path.exists(SOURCE + "/tests/server/sws"):
			print("SKIP needs CURL_SOURCE, curl's sources with tests/server built")
			return
		hundreds = range(0, 3200, 100)
		print("\n".join(str(h) for h in hundreds if names(h) and
				("all" in sys.argv[2:] or h < DEFAULT * 100)))
	elif sys.argv[1] == "names":
		print("\n".join(names(sys.argv[2])))
	else:
		run(sys.argv[2], sys.argv[3], sys.argv[4:])


if __name__ == "__main__":
	main()
