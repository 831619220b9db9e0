import { isIPv4, isIPv6 } from 'node:net';

/**
 * What lies at an IP address. `private`: this machine and networks of one's own, for those who allow them. `closed`: never
 * a receiver, whoever allows what: link-local, metadata services of clouds, and what nobody can be reached at.
 */
export type AddressKind = 'public' | 'private' | 'closed';

/** Of an address as text. IPv6 addresses that carry an IPv4 address are what that one is. */
export function addressKind(address: string): AddressKind {
  const bytes = isIPv4(address) ? mapped(address) : isIPv6(address) ? bytesOf(address) : undefined;
  if (bytes === undefined) return 'closed';
  const carried = carriedIpv4(bytes);
  if (carried !== undefined) return kindIn(ipv4Ranges, carried) ?? 'public';
  return kindIn(ipv6Ranges, bytes) ?? 'closed';
}

type Range = readonly [prefix: readonly number[], bits: number, kind: AddressKind];

// IANA's registry of special-purpose addresses, and where clouds keep their credentials. The first range that fits counts.
const ipv4Ranges: readonly Range[] = [
  // Metadata: Alibaba, Azure's wire server.
  [[100, 100, 100, 200], 32, 'closed'],
  [[168, 63, 129, 16], 32, 'closed'],
  // Link-local, with the metadata services of nearly everybody.
  [[169, 254], 16, 'closed'],
  [[0], 8, 'closed'],
  // With Oracle's metadata service.
  [[192, 0, 0], 24, 'closed'],
  [[192, 0, 2], 24, 'closed'],
  [[192, 88, 99], 24, 'closed'],
  [[198, 51, 100], 24, 'closed'],
  [[203, 0, 113], 24, 'closed'],
  [[224], 4, 'closed'],
  [[240], 4, 'closed'],
  [[127], 8, 'private'],
  [[10], 8, 'private'],
  [[172, 16], 12, 'private'],
  [[192, 168], 16, 'private'],
  [[100, 64], 10, 'private'],
  [[198, 18], 15, 'private'],
];

const ipv6Ranges: readonly Range[] = [
  // Metadata: Amazon, Google.
  [[0xfd, 0x00, 0x0e, 0xc2], 32, 'closed'],
  [[0xfd, 0x20, 0x00, 0xce], 32, 'closed'],
  [[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 128, 'private'],
  [[0xfc], 7, 'private'],
  // Teredo and others for protocols, documentation.
  [[0x20, 0x01, 0x00], 23, 'closed'],
  [[0x20, 0x01, 0x0d, 0xb8], 32, 'closed'],
  [[0x3f, 0xff, 0x00], 20, 'closed'],
  // Everything else that was ever given out; the rest is link-local, multicast or nobody's.
  [[0x20], 3, 'public'],
];

function kindIn(ranges: readonly Range[], bytes: readonly number[]): AddressKind | undefined {
  return ranges.find(([prefix, bits]) => startsWith(bytes, prefix, bits))?.[2];
}

function startsWith(bytes: readonly number[], prefix: readonly number[], bits: number): boolean {
  for (let index = 0; index * 8 < bits; index++) {
    const free = Math.max(0, 8 - (bits - index * 8));
    const differs = (bytes[index] ?? 0) ^ (prefix[index] ?? 0);
    if (differs >> free !== 0) return false;
  }
  return true;
}

const zeros = (count: number): number[] => Array.from({ length: count }, () => 0);

/** Mapped (RFC 4291), compatible (the same, given up), NAT64 (RFC 6052), 6to4 (RFC 3056). */
function carriedIpv4(bytes: readonly number[]): readonly number[] | undefined {
  if (startsWith(bytes, [...zeros(10), 0xff, 0xff], 96)) return bytes.slice(12);
  if (startsWith(bytes, [0x00, 0x64, 0xff, 0x9b], 96)) return bytes.slice(12);
  if (startsWith(bytes, [0x20, 0x02], 16)) return bytes.slice(2, 6);
  const low = bytes.slice(12);
  if (startsWith(bytes, zeros(12), 96) && (low[0] !== 0 || low[1] !== 0)) return low;
  return undefined;
}

function mapped(address: string): readonly number[] {
  return [...zeros(10), 0xff, 0xff, ...address.split('.').map(Number)];
}

/** Sixteen bytes; nothing for one with a zone, which is link-local. */
function bytesOf(address: string): readonly number[] | undefined {
  if (address.includes('%')) return undefined;
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(address);
  const last = dotted?.[2]?.split('.').map(Number) ?? [];
  const [head = '', tail] = (dotted?.[1] === undefined ? address : `${dotted[1]}0:0`).split('::');
  const front = groups(head);
  const back = tail === undefined ? [] : groups(tail);
  const whole = [...front, ...zeros(16 - front.length - back.length), ...back];
  return [...whole.slice(0, 16 - last.length), ...last];
}

function groups(text: string): number[] {
  return text
    .split(':')
    .filter((group) => group !== '')
    .flatMap((group) => {
      const value = Number.parseInt(group, 16);
      return [value >> 8, value & 0xff];
    });
}
