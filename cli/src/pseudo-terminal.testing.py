"""Runs a program in a pseudo-terminal: pseudo-terminal.testing.py COLUMNS ROWS PROGRAM ARGUMENT...

What the program writes goes to standard output as it is. Each line of standard input resizes the terminal:
COLUMNS ROWS. Ends as the program does.
"""

import fcntl
import os
import pty
import select
import struct
import sys
import termios


def resize(terminal, columns, rows):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))


def copy(terminal):
    commands = b''
    inputs = [terminal, 0]
    while True:
        for ready in select.select(inputs, [], [])[0]:
            if ready == 0:
                read = os.read(0, 4096)
                if not read:
                    inputs.remove(0)
                commands += read
                *lines, commands = commands.split(b'\n')
                for line in lines:
                    resize(terminal, *map(int, line.split()))
                continue
            try:
                data = os.read(terminal, 65536)
            except OSError:  # The program has ended.
                return
            if not data:
                return
            while data:
                data = data[os.write(1, data):]


columns, rows, *command = sys.argv[1:]
process, terminal = pty.fork()
if process == 0:
    # The size is set before the program asks for it.
    resize(0, int(columns), int(rows))
    os.execvp(command[0], command)
copy(terminal)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))
