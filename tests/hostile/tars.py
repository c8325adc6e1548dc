# SPDX-License-Identifier: MIT
"""Hostile and odd tar archives, written byte by byte."""
import bz2
import gzip
import lzma
import struct

from common import Show, case, refused

SCHEME = 'tar'


def octal(value, width):
    if isinstance(value, bytes):
        return value.ljust(width, b'\0')
    return b'%0*o\0' % (width - 1, value)


def base256(value, width):
    return (b'\x80' if value >= 0 else b'\xff') + value.to_bytes(width - 1, 'big', signed=value < 0)


def header(name, size=0, kind=b'0', link=b'', mode=0o644, *, prefix=b'', magic=b'ustar\0' b'00', mtime=1600000000,
           uid=0, gid=0, check=None, major=0, minor=0):
    name = name if isinstance(name, bytes) else name.encode()
    link = link if isinstance(link, bytes) else link.encode()
    block = (name[:100].ljust(100, b'\0') + octal(mode, 8) + octal(uid, 8) + octal(gid, 8) + octal(size, 12) +
             octal(mtime, 12) + b' ' * 8 + kind + link[:100].ljust(100, b'\0') + magic + bytes(64) + octal(major, 8) +
             octal(minor, 8) + prefix[:155].ljust(155, b'\0') + bytes(12))
    total = sum(block) if check is None else check
    return block[:148] + b'%06o\0 ' % total + block[156:]


def pad(data):
    return data + bytes(-len(data) % 512)


def file(name, data=b'', **kw):
    data = data if isinstance(data, bytes) else data.encode()
    return header(name, len(data), **kw) + pad(data)


def record(key, value):
    key, value = key.encode(), value if isinstance(value, bytes) else str(value).encode()
    length = len(key) + len(value) + 3
    while len(b'%d' % length) + len(key) + len(value) + 3 != length:
        length = len(b'%d' % length) + len(key) + len(value) + 3
    return b'%d %s=%s\n' % (length, key, value)


def pax(*records, kind=b'x'):
    data = b''.join(record(*item) if isinstance(item, tuple) else item for item in records)
    return header('pax', len(data), kind) + pad(data)


def gnu_long(name, kind=b'L'):
    data = (name if isinstance(name, bytes) else name.encode()) + b'\0'
    return header('././@LongLink', len(data), kind, magic=b'ustar  \0') + pad(data)


END = bytes(1024)
OK = file('ok.txt', 'fine')


def shown():
    return Show().file('/ok.txt', b'fine')


def tcase(name, data, *allowed, **kw):
    case('tar-' + name + kw.pop('suffix', '.tar'), data, *allowed, scheme=kw.pop('scheme', SCHEME), **kw)


def one(name, odd, show, **kw):
    tcase(name, OK + odd + END, show, **kw)


