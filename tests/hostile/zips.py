# SPDX-License-Identifier: MIT
"""Hostile and odd zip archives, written byte by byte."""
import binascii
import struct
import zlib

from common import Show, case, refused

UNIX, DOS, NTFS = 3, 0, 10


class Entry:
    """One entry; every field can be told falsely."""

    def __init__(self, name, data=b'', *, host=UNIX, mode=0o100644, method=0, flags=0, extra=b'', local_extra=b'',
                 crc=None, size=None, packed_size=None, local_name=None, local_sign=b'PK\3\4', offset=None,
                 dos=0, comment=b'', time=0, date=0x5821, raw=None, version=20, local=True, sign=b'PK\1\2',
                 zip64=False):
        self.name = name if isinstance(name, bytes) else name.encode()
        self.data = data if isinstance(data, bytes) else data.encode()
        self.raw = raw
        if raw is None:
            self.raw = self.data
            if method == 8:
                z = zlib.compressobj(9, zlib.DEFLATED, -15)
                self.raw = z.compress(self.data) + z.flush()
        self.__dict__.update(host=host, mode=mode, method=method, flags=flags, extra=extra, local_extra=local_extra,
                             local_sign=local_sign, offset=offset, dos=dos, comment=comment, time=time, date=date,
                             version=version, local=local, sign=sign, zip64=zip64)
        self.crc = binascii.crc32(self.data) if crc is None else crc
        self.size = len(self.data) if size is None else size
        self.packed = len(self.raw) if packed_size is None else packed_size
        self.local_name = self.name if local_name is None else local_name

    def head(self):
        return self.local_sign + struct.pack('<HHHHHIIIHH', self.version, self.flags, self.method, self.time,
                                             self.date, self.crc, min(self.packed, 0xffffffff),
                                             min(self.size, 0xffffffff), len(self.local_name),
                                             len(self.local_extra)) + self.local_name + self.local_extra

    def record(self, offset):
        external = (self.mode << 16 if self.host == UNIX else 0) | self.dos
        extra = self.extra
        size, packed = self.size, self.packed
        if self.zip64:
            extra = struct.pack('<HHQQQ', 1, 24, size, packed, offset) + extra
            size = packed = offset = 0xffffffff
        return self.sign + struct.pack('<BBHHHHHIIIHHHHHII', 20, self.host, self.version, self.flags, self.method,
                                       self.time, self.date, self.crc, packed, size, len(self.name), len(extra),
                                       len(self.comment), 0, 0, external, offset) + self.name + extra + self.comment


def end(count, size, offset, *, comment=b'', disk=0, first=0, here=None, comment_length=None):
    here = count if here is None else here
    length = len(comment) if comment_length is None else comment_length
    return b'PK\5\6' + struct.pack('<HHHHIIH', disk, first, here & 0xffff, count & 0xffff, size & 0xffffffff,
                                   offset & 0xffffffff, length) + comment


def end64(count, size, offset, at, *, locator_at=None):
    return (b'PK\6\6' + struct.pack('<QHHIIQQQQ', 44, 45, 45, 0, 0, count, count, size, offset) +
            b'PK\6\7' + struct.pack('<IQI', 0, at if locator_at is None else locator_at, 1))


def body(entries, base=0):
    """Local part and directory."""
    data, directory = bytearray(), bytearray()
    for entry in entries:
        offset = base + len(data) if entry.offset is None else entry.offset
        directory += entry.record(offset)
        if entry.local:
            data += entry.head() + entry.raw
    return bytes(data), bytes(directory)


def pack(entries, *, prefix=b'', between=b'', behind=b'', **kw):
    data, directory = body(entries, len(prefix))
    data = prefix + data + between
    count = kw.pop('count', len(entries))
    size = kw.pop('size', len(directory))
    offset = kw.pop('offset', len(data))
    return data + directory + end(count, size, offset, **kw) + behind


def pack64(entries, *, count=None, size=None, offset=None, locator_at=None, saturate=True):
    data, directory = body(entries)
    at = len(data) + len(directory)
    n = len(entries) if count is None else count
    return (data + directory + end64(n, len(directory) if size is None else size,
                                     len(data) if offset is None else offset, at, locator_at=locator_at) +
            (end(0xffff, 0xffffffff, 0xffffffff) if saturate else end(len(entries), len(directory), len(data))))


