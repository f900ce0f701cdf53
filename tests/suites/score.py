#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Scores a suite that nobody here wrote: by named test, in a view against natively.

score.py [-o STACK]... [-a] [-m PART]... [-t SECONDS] [-v] SUITE

Each part of the suite runs natively and, at the same time, in a session for each stack, with
that stack as the default.  A test is lost that did not pass in the view (it failed, was skipped, never
came) and passed natively.  known/SUITE.STACK lists those that are known, a line each: the
name, then why; "sometimes ..." for what is not lost every time.  A lost test that is not listed is run again, at most twice, before it counts.
Prints "ok", "not ok" and "# " lines, like the tests in e2e/.

A suite is a program with three verbs:

	SUITE parts [all]
		prints the names of its parts, or "SKIP why".
	SUITE names PART
		prints the names of its tests, if a part can go on after a hang.
	SUITE run PART FILE [TEST...]
		runs a part, or some tests of it, and appends to FILE a line for each event:
		"start TEST", then "ok TEST", "skip TEST why" or "fail TEST why"; "end" at the end.
		A name has no blanks.  SUITE_PLACE says where it runs: native, or the stack.

A run in which nothing happens for -t seconds is killed: the test it was at has failed,
and those that had not begun are run by themselves.
"""
import argparse
import collections
import concurrent.futures
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.realpath(__file__))
NATIVE = "native"
STACKS = ["umnetns", "umnetlwipv6"]
RETRIES = 2
HANGS = 4	# then the rest of the part is missing


def command_of(place):
	"""What goes before a command line, to run it there."""
	if place == NATIVE:
		return []
	umview = os.environ.get("UMVIEW", "umview")
	script = f'mount -t {place} -o lo none /dev/net/default && exec mstack /dev/net/default "$@"'
	return [umview, "-q", "-p", "umnet", "--", "sh", "-c", script, "sh"]


def works(place):
	"""Can this stack be had here?  What mount says, if not."""
	done = subprocess.run(command_of(place) + ["true"], stdin=subprocess.DEVNULL,
			      capture_output=True, text=True, timeout=60)
	if done.returncode == 0:
		return None
	return " ".join(done.stderr.split()) or f"status {done.returncode}"


class Run:
	"""One run of a part: what became of each test, by name."""

	def __init__(self):
		self.outcome = {}	# name -> (word, why)
		self.begun = None	# the test under way
		self.ended = False

	def read(self, lines):
		for line in lines:
			word, _, rest = line.rstrip("\n").partition(" ")
			name, _, why = rest.partition(" ")
			if word == "end":
				self.ended = True
			elif word == "start":
				self.begun = name
			elif word in ("ok", "skip", "fail"):
				# once failed is failed: a class's clean-up comes after it
				if self.outcome.get(name, ("",))[0] != "fail":
					self.outcome[name] = (word, why)
				if name == self.begun:
					self.begun = None

	def passed(self):
		return {name for name, (word, _) in self.outcome.items() if word == "ok"}

	def failed(self):
		return {name for name, (word, _) in self.outcome.items() if word == "fail"}

	def why(self, name):
		word, why = self.outcome.get(name, ("missing", ""))
		return f"{word} {why}".strip()


class Suite:
	def __init__(self, path, scratch, patience):
		self.path = path
		self.name = os.path.basename(path).partition(".")[0]
		self.scratch = scratch
		self.patience = patience

	def parts(self, everything):
		words = [self.path, "parts"] + (["all"] if everything else [])
		return subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True,
				      stdin=subprocess.DEVNULL).stdout.splitlines()

	def attempt(self, run, place, part, tests):
		"""One process: it ends, or is killed when nothing happens any more."""
		path = os.path.join(self.scratch, f"events.{place}")
		temporary = os.path.join(self.scratch, place)
		os.mkdir(temporary)
		log = os.path.join(self.scratch, f"{self.name}.{part}.{place}.log")
		with open(path, "w+", encoding="utf-8") as events, open(log, "ab") as out:
			child = subprocess.Popen(
				command_of(place) + [self.path, "run", part, path] + tests,
				stdin=subprocess.DEVNULL, stdout=out, stderr=out,
				start_new_session=True, env=dict(os.environ, TMPDIR=temporary, SUITE_PLACE=place))
			last = time.monotonic()
			left = ""
			while True:
				over = child.poll() is not None
				text = left + events.read()
				left = text[text.rfind("\n") + 1:]
				if len(text) > len(left):
					run.read(text[:len(text) - len(left)].splitlines())
					last = time.monotonic()
				if over:
					break
				if time.monotonic() - last > self.patience:
					os.killpg(child.pid, signal.SIGKILL)
					child.wait()
					break
				time.sleep(0.05)
			try:	# what the part left running
				os.killpg(child.pid, signal.SIGKILL)
			except ProcessLookupError:
				pass
		shutil.rmtree(temporary, ignore_errors=True)
		return child.returncode

	@staticmethod
	def hung(run, names):
		"""Did several hang?  To try them again would take too long."""
		return sum("hung" in run.why(name) for name in names) > 1

	def names(self, part):
		return set(subprocess.run([self.path, "names", part], stdout=subprocess.PIPE, text=True,
					  stdin=subprocess.DEVNULL, check=False).stdout.split())

	def run(self, place, part, tests=()):
		"""Runs a part, going on after a test that hangs or kills the process."""
		run = Run()
		tests = list(tests)
		for _ in range(HANGS):
			status = self.attempt(run, place, part, tests)
			if run.ended or not run.begun:
				break
			run.outcome[run.begun] = ("fail", f"hung, or ended the process ({status})")
			run.begun = None
			tests = sorted((set(tests) or self.names(part)) - set(run.outcome))
			if not tests:
				break
		return run


def read_known(path):
	known = {}
	try:
		with open(path, encoding="utf-8") as file:
			for line in file:
				name, _, why = line.strip().partition(" ")
				if name and name != "#":
					known[name] = why.strip()
	except FileNotFoundError:
		pass
	return known


class Report:
	count = failures = 0

	@classmethod
	def check(cls, what, good):
		cls.count += 1
		cls.failures += not good
		print(f"{'ok' if good else 'not ok'} {cls.count} - {what}", flush=True)

	@classmethod
	def skip(cls, what, why):
		cls.count += 1
		print(f"ok {cls.count} - {what} # SKIP {why}", flush=True)

	@staticmethod
	def note(text):
		print(f"# {text}", flush=True)


def score(suite, place, part, native, run, known, options, total):
	"""Compares a run on a stack; adds to the total."""
	fine = native.passed()
	lost = fine - run.passed()
	retries = 0
	for _ in range(RETRIES):
		again = sorted(name for name in lost if name not in known)
		if not again or len(again) > 40 or suite.hung(run, again):
			break
		retries += len(again)
		second = suite.run(place, part, again)
		for name in again:
			if name in second.outcome:
				run.outcome[name] = second.outcome[name]
		lost -= second.passed()
	new = sorted(name for name in lost if name not in known)
	found = sorted(name for name in known if name in fine and name not in lost
		       and not known[name].startswith("sometimes"))
	Report.check(f"{suite.name} on {place}: {part}", not new)
	for name in new:
		Report.note(f"lost: {name} {run.why(name)}")
	for name in found:
		Report.note(f"listed, but no longer lost: {name}")
	if options.verbose:
		for name in sorted(lost & set(known)):
			Report.note(f"known: {name} {run.why(name)}")
		Report.note(f"{part}: {len(run.outcome)} run, {len(lost)} lost, {retries} retries")
	total["run"] += len(fine | native.failed())
	total["native failures"] += len(native.failed())
	total["lost"] += len(lost)
	total["known"] += len(lost) - len(new)
	total["no longer lost"] += len(found)
	total["retries"] += retries


def main():
	parser = argparse.ArgumentParser()
	parser.add_argument("-o", "--on", action="append", help="a stack (more than once)")
	parser.add_argument("-a", "--all", action="store_true", help="all parts of the suite")
	parser.add_argument("-m", "--part", action="append", help="this part only")
	parser.add_argument("-t", "--patience", type=float, default=60)
	parser.add_argument("-v", "--verbose", action="store_true")
	parser.add_argument("-k", "--keep", help="a directory for what the tests print")
	parser.add_argument("suite", help="a program: cpython.py")
	options = parser.parse_args()

	scratch = options.keep or tempfile.mkdtemp(prefix="suites.")
	suite = Suite(os.path.join(HERE, options.suite), scratch, options.patience)
	parts = options.part or suite.parts(options.all)
	if parts and parts[0].startswith("SKIP"):
		print(parts[0])
		return 77
	stacks = []
	for place in options.on or STACKS:
		why = works(place)
		if why:
			Report.skip(f"{suite.name} on {place}", why)
		else:
			stacks.append(place)
	known = {p: read_known(os.path.join(HERE, "known", f"{suite.name}.{p}")) for p in stacks}
	total = {p: collections.Counter() for p in stacks}
	for part in parts if stacks else []:
		started = time.monotonic()
		with concurrent.futures.ThreadPoolExecutor(len(stacks) + 1) as pool:
			runs = list(pool.map(lambda place: suite.run(place, part), [NATIVE] + stacks))
		native = runs[0]
		if options.verbose:
			for name in sorted(native.failed()):
				Report.note(f"fails natively: {name} {native.why(name)}")
		if not native.outcome:
			Report.skip(f"{suite.name}: {part}", "ran no test natively")
			continue
		for place, run in zip(stacks, runs[1:]):
			score(suite, place, part, native, run, known[place], options, total[place])
		if options.verbose:
			Report.note(f"{part}: {time.monotonic() - started:.0f} s")
	for place in stacks:
		numbers = ", ".join(f"{total[place][n]} {n}" for n in (
			"run", "native failures", "lost", "known", "no longer lost", "retries"))
		Report.note(f"{suite.name} on {place}: {numbers}")
	if not options.keep:
		shutil.rmtree(scratch, ignore_errors=True)
	print(f"1..{Report.count}")
	return 1 if Report.failures else 0


if __name__ == "__main__":
	sys.exit(main())
