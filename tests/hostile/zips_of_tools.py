#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Zip archives made by zip, 7z and Python, shown by the probe, compared with the files that went in; and the times of a
first and a second opening of 100,000 entries.

    zips_of_tools.py PROBE [SLOW]"""
import hashlib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import zipfile

PROBE = os.path.abspath(sys.argv[1])
SLOW = float(sys.argv[2]) if len(sys.argv) > 2 else 1
random.seed(7)
failed = []


def escape(text):
    return ''.join(chr(b) if 32 < b < 127 and b != 37 else '%%%02X' % b for b in os.fsencode(text))


def make_files():
    words = [random.randbytes(5) for _ in range(500)]
    text = lambda n: b''.join(random.choice(words) for _ in range(n // 5 + 1))[:n]
    os.makedirs('d/sub/deep')
    for name, data in (('empty', b''), ('one', b'x'), ('small', text(1000)), ('limit', text(262144)), ('above', text(262145)),
                       ('large', text(3 << 20)), ('sub/noise', random.randbytes(1 << 20)), ('sub/zero', bytes(5 << 20)),
                       ('sub/deep/ä ü€', b'unicode')):
        with open('d/' + name, 'wb') as out:
            out.write(data)
    os.symlink('../one', 'd/sub/link')


def expected(links):
    lines = []
    for folder, folders, files in os.walk('d'):
        lines.append('d /' + escape(folder))
        for name in files:
            path = folder + '/' + name
            if os.path.islink(path):
                lines += ['l /%s -> %s' % (escape(path), escape(os.readlink(path)))] if links else []
            else:
                with open(path, 'rb') as data:
                    content = data.read()
                lines.append('f %d %s /%s' % (len(content), hashlib.sha256(content).hexdigest()[:16], escape(path)))
    return sorted(lines)


def probe(name, *flags):
    answer = subprocess.run([PROBE, '-t', *flags, 'zip://' + os.path.abspath(name)], capture_output=True, text=True)
    return answer.stdout.splitlines(), answer.stderr.strip()


def check(name, condition, detail):
    print(('ok   ' if condition else 'FAIL ') + name + ('' if condition else ': %s' % (detail,)), flush=True)
    if not condition:
        failed.append(name)


def compare(name, links=True):
    for turn in ('scan', 'index'):
        lines, errors = probe(name, '-p', 'secret')
        want = expected(links) + ['dropped 0']
        check('%s (%s)' % (name, turn), sorted(lines) == sorted(want), (sorted(set(lines) ^ set(want))[:4], errors))


def with_python():
    for title, method in (('stored', 0), ('deflated', 8), ('bzip2', 12), ('lzma', 14)):
        with zipfile.ZipFile('py-%s.zip' % title, 'w', method) as out:
            for folder, _, files in os.walk('d'):
                for file in files:
                    if not os.path.islink(folder + '/' + file):
                        out.write(folder + '/' + file)
        compare('py-%s.zip' % title, links=False)
    with zipfile.ZipFile('py-64.zip', 'w', 8) as out, out.open('x', 'w', force_zip64=True) as file:
        file.write(b'hello' * 1000)
    lines, _ = probe('py-64.zip')
    check('py-64.zip', lines[0].startswith('f 5000 ' + hashlib.sha256(b'hello' * 1000).hexdigest()[:16]), lines)


def with_tools():
    quiet = {'check': True, 'stdout': subprocess.DEVNULL}
    if shutil.which('zip'):
        for title, flags in (('deflated', []), ('stored', ['-0']), ('bzip2', ['-Zbzip2']), ('crypted', ['-Psecret'])):
            subprocess.run(['zip', '-qry', *flags, 'zip-%s.zip' % title, 'd'], **quiet)
            compare('zip-%s.zip' % title)
        with open('piped.zip', 'wb') as out:
            subprocess.run(['zip', '-qry', '-', 'd'], check=True, stdout=out)
        compare('piped.zip')
        with open('before.zip', 'wb') as out, open('piped.zip', 'rb') as data:
            out.write(b'#!/bin/sh\nexit\n' + data.read())
        compare('before.zip')
    if shutil.which('7z'):
        for title, flags in (('aes256', ['-mem=AES256', '-psecret']), ('aes128', ['-mem=AES128', '-psecret']),
                             ('crypted', ['-psecret']), ('lzma', ['-mm=LZMA']), ('ppmd', ['-mm=PPMd']), ('bzip2', ['-mm=BZip2'])):
            subprocess.run(['7z', 'a', '-tzip', '-snl', *flags, '7z-%s.zip' % title, 'd'], **quiet)
            compare('7z-%s.zip' % title)
        for title in ('aes256', 'crypted'):
            for flags in ((), ('-p', 'wrong')):
                lines, errors = probe('7z-%s.zip' % title, *flags)
                check('7z-%s.zip %s' % (title, flags or 'no password'), lines == ['refused EACCES'] and '--ask-password' in errors,
                      (lines, errors))
        damaged_aes()


def damaged_aes():
    """One bit of the authentication code of one entry: the data is right, and is not given."""
    with open('7z-aes256.zip', 'rb') as file:
        data = bytearray(file.read())
    at = data.find(b'd/small') - 30
    packed, name, extra = (int.from_bytes(data[at + o:at + o + n], 'little') for o, n in ((18, 4), (26, 2), (28, 2)))
    data[at + 30 + name + extra + packed - 1] ^= 1
    with open('damaged-aes.zip', 'wb') as out:
        out.write(data)
    lines, _ = probe('damaged-aes.zip', '-p', 'secret')
    check('damaged-aes.zip', 'f 1000 !EBADMSG /d/small' in lines and sum('!' in line for line in lines) == 1, lines)


def many():
    with zipfile.ZipFile('many.zip', 'w', 8) as out:
        for i in range(100000):
            out.writestr('dir%03d/sub%d/file-%06d.txt' % (i % 100, i % 37, i), b'hello %d\n' % i)
    subprocess.run(['cat', 'many.zip'], stdout=subprocess.DEVNULL, check=False)
    times = []
    for turn in ('first', 'second'):
        answer = subprocess.run([PROBE, '-o', 'zip://' + os.path.abspath('many.zip')], capture_output=True, text=True, check=True)
        times.append(float(answer.stdout))
    print('100,000 entries: first opening %.1f ms, second %.1f ms' % (times[0] * 1e3, times[1] * 1e3))
    check('second opening within 250 ms', times[1] <= 0.25 * SLOW, times)


def main():
    with tempfile.TemporaryDirectory(prefix='zip-test-') as folder:
        os.chdir(folder)
        os.environ['DOKAN_FS_CACHE'] = folder + '/cache'
        make_files()
        with_python()
        with_tools()
        many()
        os.chdir('/')
    return 1 if failed else 0


sys.exit(main())