def zcase(name, data, *allowed, **kw):
    case('zip-' + name + '.zip', data, *allowed, scheme='zip', **kw)


OK = Entry('ok.txt', 'fine')


def shown():
    return Show().file('/ok.txt', b'fine')


def one(name, bad, show, **kw):
    """A sound entry beside the odd one: it must survive whatever becomes of the other."""
    zcase(name, pack([OK, bad]), show, **kw)


def names():
    seen = [  # title, raw name, host, where it is seen (None: left out)
        ('dotdot', b'../evil', UNIX, None), ('dotdot-deep', b'a/b/../../../evil', UNIX, None),
        ('dotdot-inside', b'a/../evil', UNIX, None), ('dotdot-end', b'a/..', UNIX, None),
        ('dotdot-only', b'..', UNIX, None), ('dotdot-slash', b'../', UNIX, None),
        ('dotdot-absolute', b'/../evil', UNIX, None), ('dotdot-double', b'a//..//evil', UNIX, None),
        ('dotdot-dos', b'..\\evil', DOS, None), ('dotdot-dos-mixed', b'a\\../evil', DOS, None),
        ('dotdot-dos-deep', b'a\\..\\..\\evil', DOS, None), ('dotdot-ntfs', b'a/..\\..\\evil', NTFS, None),
        ('dotdot-unix-backslash', b'..\\evil', UNIX, b'/..\\evil'),
        ('three-dots', b'.../evil', UNIX, b'/.../evil'), ('dots-space', b'.. /evil', UNIX, b'/.. /evil'),
        ('absolute', b'/etc/passwd', UNIX, b'/etc/passwd'), ('absolute-double', b'//etc//passwd', UNIX, b'/etc/passwd'),
        ('slashes', b'a////b', UNIX, b'/a/b'), ('dot-components', b'./a/./b', UNIX, b'/a/b'),
        ('dot-only', b'.', UNIX, None), ('slash-only-file', b'.//.', UNIX, None), ('empty', b'', UNIX, None),
        ('drive', b'C:\\evil', DOS, b'/evil'), ('drive-slash', b'C:/evil', DOS, b'/evil'),
        ('drive-relative', b'C:evil', DOS, b'/evil'), ('drive-only', b'C:', DOS, None),
        ('drive-lower', b'z:\\a\\b', NTFS, b'/a/b'), ('drive-unix', b'C:\\evil', UNIX, b'/C:\\evil'),
        ('drive-twice', b'C:\\D:\\evil', DOS, b'/D:/evil'), ('drive-dotdot', b'C:..\\evil', DOS, None),
        ('unc', b'\\\\server\\share\\x', DOS, b'/server/share/x'),
        ('unc-slash', b'//server/share/x', NTFS, b'/server/share/x'),
        ('device-question', b'\\\\?\\C:\\evil', DOS, b'/evil'), ('device-dot', b'\\\\.\\C:\\evil', DOS, b'/evil'),
        ('device-unix', b'//./evil', UNIX, b'/evil'), ('device-pipe', b'\\\\.\\pipe\\x', DOS, b'/pipe/x'),
        ('backslash-dos', b'a\\b\\c', DOS, b'/a/b/c'), ('backslash-unix', b'a\\b\\c', UNIX, b'/a\\b\\c'),
        ('nul', b'ok\0evil', UNIX, None), ('nul-end', b'evil\0', UNIX, None), ('nul-only', b'\0', UNIX, None),
        ('newline', b'a\nb', UNIX, b'/a\nb'), ('control', b'a\1\x1b[31mb', UNIX, b'/a\1\x1b[31mb'),
        ('blank', b' ', UNIX, b'/ '), ('trailing-dot', b'a.', UNIX, b'/a.'), ('trailing-blank', b'a ', UNIX, b'/a '),
        ('con', b'CON', DOS, b'/CON'), ('nul-device', b'nul.txt', DOS, b'/nul.txt'),
        ('stream', b'a:b:$DATA', UNIX, b'/a:b:$DATA'), ('autorun', b'autorun.inf', DOS, b'/autorun.inf'),
        ('wildcards', b'a*?<>|"', UNIX, b'/a*?<>|"'), ('tilde', b'~/x', UNIX, b'/~/x'), ('dash', b'-rf', UNIX, b'/-rf'),
        ('latin1', b'caf\xe9', UNIX, 'caf\u0398'.encode().join([b'/', b''])),
        ('cp437', b'\x81\x84', DOS, '/\u00fc\u00e4'.encode()), ('overlong-slash', b'a\xc0\xafb', DOS, '/a\u2514\u00bbb'.encode()),
        ('longest', b'n' * 765, UNIX, b'/' + b'n' * 765), ('too-long', b'n' * 766, UNIX, None),
        ('long-component', b'a/' + b'n' * 5000 + b'/b', UNIX, None),
        ('long-path', b'/'.join([b'p' * 255] * 200), UNIX, b'/' + b'/'.join([b'p' * 255] * 200)),
        ('deepest', b'/'.join([b'd'] * 256), UNIX, b'/' + b'/'.join([b'd'] * 256)),
        ('too-deep', b'/'.join([b'd'] * 257), UNIX, None), ('far-too-deep', b'd/' * 30000 + b'x', UNIX, None),
    ]
    for title, raw, host, where in seen:
        show = shown()
        show = show.file(where, b'evil!') if where else show.drop()
        one('name-' + title, Entry(raw, 'evil!', host=host), show)
    for title, raw, where in (('utf8', 'ä€\U0001f600'.encode(), None), ('utf8-invalid', b'\xff\xfe', None),
                              ('utf8-surrogate', b'\xed\xa0\x80', None)):
        one('name-flag-' + title, Entry(raw, 'evil!', flags=0x800), shown().file(b'/' + raw, b'evil!'))
    path = 'schön'.encode()
    field = struct.pack('<HHBI', 0x7075, 5 + len(path), 1, binascii.crc32(b'sch\x94n')) + path
    one('name-unicode-field', Entry(b'sch\x94n', 'x', extra=field), shown().file(b'/' + path, b'x'))
    evil = b'../../evil'
    field = struct.pack('<HHBI', 0x7075, 5 + len(evil), 1, binascii.crc32(b'plain')) + evil
    one('name-unicode-field-evil', Entry(b'plain', 'x', extra=field), shown().drop())
    field = struct.pack('<HHBI', 0x7075, 5 + len(evil), 1, 1) + evil
    one('name-unicode-field-wrong-sum', Entry(b'plain', 'x', extra=field), shown().file('/plain', b'x'))
    one('name-local-differs', Entry('aa', 'x', local_name=b'../../../etc/cron'), shown().file('/aa', b'x', error='EBADMSG'))


