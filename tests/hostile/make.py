#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes hostile and odd archives, one oddity each, and what must be seen of each.

    make.py FOLDER            write the archives, and FOLDER/expected.json
    make.py --list            the names alone
    make.py --check PROBE [--only PREFIX] [--slow N]
                              write them to a temporary folder, open each with the probe within its limits, compare

Limits per archive: 1 second and 64 MiB of resident memory (more with --slow N, for sanitizers), and no
archive may take the probe down."""
import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time

import common
import others
import tars
import zips

SECONDS, KIB = 1.0, 64 << 10
SANITIZER_MEMORY = 16  # a sanitizer touches an eighth of what is only reserved: the 4 GiB of an LZMA dictionary


def fill():
    for module in (zips, tars, others):
        module.fill()


def available(probe):
    """Which schemes this build knows."""
    out = {}
    for scheme in {item['scheme'] for item in common.CASES.values()}:
        answer = subprocess.run([probe, scheme + ':///nowhere'], capture_output=True, text=True)
        out[scheme] = 'EPROTONOSUPPORT' not in answer.stdout
    return out


def run(probe, path, item, slow):
    url = '%s://%s%s' % (item['scheme'], path, '?' + item['parameters'] if item['parameters'] else '')
    flags = ['-t'] if item['contents'] else ['-t', '-n']
    start = time.monotonic()
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    try:
        answer = subprocess.run([probe, *flags, url], capture_output=True, timeout=20 * slow)
    except subprocess.TimeoutExpired:
        return 'no answer in %d s' % (20 * slow), 0, 0
    seconds = time.monotonic() - start
    used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    errors = answer.stderr.decode(errors='replace').strip().splitlines()
    lines = answer.stdout.decode().splitlines()
    if answer.returncode not in (0, 3):
        return 'ended with %d: %s' % (answer.returncode, ' / '.join(errors[-5:])), seconds, 0
    kib = int(errors[-1].split(', ')[-1].split()[0]) if errors else 0
    if lines not in item['answers']:
        return 'shows %s, must be %s' % difference(lines, item['answers'][0]), seconds, kib
    if min(seconds, used + 0.2) > SECONDS * slow:
        return 'took %.2f s' % seconds, seconds, kib
    if kib > KIB * (1 if slow == 1 else SANITIZER_MEMORY):
        return 'took %d KiB' % kib, seconds, kib
    return None, seconds, kib


def difference(lines, expected):
    have, want = set(lines), set(expected)
    extra = [line for line in lines if line not in want][:3]
    missing = [line for line in expected if line not in have][:3]
    return (extra or '(no other line)'), (missing or '(in another order)')


def check(probe, only, slow):
    known = available(probe)
    failed = skipped = passed = 0
    worst = (0, 0, '')
    with tempfile.TemporaryDirectory(prefix='hostile-') as folder:
        os.environ['DOKAN_FS_CACHE'] = os.path.join(folder, 'cache')
        archives = os.path.join(folder, 'a')
        common.write_all(archives)
        for name, item in common.CASES.items():
            if not name.startswith(only) or not known[item['scheme']]:
                skipped += 1
                continue
            for turn in ('scan', 'index'):
                problem, seconds, kib = run(probe, os.path.join(archives, name), item, slow)
                worst = max(worst, (seconds, kib, name))
                if problem:
                    failed += 1
                    print('FAIL %s (%s): %s' % (name, turn, problem), flush=True)
                    break
            else:
                passed += 1
    print('%d passed, %d failed, %d skipped; slowest %s with %.2f s' % (passed, failed, skipped, worst[2], worst[0]))
    return 1 if failed or not passed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('folder', nargs='?')
    parser.add_argument('--check', metavar='PROBE')
    parser.add_argument('--only', default='')
    parser.add_argument('--slow', type=float, default=1)
    parser.add_argument('--list', action='store_true')
    options = parser.parse_args()
    fill()
    if options.list:
        print('\n'.join(common.CASES))
        return 0
    if options.check:
        return check(options.check, options.only, options.slow)
    if not options.folder:
        parser.error('a folder is needed')
    common.write_all(options.folder)
    with open(os.path.join(options.folder, 'expected.json'), 'w') as out:
        json.dump({name: {key: item[key] for key in ('answers', 'scheme', 'contents', 'parameters')}
                   for name, item in common.CASES.items()}, out, indent=1)
    return 0


if __name__ == '__main__':
    sys.exit(main())
