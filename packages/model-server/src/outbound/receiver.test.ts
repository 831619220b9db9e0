import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { addressKind } from './address-kind.ts';
import { readReceiver, refusedAddress } from './receiver.ts';

const strict = { allowPrivate: false };
const open = { allowPrivate: true };

describe('an address', () => {
  it('is public, private or closed', () => {
    const kinds = {
      public: [
        '93.184.216.34',
        '1.1.1.1',
        '172.32.0.1',
        '2606:4700::1111',
        '::ffff:1.1.1.1',
        '2002:101:101::',
      ],
      private: [
        '127.0.0.1',
        '127.9.9.9',
        '10.0.0.1',
        '172.16.0.1',
        '172.31.255.255',
        '192.168.1.1',
        '100.64.0.1',
        '::1',
        'fc00::1',
        'fdff::1',
        '::ffff:10.0.0.1',
        '64:ff9b::7f00:1',
        '::ffff:7f00:1',
        '2002:7f00:1::',
        '::127.0.0.1',
      ],
      closed: [
        '169.254.169.254',
        '::ffff:169.254.169.254',
        '::ffff:a9fe:a9fe',
        '64:ff9b::a9fe:a9fe',
        '2002:a9fe:a9fe::1',
        '100.100.100.200',
        '168.63.129.16',
        '192.0.0.192',
        'fd00:ec2::254',
        'fd20:ce::254',
        'fe80::1',
        'fe80::1%eth0',
        'febf::1',
        'ff02::1',
        '::',
        '0.0.0.0',
        '224.0.0.1',
        '255.255.255.255',
        '2001::1',
        '2001:db8::1',
        '64:ff9b:1::1',
        'no address',
        '',
      ],
    };
    for (const [kind, addresses] of Object.entries(kinds))
      for (const address of addresses) assert.equal(addressKind(address), kind, address);
  });

  it('is the same whether IPv4 is written by itself or carried in IPv6', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        assert.equal(addressKind(`::ffff:${address}`), addressKind(address));
        assert.equal(addressKind(`64:ff9b::${address}`), addressKind(address));
      }),
    );
  });

  it('of any text is answered', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.ipV6()), (text) => {
        assert.match(addressKind(text), /^(public|private|closed)$/);
      }),
    );
  });
});

describe('a receiver', () => {
  const problem = (text: string, rules = strict): string | undefined => {
    const read = readReceiver(text, rules);
    return 'problem' in read ? read.problem : undefined;
  };

  it('has an https URL without credentials', () => {
    assert.equal(problem('https://example.com/hook'), undefined);
    assert.match(problem('ftp://example.com') ?? '', /^ scheme: 'ftp'/);
    assert.match(problem('http://example.com') ?? '', /^ scheme: 'http'/);
    assert.match(problem('file:///etc/passwd', open) ?? '', /^ scheme/);
    assert.match(problem('not a url') ?? '', /is no URL/);
    assert.match(problem('http://[invalid') ?? '', /is no URL/);
    assert.match(problem('https://me:secret@example.com') ?? '', /credentials/);
  });

  it('is no private address, however it is written, unless private ones are allowed', () => {
    for (const host of [
      '127.0.0.1',
      '0x7f.1',
      '2130706433',
      '017700000001',
      '127.1',
      '[::1]',
      '[::ffff:7f00:1]',
    ]) {
      assert.match(problem(`https://${host}/`) ?? '', /non-public/, host);
      assert.equal(problem(`http://${host}:8080/`, open), undefined, host);
    }
  });

  it('is never link-local or a metadata service', () => {
    for (const host of [
      '169.254.169.254',
      '0xa9fea9fe',
      '[fe80::1]',
      '[fd00:ec2::254]',
      '100.100.100.200',
      '0.0.0.0',
    ])
      assert.match(problem(`http://${host}/`, open) ?? '', /non-public/, host);
  });

  it('is called by plain http at private addresses alone', () => {
    const read = readReceiver('http://hooks.example/', open);
    assert.ok(!('problem' in read));
    assert.match(refusedAddress(read, ['93.184.216.34'], open) ?? '', /https alone/);
    assert.equal(refusedAddress(read, ['10.0.0.7', '::1'], open), undefined);
    assert.match(refusedAddress(read, ['10.0.0.7', '169.254.169.254'], open) ?? '', /non-public/);
    assert.match(refusedAddress(read, ['10.0.0.7'], strict) ?? '', /non-public/);
  });

  it('loses the fragment of its URL', () => {
    const read = readReceiver('https://EXAMPLE.com:443/a/../b#c', strict);
    assert.ok(!('problem' in read));
    assert.equal(read.url.href, 'https://example.com/b');
  });
});