def duplicates():
    F = Entry
    D = lambda n: Entry(n, mode=0o40755)
    show = Show
    table = [
        ('twice', [F('a', '1'), F('a', '22')], show().file('/a', b'22').drop()),
        ('thrice', [F('a', '1'), F('a', '22'), F('a', '333')], show().file('/a', b'333').drop(2)),
        ('after-cleaning', [F('a/b', '1'), F('./a//b', '22')], show().file('/a/b', b'22').drop()),
        ('file-then-parent', [F('a', '1'), F('a/b', '22')], show().file('/a/b', b'22').drop()),
        ('parent-then-file', [F('a/b', '22'), F('a', '1')], show().file('/a/b', b'22').drop()),
        ('file-then-directory', [F('a', '1'), D('a/')], show().dir('/a').drop()),
        ('directory-then-file', [D('a/'), F('a', '1')], show().dir('/a').drop()),
        ('directories', [D('a/'), D('a/'), D('./a')], show().dir('/a')),
        ('case', [F('a', '1'), F('A', '22')], show().file('/a', b'1').file('/A', b'22')),
        ('case-fold', [F('straße', '1'), F('STRASSE', '22')], show().file('/straße', b'1').file('/STRASSE', b'22')),
        ('composed', [F('\u00e9', '1'), F('e\u0301', '22')], show().file('/\u00e9', b'1').file('/e\u0301', b'22')),
        ('link-then-file', [F('a', '/etc/passwd', mode=0o120777), F('a', '22')], show().file('/a', b'22').drop()),
        ('file-then-link', [F('a', '22'), F('a', '/etc/passwd', mode=0o120777)], show().link('/a', '/etc/passwd').drop()),
        ('through-link', [F('a', '/etc', mode=0o120777), F('a/passwd', 'x')], show().file('/a/passwd', b'x').drop()),
        ('thousand', [F('a', str(i)) for i in range(1000)], show().file('/a', b'999').drop(999)),
        ('deep-conflict', [F('a/b/c', '1'), F('a/b', '2'), F('a', '3')], show().file('/a/b/c', b'1').drop(2)),
    ]
    for title, entries, expected in table:
        zcase('double-' + title, pack(entries), expected)