def names():
    table = [
        ('dotdot', b'../evil', None), ('dotdot-inside', b'a/../evil', None), ('dotdot-end', b'a/..', None),
        ('dotdot-only', b'..', None), ('dotdot-absolute', b'/../evil', None), ('dotdot-deep', b'a/b/../../../x', None),
        ('absolute', b'/etc/passwd', b'/etc/passwd'), ('absolute-double', b'//etc//passwd', b'/etc/passwd'),
        ('dot', b'./a/./b', b'/a/b'), ('three-dots', b'.../x', b'/.../x'), ('slashes', b'a///b', b'/a/b'),
        ('dot-only', b'.', None), ('backslash', b'a\\b', b'/a\\b'), ('backslash-dotdot', b'..\\evil', b'/..\\evil'),
        ('drive', b'C:\\evil', b'/C:\\evil'), ('drive-slash', b'C:/evil', b'/C:/evil'),
        ('newline', b'a\nb', b'/a\nb'), ('control', b'a\1\x1bb', b'/a\1\x1bb'), ('latin1', b'caf\xe9', b'/caf\xe9'),
        ('invalid', b'\xff\xfe\xfd', b'/\xff\xfe\xfd'), ('overlong', b'a\xc0\xafb', b'/a\xc0\xafb'),
        ('blank', b' ', b'/ '), ('stream', b'a:b:$DATA', b'/a:b:$DATA'), ('con', b'CON', b'/CON'),
        ('hundred', b'h' * 100, b'/' + b'h' * 100), ('dash', b'-rf', b'/-rf'),
    ]
    for title, raw, where in table:
        show = shown()
        show = show.file(where, b'evil!') if where else show.drop()
        one('name-' + title, file(raw, 'evil!'), show)
    one('name-prefix-dotdot', file('evil', 'x', prefix=b'../..'), shown().drop())
    one('name-prefix-absolute', file('evil', 'x', prefix=b'/etc'), shown().file('/etc/evil', b'x'))
    for title, raw, where in (('plain', b'p/q', b'/p/q'), ('dotdot', b'../evil', None), ('utf8', 'ä€'.encode(), '/ä€'.encode()),
                              ('longest', b'n' * 765, b'/' + b'n' * 765), ('too-long', b'n' * 766, None),
                              ('deep', b'd/' * 300 + b'x', None), ('far-deep', b'd/' * 40000 + b'x', None)):
        show = shown().file(where, b'evil!') if where else shown().drop()
        one('pax-name-' + title, pax(('path', raw)) + file('short', 'evil!'), show)
        one('gnu-name-' + title, gnu_long(raw) + file('short', 'evil!', magic=b'ustar  \0'), show)


def longer_than_libarchive_takes():
    """It may leave out the long name, and show the short one."""
    raw = b'n' * 1000000
    for title, odd in (('pax', pax(('path', raw)) + file('short', 'x')),
                       ('gnu', gnu_long(raw) + file('short', 'x', magic=b'ustar  \0'))):
        tcase(title + '-name-megabyte', OK + odd + END, shown().drop(), shown().file('/short', b'x'))


def links():
    L = lambda name, target: header(name, 0, b'2', target)
    H = lambda name, target: header(name, 0, b'1', target)
    for title, target in (('absolute', '/etc/passwd'), ('up', '../../../etc'), ('self', 'l'), ('proc', '/proc/self/root')):
        one('link-' + title, L('l', target), shown().link('/l', target))
    one('link-long', pax(('linkpath', 'y' * 5000)) + L('l', 'short'), shown().link('/l', 'y' * 5000))
    one('link-empty', L('l', ''), shown().drop())
    one('link-parent', L('a', '/etc') + file('a/passwd', 'x'), shown().file('/a/passwd', b'x').drop())
    one('link-parent-later', file('a/passwd', 'x') + L('a', '/etc'), shown().file('/a/passwd', b'x').drop())
    one('hard', H('h', 'ok.txt'), shown().file('/h', b'fine'))
    one('hard-cleaned', H('h', './/ok.txt'), shown().file('/h', b'fine'))
    one('hard-absolute', H('h', '/ok.txt'), shown().file('/h', b'fine'))
    one('hard-missing', H('h', 'nothing'), shown().drop())
    one('hard-self', H('h', 'h'), shown().drop())
    one('hard-cycle', H('a', 'b') + H('b', 'a'), shown().drop(2))
    one('hard-later', H('h', 'late') + file('late', 'x'), shown().file('/late', b'x').drop())
    one('hard-escape', H('h', '../../etc/passwd'), shown().drop())
    one('hard-outside', H('h', '/etc/passwd'), shown().drop())
    one('hard-directory', header('d/', 0, b'5') + H('h', 'd'), shown().dir('/d').drop())
    one('hard-link-to-symlink', L('l', '/etc/passwd') + H('h', 'l'), shown().link('/l', '/etc/passwd').link('/h', '/etc/passwd'))
    one('hard-through-symlink', L('l', '/etc') + H('h', 'l/passwd'), shown().link('/l', '/etc').drop())
    one('hard-below-itself', H('ok.txt/h', 'ok.txt'), shown().drop())
    one('hard-old-content', H('h', 'ok.txt') + file('ok.txt', 'new'), Show().file('/ok.txt', b'new').file('/h', b'fine').drop())
    one('hard-chain', H('h', 'ok.txt') + H('i', 'h'), shown().file('/h', b'fine').file('/i', b'fine'))


