#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# stacks.sh - stack programs of others: built with the public header and library alone, and
# mounted by their name.

# shellcheck disable=SC2016  # scripts for inner shells
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

need python3 mount
[ -n "$UMVIEW" ] || skip_all "no umview"
${CC:-cc} --version > /dev/null 2>&1 || skip_all "no compiler"

# How somebody else would build.
if [ -e "$builddir/lib/.libs/libumstack.so" ]; then
	flags="-I$T/include -L$builddir/lib/.libs -Wl,-rpath,$builddir/lib/.libs -lumstack"
	mkdir "$T/include"
	cp "$top_srcdir/lib/um_stack.h" "$T/include"
else
	flags=$(pkg-config --cflags --libs umview-stack 2> /dev/null) || skip_all "no libumstack"
fi

# build NAME SOURCE... [FLAG...]: a program umnet-NAME for the user.
stacks=$T/home/.umview/stacks
mkdir -p "$stacks"
# shellcheck disable=SC2317  # called by check
build() {
	local to=$stacks/umnet-$1
	shift
	# shellcheck disable=SC2086
	${CC:-cc} -std=gnu11 -D_GNU_SOURCE -O1 -Wall -Wextra -Wno-unused-parameter \
		-o "$to" "$@" $flags
}

# --- The library exports what the header declares, and nothing else.

library=$(ls "$builddir/lib/.libs/libumstack.so" 2> /dev/null)
if [ -n "$library" ] && command -v nm > /dev/null; then
	is "exported symbols" "$(nm -D --defined-only "$library" | sed -n 's/.* T \([a-z_]*\)@.*/\1/p' | sort)" \
		"$(grep -oE '\b(um_sock|um_stack)_[a-z_]*\(' "$top_srcdir/lib/um_stack.h" | tr -d '(' | sort -u |
			grep -vx um_stack_ops)"
else
	skip "exported symbols" "no library in the build directory, or no nm"
fi

# --- A network in memory: ports of one process (tests/unit/toy_stack.c).

cat > "$T/main.c" <<'EOC'
#include <um_stack.h>
extern const struct um_stack_ops toy_ops;
int main(int argc, char **argv)
{
	return um_stack_main(argc, argv, &toy_ops);
}
EOC
# As it would be, had it been built when struct um_stack_ops ended with ioctl.
cat > "$T/older.c" <<'EOC'
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <um_stack.h>
extern const struct um_stack_ops toy_ops;
int main(int argc, char **argv)
{
	size_t size = offsetof(struct um_stack_ops, ioctl) + sizeof(toy_ops.ioctl);
	struct um_stack_ops *ops = malloc(size);

	memcpy(ops, &toy_ops, size);
	ops->size = size;
	return um_stack_main(argc, argv, ops);
}
EOC
toy=("$top_srcdir/tests/unit/toy_stack.c" "$top_srcdir/lib/util.c" -idirafter "$top_srcdir/lib")
check "build one" build toy "$T/main.c" "${toy[@]}" || finish
check "build an older one" build older "$T/older.c" "${toy[@]}"

cat > "$T/echo.py" <<'EOP'
import socket, threading
server = socket.create_server(("127.0.0.1", 7))
def serve():
    s = server.accept()[0]
    while data := s.recv(65536):
        s.sendall(data)
    s.close()
threading.Thread(target=serve).start()
s = socket.create_connection(("127.0.0.1", 7))
data = bytes(range(256)) * 4000
threading.Thread(target=lambda: (s.sendall(data), s.shutdown(socket.SHUT_WR))).start()
got = b""
while piece := s.recv(65536):
    got += piece
assert got == data
one, two = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for i in range(2))
one.bind(("127.0.0.1", 53))
two.sendto(b"question", ("127.0.0.1", 53))
question, who = one.recvfrom(100)
one.sendto(b"answer to " + question, who)
print(two.recv(100).decode())
EOP

inside "programs of others" '
for name in toy older; do
	t "mount umnet$name" mount -t umnet$name none /dev/net/$name
	t_is "it works" "$(mstack /dev/net/$name /usr/bin/python3 "$T/echo.py" 2>&1)" "answer to question"
	t_is "families that it has not" "$(mstack /dev/net/$name /usr/bin/python3 -c "
import socket
try:
    socket.socket(socket.AF_INET6)
except OSError as e:
    print(e.errno)")" 97
	t "umount" umount /dev/net/$name
done
for type in umnetnosuch umnet umnet/toy umnet../umnet-toy umnetTOY; do
	t_like "no such type: $type" "$(mount -t $type none /dev/net/x 2>&1 > /dev/null; echo $?)" "^32$"
done
t_like "what mount says" "$(mount -t umnetnosuch none /dev/net/x 2>&1)" "unknown filesystem type .umnetnosuch."
t_end'
like "what umview says" "$(cat "$inside_out")" \
	"^umview: mount: umnetnosuch: cannot execute 'umnet-nosuch': No such file or directory$"

finish