def links():
    L = lambda name, target, **kw: Entry(name, target, mode=0o120777, **kw)
    for title, target in (('absolute', '/etc/passwd'), ('up', '../../../etc/passwd'), ('self', 'l'), ('loop', './l/l'),
                          ('proc', '/proc/self/root'), ('spaces', ' '), ('long', 'x' * 65535), ('windows', 'C:\\x'),
                          ('invalid', b'\xff\xfe')):
        raw = target if isinstance(target, bytes) else target.encode()
        one('link-' + title, L('l', target), shown().link('/l', raw))
    one('link-empty', L('l', ''), shown().drop())
    one('link-nul', L('l', b'a\0b'), shown().drop())
    one('link-too-long', L('l', 'x' * 65536), shown().drop())
    one('link-huge', L('l', 'x', size=1 << 31, packed_size=1), shown().drop())
    one('link-damaged', L('l', 'abc', crc=1), shown().drop())
    one('link-unknown-method', L('l', 'abc', method=77), shown().drop())
    one('link-with-slash', L('l/', '/etc'), shown().dir('/l'))
    one('link-dos-host', Entry('l', '/etc', host=DOS, mode=0o120777), shown().file('/l', b'/etc'))


def types():
    for title, mode, kind in (('character', 0o20666, 'c'), ('block', 0o60666, 'b'), ('fifo', 0o10666, 'p'),
                              ('socket', 0o140666, 's')):
        one('type-' + title, Entry('n', mode=mode), shown().node('/n', kind))
    one('type-setuid', Entry('n', 'x', mode=0o104755), shown().file('/n', b'x'))
    one('type-unknown', Entry('n', 'x', mode=0o170644), shown().file('/n', b'x'))
    one('type-directory-with-data', Entry('n/', 'x' * 100), shown().dir('/n'))
    one('type-dos-directory', Entry('n', host=DOS, dos=0x10), shown().dir('/n'))
    one('type-directory-mode', Entry('n', mode=0o40755), shown().dir('/n'))
    one('time-zero', Entry('n', 'x', date=0, time=0), shown().file('/n', b'x'))
    one('time-impossible', Entry('n', 'x', date=0xffff, time=0xffff), shown().file('/n', b'x'))


