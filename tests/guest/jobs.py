# SPDX-License-Identifier: GPL-2.0-or-later
"""Drives an interactive shell on a pseudo-terminal: jobs.py COMMAND...

Runs COMMAND (a shell) on a terminal of 33 x 99, types at it what a user types at
jobs, and prints what each step showed.  A step ends when the shell prints
its mark, so nothing depends on time but the signals' own."""
import fcntl, os, pty, re, select, signal, struct, sys, termios, time

def size(fd, rows, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

pid, terminal = pty.fork()
if pid == 0:
    os.environ["PS1"] = ""
    os.environ["TERM"] = "dumb"
    os.execvp(sys.argv[1], sys.argv[1:])
size(terminal, 33, 99)

seen = b""
def read_until(pattern, seconds=15):
    """What came up to the pattern; the rest is kept."""
    global seen
    end = time.time() + seconds
    while not re.search(pattern, seen):
        ready = select.select([terminal], [], [], max(0, end - time.time()))[0]
        if not ready:
            print("TIMEOUT waiting for", pattern, "saw", seen)
            os.kill(pid, signal.SIGHUP)
            sys.exit(1)
        try:
            data = os.read(terminal, 4096)
        except OSError:
            data = b""
        if not data:
            break
        seen += data
    found = re.search(pattern, seen)
    if not found:
        text, seen = seen, b""
        return text
    text, seen = seen[:found.start()], seen[found.end():]
    return text

def show(name, text):
    text = re.sub(rb"(?m)^\[1\] \d+$", b"[1] PID", text.replace(b"\r", b""))
    print("==", name)
    print(b"\n".join(line.rstrip() for line in text.split(b"\n")).decode(errors="replace"))

number = 0
def step(name, line, during=None, wait=0.4):
    """Types the line, does `during` while it runs, shows what came."""
    global number
    number += 1
    os.write(terminal, line.encode() + b"\n")
    if during:
        time.sleep(wait)
        if isinstance(during, bytes):
            os.write(terminal, during)
        else:
            during()
        time.sleep(0.2)
    os.write(terminal, b"echo status=$? end''mark%d\n" % number)
    show(name, read_until(rb"endmark%d\r?\n" % number))

os.write(terminal, b"stty -echo; PS1=; PS2=; echo rea''dy\n")
read_until(rb"ready\r?\n")
step("size", "stty size")
step("resize", "stty size", lambda: None)
size(terminal, 20, 60)
step("resized", "stty size")
step("WINCH", "trap 'echo winch' WINCH; sleep 1 & wait $!; wait; trap - WINCH; jobs >/dev/null", lambda: size(terminal, 21, 61))
step("^C", "sleep 30", b"\x03")
step("^\\", "sleep 30", b"\x1c")
step("^Z", "sleep 30", b"\x1a")
step("jobs", "jobs")
step("fg and ^C", "fg", b"\x03")
step("^Z of a pipeline", "sleep 30 | cat", b"\x1a")
step("bg", "bg; jobs %1 | grep -c Running")
step("kill %1", "kill %1; wait %1")
step("cat and ^D", "cat", b"typed\n\x04")
step("^C in a child shell", "bash -c 'trap \"echo caught; exit 9\" INT; sleep 30'", b"\x03")
step("a stopped child shell", "bash -c 'kill -STOP $$; echo continued'")
step("fg", "fg")
step("tty", "tty < /dev/tty | sed 's/[0-9]*$//'")
step("job control in a subshell", "(set -m; sleep 1 & fg >/dev/null; echo done)")
step("read from the background", "cat & sleep 0.3; jobs | grep -c Stopped; kill -9 %1; sleep 0.2; jobs >/dev/null")
os.write(terminal, b"exit 7\n")
while True:
    try:
        if not os.read(terminal, 4096):
            break
    except OSError:
        break
status = os.waitpid(pid, 0)[1]
print("exit", os.WEXITSTATUS(status) if os.WIFEXITED(status) else -os.WTERMSIG(status))
