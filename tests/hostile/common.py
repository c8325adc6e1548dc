# SPDX-License-Identifier: MIT
"""What the generators share: a case, and the listing that its rules ask for.

Every entry of a case says where it must be seen, in words of docs/archives.md; nothing here is taken from what the
program answers."""
import hashlib
import os

CASES = {}


def escape(raw):
    return ''.join(chr(b) if 32 < b < 127 and b != 37 else '%%%02X' % b for b in raw)


class Show:
    """The expected tree: path (bytes, from the root) -> what stands there."""

    def __init__(self):
        self.nodes = {}
        self.dropped = 0

    def _parents(self, path):
        parts = path.split(b'/')[1:]
        for i in range(1, len(parts)):
            self.nodes.setdefault(b'/' + b'/'.join(parts[:i]), ('d',))

    def dir(self, path):
        path = path if isinstance(path, bytes) else path.encode()
        self._parents(path)
        self.nodes[path] = ('d',)
        return self

    def file(self, path, data, error=None, size=None):
        path = path if isinstance(path, bytes) else path.encode()
        self._parents(path)
        self.nodes[path] = ('f', len(data) if size is None else size,
                            '!' + error if error else hashlib.sha256(data).hexdigest()[:16])
        return self

    def link(self, path, target):
        path = path if isinstance(path, bytes) else path.encode()
        self._parents(path)
        self.nodes[path] = ('l', target if isinstance(target, bytes) else target.encode())
        return self

    def node(self, path, kind):
        path = path if isinstance(path, bytes) else path.encode()
        self._parents(path)
        self.nodes[path] = (kind,)
        return self

    def drop(self, count=1):
        self.dropped += count
        return self

    def lines(self, contents=True):
        children = {}
        for path in self.nodes:
            parent, name = path.rsplit(b'/', 1)
            children.setdefault(parent, []).append(name)
        out = []

        def walk(parent):
            for name in sorted(children.get(parent, [])):
                path = parent + b'/' + name
                node = self.nodes[path]
                if node[0] == 'f':
                    out.append('f %d %s%s' % (node[1], node[2] + ' ' if contents else '', escape(path)))
                elif node[0] == 'l':
                    out.append('l %s -> %s' % (escape(path), escape(node[1])))
                else:
                    out.append('%s %s' % (node[0], escape(path)))
                if node[0] == 'd':
                    walk(path)
        walk(b'')
        return out + ['dropped %d' % self.dropped]


def refused(*codes):
    """One of these errors, and nothing else."""
    return [['refused ' + code] for code in codes]


def case(name, data, *allowed, scheme, contents=True, parameters=''):
    """`allowed`: the answers that the rules leave, each a Show or a list of lines."""
    assert name not in CASES, name
    assert allowed, name
    answers = []
    for answer in allowed:
        if isinstance(answer, Show):
            answers.append(answer.lines(contents))
        elif answer and isinstance(answer[0], list):
            answers.extend(answer)
        else:
            answers.append(answer)
    CASES[name] = {'data': data, 'answers': answers, 'scheme': scheme, 'contents': contents,
                   'parameters': parameters}


def write_all(folder):
    os.makedirs(folder, exist_ok=True)
    for name, item in CASES.items():
        with open(os.path.join(folder, name), 'wb') as out:
            data = item['data']
            for part in ([data] if isinstance(data, (bytes, bytearray)) else data):
                if isinstance(part, int):
                    out.seek(part, 1)
                else:
                    out.write(part)
            out.truncate()