def lies():
    far = 1 << 31
    one('offset-outside', Entry('n', 'x', offset=far), shown().drop())
    one('offset-most', Entry('n', 'x', offset=0xfffffffe), shown().drop())
    one('offset-in-directory', Entry('n', 'x', offset=95), shown().drop())
    one('offset-no-header', Entry('n', 'xxxxxxxxxxxx', offset=42, packed_size=1, size=1), shown().file('/n', b'', error='EBADMSG', size=1))
    one('packed-outside', Entry('n', 'x', packed_size=far), shown().drop())
    one('packed-most', Entry('n', 'x', packed_size=0xfffffffe), shown().drop())
    one('stored-size-larger', Entry('n', 'x', size=1000), shown().file('/n', b'', error='EBADMSG', size=1000))
    one('stored-size-smaller', Entry('n', 'xxxx', size=1), shown().file('/n', b'', error='EBADMSG', size=1))
    one('stored-checksum', Entry('n', 'xxxx', crc=5), shown().file('/n', b'', error='EBADMSG', size=4))
    one('deflated-checksum', Entry('n', 'x' * 999, crc=5, method=8), shown().file('/n', b'', error='EBADMSG', size=999))
    one('deflated-size-larger', Entry('n', 'x' * 999, size=5000, method=8), shown().file('/n', b'', error='EBADMSG', size=5000))
    one('deflated-size-smaller', Entry('n', 'x' * 999, size=5, method=8), shown().file('/n', b'', error='EBADMSG', size=5))
    one('deflated-garbage', Entry('n', 'x' * 99, method=8, raw=b'\xff' * 50), shown().file('/n', b'', error='EBADMSG', size=99))
    one('deflated-cut', Entry('n', bytes(range(256)) * 9, method=8, packed_size=40), shown().file('/n', b'', error='EBADMSG', size=2304))
    one('deflated-empty', Entry('n', 'x' * 99, method=8, raw=b''), shown().file('/n', b'', error='EBADMSG', size=99))
    one('deflated-huge-promise', Entry('n', 'x', method=8, size=0xfffffff0), shown().drop(), parameters='max-ratio=1k')
    one('size-zero-with-data', Entry('n', 'xxxx', size=0), shown().file('/n', b'', error='EBADMSG'))
    one('method-unknown', Entry('n', 'x', method=77), shown().file('/n', b'', error='EOPNOTSUPP', size=1))
    one('method-shrunk', Entry('n', 'x', method=1), shown().file('/n', b'', error='EOPNOTSUPP', size=1))
    one('method-wrong-bzip2', Entry('n', 'x' * 9, method=12, raw=b'BZh9' + b'\0' * 20), shown().file('/n', b'', error='EBADMSG', size=9))
    odd = Entry('n', 'x' * 9, method=14, raw=b'\x09\x14\5\0\x5d' + b'\xff' * 20)
    zcase('method-wrong-lzma', pack([OK, odd]), *(shown().file('/n', b'', error=e, size=9) for e in ('EBADMSG', 'EOPNOTSUPP')))
    one('local-sign', Entry('n', 'x', local_sign=b'PK\7\7'), shown().file('/n', b'', error='EBADMSG', size=1))
    one('local-extra', Entry('n', 'x', local_extra=b'\xff' * 100), shown().file('/n', b'x'))
    one('extra-garbage', Entry('n', 'x', extra=b'\xff' * 99), shown().file('/n', b'x'))
    one('extra-longest', Entry('n', 'x', extra=b'\0' * 65535), shown().file('/n', b'x'))
    one('extra-zip64-short', Entry('n', 'x', size=0xffffffff, extra=struct.pack('<HHI', 1, 4, 0)), refused('EBADMSG'))
    one('extra-zip64-negative', Entry('n', 'x', size=0xffffffff, extra=struct.pack('<HHQ', 1, 8, (1 << 64) - 1)), shown().drop())
    one('extra-zip64-overflow', Entry('n', 'x', offset=0xffffffff, extra=struct.pack('<HHQ', 1, 8, (1 << 64) - 3)), shown().drop())
    one('extra-zip64-packed-overflow', Entry('n', 'x', packed_size=0xffffffff, extra=struct.pack('<HHQ', 1, 8, (1 << 64) - 3)), shown().drop())
    one('extra-owner-short', Entry('n', 'x', extra=struct.pack('<HHBB', 0x7875, 2, 1, 200)), shown().file('/n', b'x'))
    one('extra-owner-zero', Entry('n', 'x', extra=struct.pack('<HH', 0x7875, 0)), shown().file('/n', b'x'))
    one('extra-ntfs-short', Entry('n', 'x', extra=struct.pack('<HHI', 0x000a, 4, 0)), shown().file('/n', b'x'))
    one('extra-time-short', Entry('n', 'x', extra=struct.pack('<HHB', 0x5455, 1, 7)), shown().file('/n', b'x'))
    one('extra-aes-plain', Entry('n', 'x', method=99, extra=struct.pack('<HHHHBH', 0x9901, 7, 2, 0x4541, 9, 8)), shown().file('/n', b'', error='EBADMSG', size=1))
    one('encrypted-no-password', Entry('n', 'x' * 40, flags=1), refused('EACCES'))
    one('encrypted-aes-short', Entry('n', 'x', flags=1, method=99, extra=struct.pack('<HHHHBH', 0x9901, 7, 2, 0x4541, 3, 0)), refused('EACCES'))
    one('encrypted-empty', Entry('n', '', flags=1), shown().file('/n', b''))


