"""ssh_front.py PORT SSHD_CONFIG: give every address of 127.77.0.0/16 an SSH server.

sshd itself takes at most 16 listen addresses. This accepts on the loopback device alone
(SO_BINDTODEVICE, so nothing outside this machine can connect) and hands each connection to
`sshd -i`.
"""
import signal
import socket
import subprocess
import sys

NETWORK = '127.77.'


def main():
    port, config = int(sys.argv[1]), sys.argv[2]
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b'lo\0')
    listener.bind(('0.0.0.0', port))
    listener.listen(512)
    while True:
        connection, _ = listener.accept()
        with connection:
            if connection.getsockname()[0].startswith(NETWORK):
                subprocess.Popen(['/usr/sbin/sshd', '-i', '-e', '-f', config],
                                 stdin=connection, stdout=connection)


main()
