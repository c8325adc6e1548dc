# SPDX-License-Identifier: MIT
"""Archives of other kinds that can be written by hand: cpio and ar; and heads of kinds that promise more than there
is."""
import struct

from common import Show, case, refused


def newc(name, data=b'', mode=0o100644, *, size=None, name_size=None, links=1, magic=b'070701'):
    name = name + b'\0'
    fields = (1, mode, 0, 0, links, 1600000000, len(data) if size is None else size, 0, 0, 0, 0,
              len(name) if name_size is None else name_size, 0)
    head = magic + b''.join(b'%08X' % (f & 0xffffffff) for f in fields) + name
    head += bytes(-len(head) % 4)
    return head + data + bytes(-len(data) % 4)


TRAILER = newc(b'TRAILER!!!')
OK = newc(b'ok.txt', b'fine')


def shown():
    return Show().file('/ok.txt', b'fine')


def cpio(name, odd, *allowed):
    case('cpio-' + name + '.cpio', OK + odd + TRAILER, *allowed, scheme='cpio')


def member(name, data, size=None):
    return name.ljust(16) + b'1600000000  0     0     100644  ' + (b'%d' % (len(data) if size is None else size)).ljust(10) + \
        b'`\n' + data + b'\n' * (len(data) % 2)


def ar(name, odd, *allowed):
    case('ar-' + name + '.a', b'!<arch>\n' + member(b'ok.txt/', b'fine') + odd, *allowed, scheme='ar')


def fill():
    damaged = [refused('EBADMSG', 'EIO'), shown(), shown().drop()]
    cpio('plain', newc(b'n', b'x'), shown().file('/n', b'x'))
    cpio('dotdot', newc(b'../evil', b'x'), shown().drop())
    cpio('absolute', newc(b'/etc/passwd', b'x'), shown().file('/etc/passwd', b'x'))
    cpio('link', newc(b'l', b'/etc/passwd', 0o120777), shown().link('/l', '/etc/passwd'))
    cpio('device', newc(b'n', b'', 0o20666), shown().node('/n', 'c'))
    cpio('double', newc(b'n', b'1') + newc(b'n', b'22'), shown().file('/n', b'22').drop())
    cpio('parent', newc(b'n', b'1') + newc(b'n/m', b'22'), shown().file('/n/m', b'22').drop())
    cpio('name-empty', newc(b'', b'x'), shown().drop(), *damaged)
    cpio('name-huge', newc(b'n', b'x', name_size=0xfffffff0), *damaged)
    cpio('name-zero', newc(b'n', b'x', name_size=0), *damaged)
    cpio('size-huge', newc(b'n', b'x', size=0xfffffff0), *damaged,
         shown().file('/n', b'', error='EBADMSG', size=0xfffffff0), shown().file('/n', b'', error='EIO', size=0xfffffff0))
    cpio('magic', newc(b'n', b'x', magic=b'070799'), *damaged)
    case('cpio-cut.cpio', OK + newc(b'n', b'x' * 100)[:120], *damaged,
         shown().file('/n', b'', error='EBADMSG', size=100), shown().file('/n', b'', error='EIO', size=100), scheme='cpio')
    ar('plain', member(b'n/', b'x'), shown().file('/n', b'x'))
    ar('dotdot', member(b'../', b'x'), shown().drop(), *damaged)
    ar('double', member(b'n/', b'1') + member(b'n/', b'22'), shown().file('/n', b'22').drop())
    ar('size-huge', member(b'n/', b'x', size=9999999999), *damaged,
       shown().file('/n', b'', error='EBADMSG', size=9999999999), shown().file('/n', b'', error='EIO', size=9999999999))
    ar('name-table-missing', member(b'/99999', b'x'), *damaged, shown().file('/99999', b'x'))
    none = refused('EBADMSG', 'EIO', 'EOPNOTSUPP', 'EPROTONOSUPPORT', 'E2BIG', 'ENOMEM')
    heads = {
        '7z-huge-header.7z': b"7z\xbc\xaf'\x1c\0\4" + struct.pack('<IQQI', 0, 0, (1 << 62), 0),
        '7z-head-outside.7z': b"7z\xbc\xaf'\x1c\0\4" + struct.pack('<IQQI', 0, 1 << 40, 100, 0),
        '7z-head-alone.7z': b"7z\xbc\xaf'\x1c\0\4",
        'rar-head-alone.rar': b'Rar!\x1a\7\0',
        'rar5-head-alone.rar': b'Rar!\x1a\7\1\0',
        'cab-head-alone.cab': b'MSCF' + bytes(4) + b'\xff' * 28,
        'iso-zeros.iso': bytes(32768) + b'\1CD001\1' + bytes(2041) + b'\xffCD001\1' + bytes(2041),
        'iso-huge-root.iso': bytes(32768) + b'\1CD001\1\0' + b'\xff' * 2040 + b'\xffCD001\1' + bytes(2041),
        'xar-head.xar': b'xar!' + struct.pack('>HHQQI', 28, 1, 1 << 60, 1 << 60, 1),
        'lha-head.lha': b'\x20\0-lh5-' + b'\xff' * 40,
    }
    for name, data in heads.items():
        show = [Show()] if name.startswith(('iso', '7z-head-alone')) else []
        case('head-' + name, data + bytes(600 if not name.startswith('iso') else 0), none, *show, scheme=name.rsplit('.', 1)[1])