def overlaps():
    a = Entry('a', 'x' * 1000)
    same = [a] + [Entry('b%d' % i, 'x' * 1000, offset=0, local_name=b'a', local=False) for i in range(50)]
    zcase('overlap-same', pack(same), Show().file('/a', b'x' * 1000).drop(50))
    inner = Entry('b', 'y' * 10)
    quote = inner.head() + inner.raw
    outer = Entry('a', quote + b'z' * 100)
    inner.offset, inner.local = 31, False
    zcase('overlap-quoted', pack([outer, inner]), Show().file('/a', quote + b'z' * 100).drop())
    kernel = zlib.compressobj(9, zlib.DEFLATED, -15)
    kernel = kernel.compress(bytes(10 << 20)) + kernel.flush()
    crc = binascii.crc32(bytes(10 << 20))
    bomb = [Entry('k%05d' % i, method=8, raw=kernel if i == 0 else b'', size=10 << 20, packed_size=len(kernel),
                  crc=crc, offset=0, local=i == 0) for i in range(60000)]
    data, directory = body(bomb)
    zcase('overlap-bomb', data + directory + end(60000, len(directory), len(data)),
          Show().file('/k00000', bytes(10 << 20)).drop(59999))
    first, second = Entry('a', 'x' * 100), Entry('b', 'y' * 100)
    first.packed = first.size = 110
    zcase('overlap-tail', pack([first, second]), Show().file('/a', b'', error='EBADMSG', size=110).drop())


def bombs():
    zero = bytes(8 << 20)
    one('bomb-plain', Entry('n', zero, method=8), shown().file('/n', zero))
    one('bomb-ratio', Entry('n', zero, method=8), shown().drop(), parameters='max-ratio=100')
    inner = pack([Entry('bomb', bytes(1 << 20), method=8)])
    for _ in range(5):
        inside, inner = inner, pack([Entry('%d.zip' % i, inner) for i in range(4)])
    show = Show()  # only the outermost is opened
    for i in range(4):
        show.file('/%d.zip' % i, inside)
    zcase('bomb-nested', inner, show)
    one('bomb-promise', Entry('n', 'x', method=8, zip64=True, size=1 << 62), shown().drop())
    entries = [Entry('f%05d' % i) for i in range(65535)]
    show = Show()
    for i in range(65535):
        show.file('/f%05d' % i, b'')
    zcase('many-65535', pack(entries), show, contents=False)
    zcase('many-65536-no-zip64', pack(entries + [Entry('g')]), Show.file(show, '/g', b''), contents=False)
    zcase('many-refused', pack(entries[:101]), refused('E2BIG'), parameters='max-entries=100')
    zcase('many-just-allowed', pack(entries[:100]), _files(100), parameters='max-entries=100')
    zcase('many-implied', pack([Entry('d%d/e/f/g' % i) for i in range(50)]), refused('E2BIG'), parameters='max-entries=100')
    deep = [Entry('/'.join('%d' % (i + j) for j in range(200))) for i in range(100)]
    show = Show()
    for entry in deep:
        show.file(b'/' + entry.name, b'')
    zcase('many-deep', pack(deep), show)


def _files(count):
    show = Show()
    for i in range(count):
        show.file('/f%05d' % i, b'')
    return show