def doubles():
    D = lambda n: header(n, 0, b'5', mode=0o755)
    one('double', file('a', '1') + file('a', '22'), shown().file('/a', b'22').drop())
    one('double-clean', file('a', '1') + file('./a', '22'), shown().file('/a', b'22').drop())
    one('double-parent', file('a', '1') + file('a/b', '22'), shown().file('/a/b', b'22').drop())
    one('double-parent-first', file('a/b', '22') + file('a', '1'), shown().file('/a/b', b'22').drop())
    one('double-directory', D('a/') + D('a') + D('a/'), shown().dir('/a'))
    one('double-directory-file', D('a/') + file('a', '1'), shown().dir('/a').drop())
    one('double-file-directory', file('a', '1') + D('a/'), shown().dir('/a').drop())
    one('double-case', file('a', '1') + file('A', '22'), shown().file('/a', b'1').file('/A', b'22'))
    one('double-root', D('./') + D('/'), shown())


def types():
    for title, kind, letter in (('character', b'3', 'c'), ('block', b'4', 'b'), ('fifo', b'6', 'p')):
        one('type-' + title, header('n', 0, kind, major=1, minor=3), shown().node('/n', letter))
    one('type-setuid', file('n', 'x', mode=0o6755), shown().file('/n', b'x'))
    one('type-old', file('n', 'x', kind=b'\0', magic=bytes(8)), shown().file('/n', b'x'))
    one('type-old-directory', header('n/', 0, b'\0', magic=bytes(8)), shown().dir('/n'))
    one('type-contiguous', file('n', 'x', kind=b'7'), shown().file('/n', b'x'))
    one('directory-with-size', header('n/', 0, b'5'), shown().dir('/n'))
    one('uid-huge', file('n', 'x', uid=base256(1 << 40, 8)), shown().file('/n', b'x'))
    one('time-huge', file('n', 'x', mtime=base256(1 << 62, 12)), shown().file('/n', b'x'))
    one('time-negative', file('n', 'x', mtime=base256(-5, 12)), shown().file('/n', b'x'))
    one('pax-time-garbage', pax(('mtime', 'now')) + file('n', 'x'), shown().file('/n', b'x'))
    one('pax-time-huge', pax(('mtime', '9' * 30)) + file('n', 'x'), shown().file('/n', b'x'))
    one('pax-comment', pax(('comment', 'c' * 5000)) + file('n', 'x'), shown().file('/n', b'x'))
    one('pax-global', pax(('comment', 'x'), kind=b'g') + file('n', 'x'), shown().file('/n', b'x'))
    one('pax-unknown', pax(('EVIL.key', 'x' * 100)) + file('n', 'x'), shown().file('/n', b'x'))
    one('pax-xattr', pax(('SCHILY.xattr.user.x', b'\0\xff')) + file('n', 'x'), shown().file('/n', b'x'))


