#!/usr/bin/env python3
"""The client of the founding specification: one request, one answer, over a plain socket.

    original-client.py 5001 chain               the chain, as a JSON array of blocks
    original-client.py 5001 push chain.json     offers a chain; "-" reads it from stdin
    original-client.py 5001 shutdown            stops the node
    original-client.py 5001 send "any text"     whatever else
"""
import socket
import sys

HEADER_BYTES = 10


def frame(text):
    """The message with its size before it, in bytes of UTF-8, padded on the right to ten characters."""
    message = text.encode('utf-8')
    return f'{len(message):<{HEADER_BYTES}}'.encode('ascii') + message


def receive(connection, size):
    """Exactly `size` bytes: a socket hands them over in pieces of its own choosing."""
    pieces = []
    while size > 0:
        piece = connection.recv(min(size, 65536))
        if not piece:
            raise ConnectionError('the node closed the connection in the middle of its answer')
        pieces.append(piece)
        size -= len(piece)
    return b''.join(pieces)


def ask(port, text):
    """The node's answer to one message."""
    with socket.create_connection(('127.0.0.1', port)) as connection:
        connection.sendall(frame(text))
        size = int(receive(connection, HEADER_BYTES))
        return receive(connection, size).decode('utf-8')


def read_chain(path):
    with sys.stdin if path == '-' else open(path, encoding='utf-8') as file:
        return file.read()


def main(arguments):
    command = arguments[1:]
    if command == ['chain']:
        text = 'GET CHAIN'
    elif command == ['shutdown']:
        text = 'SHUTDOWN'
    elif len(command) == 2 and command[0] == 'push':
        text = read_chain(command[1])
    elif len(command) == 2 and command[0] == 'send':
        text = command[1]
    else:
        sys.exit(__doc__)
    print(ask(int(arguments[0]), text))


if __name__ == '__main__':
    try:
        main(sys.argv[1:])
    except OSError as error:
        sys.exit(f'original-client.py: {error}')