def directories():
    good = pack([OK])
    zcase('empty', end(0, 0, 0), Show())
    zcase('nothing', b'', refused('EBADMSG', 'EPROTONOSUPPORT'))
    zcase('short', good[:21], refused('EBADMSG'))
    zcase('end-only-cut', end(0, 0, 0)[:-1], refused('EBADMSG'))
    zcase('no-end', good[:-22], refused('EBADMSG'))
    zcase('garbage', bytes(range(256)) * 100, refused('EBADMSG'))
    zcase('signs', b'PK\5\6' * 20000, refused('EBADMSG', 'EOPNOTSUPP'))
    zcase('records', b'PK\1\2' * 20000, refused('EBADMSG'))
    zcase('behind', pack([OK], behind=b'behind' * 100), shown())
    zcase('before', pack([OK], prefix=b'#!/bin/sh\nexit\n' * 9), shown())
    zcase('before-not-told', b'\x7fELF' * 100 + good, shown())
    zcase('between', pack([OK], between=b'between' * 9), shown())
    zcase('comment', pack([OK], comment=b'c' * 65535), shown())
    zcase('comment-cut', pack([OK], comment=b'c' * 10, comment_length=11), refused('EBADMSG'))
    zcase('comment-fake-end', pack([OK], comment=b'PK\5\6' + b'\xff' * 18 + b'..'), shown())
    fake = pack([Entry('inner.txt', 'inner')])
    zcase('comment-whole-zip', pack([OK], comment=fake), Show().file('/inner.txt', b'inner'))
    zcase('count-more', pack([OK], count=2), refused('EBADMSG'))
    zcase('count-less', pack([OK, Entry('b', 'x')], count=1), refused('EBADMSG'))
    zcase('count-zero', pack([OK], count=0), refused('EBADMSG'))
    zcase('count-most', pack([OK], count=65535), refused('EBADMSG'))
    zcase('count-nothing-there', end(5, 0, 0), refused('EBADMSG'))
    zcase('size-more', pack([OK], size=1000), refused('EBADMSG'))
    zcase('size-less', pack([OK], size=20), refused('EBADMSG'))
    zcase('size-most', pack([OK], size=0xfffffffe), refused('EBADMSG'))
    zcase('offset-more', pack([OK], offset=0xfffffffe), refused('EBADMSG'))
    zcase('disk', pack([OK], disk=3, first=1), refused('EOPNOTSUPP'))
    zcase('disk-many', pack([OK], disk=9, first=9), refused('EOPNOTSUPP'))
    zcase('record-sign', pack([OK, Entry('b', 'x', sign=b'PK\1\3')]), refused('EBADMSG'))
    data, directory = body([OK])
    cut = directory[:-3]
    zcase('record-cut', data + cut + end(1, len(cut), len(data)), refused('EBADMSG'))
    long_name = directory[:28] + b'\xff\xff' + directory[30:]
    zcase('record-name-outside', data + long_name + end(1, len(long_name), len(data)), refused('EBADMSG'))
    long_extra = directory[:30] + b'\xff\xff' + directory[32:]
    zcase('record-extra-outside', data + long_extra + end(1, len(long_extra), len(data)), refused('EBADMSG'))
    zcase('zip64', pack64([OK]), shown())
    zcase('zip64-fields', pack([Entry('ok.txt', 'fine', zip64=True)]), shown())
    zcase('zip64-not-needed', pack64([OK], saturate=False), shown())
    zcase('zip64-count-huge', pack64([OK], count=1 << 62), refused('EBADMSG'))
    zcase('zip64-count-4g', pack64([OK], count=1 << 32), refused('EBADMSG'))
    zcase('zip64-size-huge', pack64([OK], size=1 << 63), refused('EBADMSG'))
    zcase('zip64-offset-huge', pack64([OK], offset=(1 << 64) - 1), refused('EBADMSG'))
    zcase('zip64-locator-outside', pack64([OK], locator_at=1 << 62), shown())
    zcase('zip64-locator-wrong', pack64([OK], locator_at=3), shown())
    zcase('zip64-no-locator', data + directory + end(0xffff, 0xffffffff, 0xffffffff), refused('EBADMSG'))
    zcase('hole-large', [data, 1 << 33, directory + end64(1, len(directory), len(data) + (1 << 33),
                                                          len(data) + (1 << 33) + len(directory)) +
                         end(0xffff, 0xffffffff, 0xffffffff)], shown())


def fill():
    for part in (names, duplicates, links, types, lies, overlaps, bombs, directories):
        part()