def damage():
    """What comes before the damage may be shown, or the archive refused; never anything else."""
    before = [shown(), refused('EBADMSG'), shown().drop()]
    any_of = lambda *more: [*more, *before]
    tcase('end-missing', OK, *before)
    tcase('end-one-block', OK + bytes(512), *before)
    tcase('cut-in-header', OK + file('n', 'x')[:300], *before)
    tcase('cut-in-data', OK + header('n', 5000) + b'x' * 100, *any_of(
        shown().file('/n', b'', error='EBADMSG', size=5000), shown().file('/n', b'', error='EIO', size=5000)))
    tcase('checksum', OK + header('n', 0, check=1) + END, *before)
    tcase('checksum-first', header('n', 0, check=1) + END, refused('EBADMSG', 'EPROTONOSUPPORT', 'EOPNOTSUPP'))
    tcase('garbage-behind', OK + END + b'\xff' * 5000, *before)
    tcase('garbage-between', OK + b'\xff' * 512 + file('n', 'x') + END, *any_of(shown().file('/n', b'x'), shown().file('/n', b'x').drop()))
    tcase('size-huge', OK + header('n', base256((1 << 63) - 1, 12)) + END, *before)
    tcase('size-8e', OK + header('n', base256(1 << 62, 12)) + END, *before)
    tcase('size-negative', OK + header('n', base256(-1, 12)) + END, *any_of(shown().file('/n', b'')))
    tcase('size-garbage', OK + header('n', b'zzzzzzzzzzz') + END, *any_of(shown().file('/n', b'')))
    tcase('pax-cut', OK + header('pax', 100, b'x') + pad(b'5 x') + END, *before)
    tcase('pax-length-lie', OK + pax(b'999 path=evil\n') + file('n', 'x') + END, *any_of(
        shown().file('/n', b'x'), Show().file('/ok.txt', b'fine').file('/evil', b'x')))
    tcase('pax-length-huge', OK + pax(b'99999999999999999999 path=e\n') + file('n', 'x') + END, *any_of(shown().file('/n', b'x')))
    tcase('pax-no-equals', OK + pax(b'9 patevil\n') + file('n', 'x') + END, *any_of(shown().file('/n', b'x')))
    tcase('pax-size-huge', OK + pax(('size', '9223372036854775807')) + file('n', 'x') + END, *any_of(shown().file('/n', b'x')))
    tcase('pax-size-wrong', OK + pax(('size', 1)) + file('n', 'x') + END, shown().file('/n', b'x'))
    tcase('pax-header-huge', OK + header('pax', base256(1 << 40, 12), b'x') + END, *before)
    tcase('gnu-name-huge', OK + header('././@LongLink', base256(1 << 40, 12), b'L', magic=b'ustar  \0') + END, *before)
    tcase('gnu-name-alone', OK + gnu_long('x' * 300) + END, *before)
    sparse = pax(('GNU.sparse.major', 1), ('GNU.sparse.minor', 0), ('GNU.sparse.name', 'n'), ('GNU.sparse.realsize', 1 << 62))
    tcase('sparse-huge', OK + sparse + file('n', pad(b'1\n0\n1\n') + b'x') + END, *any_of())
    only = header('pax-only', 0) + END
    tcase('nothing', b'', refused('EBADMSG', 'EPROTONOSUPPORT', 'EOPNOTSUPP'))
    tcase('one-file', only, Show().file('/pax-only', b''))
    tcase('many-headers', b''.join(pax(('comment', 'x')) for _ in range(2000)) + OK + END, *any_of(Show()))


def packed():
    plain = OK + file('n', 'x' * 3000) + END
    show = shown().file('/n', b'x' * 3000)
    for suffix, data in (('.tar.gz', gzip.compress(plain)), ('.tar.bz2', bz2.compress(plain)), ('.tar.xz', lzma.compress(plain)),
                         ('.tar.lzma', lzma.compress(plain, lzma.FORMAT_ALONE))):
        tcase('packed', data, show, suffix=suffix)
        tcase('packed-cut', data[:len(data) // 2], refused('EBADMSG', 'EIO', 'EPROTONOSUPPORT', 'EOPNOTSUPP'), shown(), Show(),
              shown().file('/n', b'', error='EBADMSG', size=3000), shown().file('/n', b'', error='EIO', size=3000), suffix=suffix)
    tcase('packed-garbage-behind', gzip.compress(plain) + b'garbage', show, refused('EBADMSG', 'EIO'), suffix='.tar.gz')
    tcase('packed-two-members', gzip.compress(OK) + gzip.compress(file('n', 'x') + END), shown().file('/n', b'x'), suffix='.tar.gz')
    twice = gzip.compress(gzip.compress(plain))
    tcase('packed-twice', twice, show, Show().file('/tar-packed-twice.tar', gzip.decompress(twice)), refused('EBADMSG', 'EOPNOTSUPP', 'EPROTONOSUPPORT'), suffix='.tar.gz')
    wrong = bytearray(gzip.compress(plain))
    wrong[-6] ^= 1
    tcase('packed-checksum', bytes(wrong), show, refused('EBADMSG', 'EIO'), shown(),
          shown().file('/n', b'', error='EBADMSG', size=3000), suffix='.tar.gz')


def fill():
    for part in (names, longer_than_libarchive_takes, links, doubles, types, damage, packed):
        part()
