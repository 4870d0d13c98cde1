#!/usr/bin/env python3
"""A client in Python over HTTP, with nothing but the standard library.

    client.py http://127.0.0.1:8080 append '{"crate":17}'         hands an entry in, waits for its block, prints where it is
    client.py http://127.0.0.1:8080 receipt ID crate.receipt.json   writes a receipt: verify_receipt.py checks it
    client.py http://127.0.0.1:8080 records '/crate>=17'            prints the records that pass, one a line (node with --records)
    client.py http://127.0.0.1:8080 follow cursor.txt               prints records as they come, and goes on there the next time

`--node PORT` names the node; without it, it is the first that the gateway knows. What is printed is what the gateway says: who
wants to see it proved takes a receipt.
"""
import argparse
import http.client
import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request


# On a stream the gateway says something every 15 seconds, and what else is asked for here it answers sooner.
SILENCE_S_MAX = 60


class Refused(Exception):
    """What the gateway or the node says no to: `code` is stable (docs/spec/errors.md)."""

    def __init__(self, problem, status=None):
        super().__init__(f"{problem.get('detail', 'no reason given')} ({problem.get('code', 'unknown')})")
        self.code = problem.get('code')
        # A node that is being started again is unknown for a while; the others say that somebody is busy, or away.
        self.is_passing = self.code == 'node-unknown' or status in (429, 502, 503, 504)


class Ledger:
    """One node, behind a gateway."""

    def __init__(self, gateway, node=None, token=None):
        self.gateway = gateway.rstrip('/')
        self.token = token
        self.node = node or self._first_node()

    def append(self, *entries):
        """What became of each: {"id", "status"}. An equal entry that is there already is not recorded again."""
        body = json.dumps(entries, ensure_ascii=False).encode('utf-8')
        return self._json(f'{self._path()}/entries', body)['entries']

    def entry(self, entry_id):
        return self._json(f'{self._path()}/entries/{entry_id}')

    def wait(self, entry_id, depth=0, pause_s=0.2):
        """The entry, once so many blocks are on top of its own."""
        while True:
            entry = self.entry(entry_id)
            if entry['status'] == 'refused':
                raise Refused({'code': entry['reason'], 'detail': entry['message']})
            if entry['status'] == 'in-block' and entry['places'][0]['depth'] >= depth:
                return entry
            time.sleep(pause_s)

    def receipt(self, entry_id):
        """A file's content: bytes, as they are to be kept."""
        with self._open(f'{self._path()}/entries/{entry_id}/receipt') as answer:
            return answer.read().strip() + b'\n'

    def records(self, *conditions, author=None):
        """Records that pass every condition, page by page: /order/total>=20."""
        query = [('where', condition) for condition in conditions] + ([('author', author)] if author else [])
        cursor = []
        while True:
            page = self._json(f'{self._path()}/records?{urllib.parse.urlencode(query + cursor)}')
            yield from page['records']
            if page['next'] is None:
                return
            cursor = [('cursor', page['next'])]

    def follow(self, after=None):
        """Events as they come: {"type": "added" or "removed", "record", "cursor"}. Once begun, it comes back after whatever was lost."""
        has_begun = False
        while True:
            query = urllib.parse.urlencode({'after': after}) if after else ''
            try:
                with self._open(f'{self._path()}/records/stream?{query}') as stream:
                    has_begun = True
                    for event in self._events(stream):
                        after = event['cursor']
                        if event['type'] != 'position':
                            yield event
            except (OSError, http.client.HTTPException, Refused) as error:
                if not has_begun or (isinstance(error, Refused) and not error.is_passing):
                    raise
            time.sleep(1)

    @staticmethod
    def _events(stream):
        """The data of server-sent events: one line each, which the gateway keeps to."""
        for line in stream:
            if line.startswith(b'data: '):
                yield json.loads(line[len(b'data: '):])

    def _first_node(self):
        nodes = self._json('/api/v1/nodes')['nodes']
        if not nodes:
            raise Refused({'code': 'node-unknown', 'detail': 'the gateway reaches no node'})
        return nodes[0]['port']

    def _path(self):
        return f'/api/v1/nodes/{self.node}'

    def _json(self, path, body=None):
        with self._open(path, body) as answer:
            return json.load(answer)

    def _open(self, path, body=None):
        headers = {'Content-Type': 'application/json'} if body is not None else {}
        if self.token:
            headers['Authorization'] = f'Bearer {self.token}'
        try:
            request = urllib.request.Request(self.gateway + path, body, headers)
            return urllib.request.urlopen(request, timeout=SILENCE_S_MAX)
        except urllib.error.HTTPError as error:
            with error:
                is_problem = error.headers.get_content_type() == 'application/problem+json'
                raise Refused(json.load(error) if is_problem else {'code': str(error.code)}, error.code) from None


def run_append(ledger, options):
    [submitted] = ledger.append(options.entry)
    entry = ledger.wait(submitted['id'])
    place = entry['places'][0]
    print(json.dumps({'id': entry['id'], 'height': place['height'], 'index': place['index'], 'hash': place['hash']}))


def run_receipt(ledger, options):
    content = ledger.receipt(options.id)
    with open(options.file, 'wb') as file:
        file.write(content)
    print(f'{options.file}: {len(content)} bytes')


def run_records(ledger, options):
    for record in ledger.records(*options.conditions):
        print(json.dumps(record, ensure_ascii=False))


def run_follow(ledger, options):
    """The cursor is written after what it stands behind was printed: what is not sure comes again, and nothing is missed."""
    after, path = 'start', options.file
    if os.path.exists(path):
        with open(path, encoding='ascii') as file:
            after = file.read().strip()
    for event in ledger.follow(after):
        print(json.dumps({'type': event['type'], 'data': event['record']['data']}, ensure_ascii=False), flush=True)
        with open(f'{path}.new', 'w', encoding='ascii') as file:
            file.write(event['cursor'])
        os.replace(f'{path}.new', path)


def json_entry(text):
    """Raises ValueError where it is no JSON, or cannot be sent as UTF-8."""
    entry = json.loads(text)
    json.dumps(entry, ensure_ascii=False, allow_nan=False).encode('utf-8')
    return entry


def http_address(text):
    if not text.startswith(('http://', 'https://')):
        raise ValueError(text)
    return text


def read_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('gateway', type=http_address)
    parser.add_argument('--node', type=int)
    parser.add_argument('--token')
    commands = parser.add_subparsers(metavar='COMMAND', required=True)
    append, receipt, records, follow = map(commands.add_parser, ('append', 'receipt', 'records', 'follow'))
    append.set_defaults(run=run_append)
    append.add_argument('entry', type=json_entry)
    receipt.set_defaults(run=run_receipt)
    receipt.add_argument('id')
    receipt.add_argument('file')
    records.set_defaults(run=run_records)
    records.add_argument('conditions', nargs='*')
    follow.set_defaults(run=run_follow)
    follow.add_argument('file')
    return parser.parse_args()


def main():
    options = read_options()
    try:
        options.run(Ledger(options.gateway, options.node, options.token), options)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever reads what is printed has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Refused as refusal:
        print(f'client.py: {refusal}', file=sys.stderr)
        return 1
    except (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError) as error:
        print(f'client.py: the gateway does not answer: {error}', file=sys.stderr)
        return 69
    except OSError as error:
        print(f'client.py: {error}', file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
