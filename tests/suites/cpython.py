#!/usr/bin/python3.11
# SPDX-License-Identifier: GPL-2.0-or-later
"""The suite cpython: CPython's own tests, of Debian's libpython3.11-testsuite.

A part is a module of the package `test`.  It is loaded as regrtest loads it, with no
resource given (nothing needs the internet); see score.py for the verbs and the lines.
"""
import importlib
import os
import sys
import tempfile
import unittest

# Most of the time for most of the tests; `all` adds what takes long or has few sockets.
PARTS = """
	test_socket test_select test_selectors test_epoll test_poll test_socketserver
	test_asyncore test_asynchat test_ftplib test_httplib test_httpservers test_imaplib
	test_nntplib test_poplib test_smtplib test_ssl test_telnetlib test_timeout test_urllib
	test_urllib2_localnet test_wsgiref test_xmlrpc
	test_asyncio.test_base_events test_asyncio.test_buffered_proto
	test_asyncio.test_events test_asyncio.test_selector_events test_asyncio.test_sendfile
	test_asyncio.test_server test_asyncio.test_sock_lowlevel test_asyncio.test_ssl
	test_asyncio.test_streams test_asyncio.test_unix_events""".split()
MORE = """
	test_docxmlrpc test_logging test_multiprocessing_fork test_multiprocessing_spawn
	test_signal test_robotparser test_urllib2 test_smtpnet test_largefile
	test_concurrent_futures
	test_asyncio.test_sslproto test_asyncio.test_subprocess test_asyncio.test_runners
	test_asyncio.test_tasks test_asyncio.test_waitfor""".split()
LEFT_OUT = ("VSOCK",)	# the hypervisor's network: no stack's


class Result(unittest.TestResult):
	"""Writes each outcome as it comes, so that a crash or a hang loses one test only."""

	def __init__(self, file):
		super().__init__()
		self.file = file
		self.outcome = None

	def say(self, word, test, detail=""):
		detail = " ".join(detail.split())[:300]
		self.file.write(f"{word} {name(test)} {detail}".rstrip() + "\n")
		self.file.flush()

	def startTest(self, test):
		super().startTest(test)
		self.outcome = ("ok", "")
		self.say("start", test)

	def stopTest(self, test):
		super().stopTest(test)
		self.say(self.outcome[0], test, self.outcome[1])
		self.outcome = None

	def bad(self, test, err):
		detail = f"{err[0].__name__}: {err[1]}"
		print("".join(self._exc_info_to_string(err, test)), file=sys.stderr, flush=True)
		if self.outcome is None:	# a set-up of a class or module
			self.say("fail", test, detail)
		elif self.outcome[0] != "fail":
			self.outcome = ("fail", detail)

	addError = addFailure = bad

	def addSubTest(self, test, subtest, err):
		if err is not None:
			self.bad(test, err)

	def addSkip(self, test, reason):
		if self.outcome is None:	# not even started, or the set-up of a class
			self.say("skip", test, reason)
		elif self.outcome[0] == "ok":
			self.outcome = ("skip", reason)

	def addUnexpectedSuccess(self, test):
		self.outcome = ("fail", "unexpected success")


def flat(suite):
	for test in suite:
		if isinstance(test, unittest.TestSuite):
			yield from flat(test)
		else:
			yield test


def load(part):
	from test import support
	support.verbose = 0
	support.use_resources = []
	module = importlib.import_module("test." + part)
	return [t for t in flat(unittest.defaultTestLoader.loadTestsFromModule(module))
		if not any(word in t.id() for word in LEFT_OUT)]


def name(test):
	return test.id().replace(" ", "_")


def run(part, path, wanted):
	tempdir = tempfile.mkdtemp(prefix="py", dir=os.environ.get("TMPDIR", "/tmp"))
	os.chdir(tempdir)
	with open(path, "a", encoding="utf-8") as file:
		result = Result(file)
		try:
			tests = load(part)
		except unittest.SkipTest as why:
			file.write(f"skip test.{part} {why}\n")
			return
		if wanted:
			tests = [t for t in tests if name(t) in wanted]
		unittest.TestSuite(tests).run(result)
		file.write("end\n")


def main():
	verb = sys.argv[1]
	if verb == "parts":
		try:
			import test.test_socket	# noqa: F401
		except ImportError:
			print("SKIP needs libpython3.11-testsuite")
			return
		print("\n".join(PARTS + (MORE if "all" in sys.argv[2:] else [])))
	elif verb == "names":
		sys.path.pop(0)
		print("\n".join(name(t) for t in load(sys.argv[2])))
	else:
		sys.path.pop(0)	# not tests/suites
		run(sys.argv[2], sys.argv[3], set(sys.argv[4:]))


if __name__ == "__main__":
	main()
