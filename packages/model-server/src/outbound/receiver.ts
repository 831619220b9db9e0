import { isIP } from 'node:net';
import { type AddressKind, addressKind } from './address-kind.ts';

/** Where a webhook is sent, canonical: parsed once, and what is written is what is called. */
export interface Receiver {
  readonly url: URL;
  /** Without the brackets of IPv6. */
  readonly host: string;
}

export interface ReceiverRules {
  /** Loopback and private addresses, also by plain http. */
  readonly allowPrivate: boolean;
}

/** The receiver a URL names, or why it is none: what can be said without asking who has the name. */
export function readReceiver(text: string, rules: ReceiverRules): Receiver | { readonly problem: string } {
  if (!URL.canParse(text)) return { problem: `: ${shown(text)} is no URL` };
  const url = new URL(text);
  const schemes = rules.allowPrivate ? ['https', 'http'] : ['https'];
  const scheme = url.protocol.slice(0, -1);
  if (!schemes.includes(scheme))
    return { problem: ` scheme: '${scheme}'. Allowed schemes are: ${schemes.join(', ')}` };
  if (url.username !== '' || url.password !== '') return { problem: ': it carries credentials' };
  url.hash = '';
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const receiver = { url, host };
  const refused = isIP(host) === 0 ? undefined : refusedAddress(receiver, [host], rules);
  return refused === undefined ? receiver : { problem: refused };
}

/** Why none of a receiver's addresses may be called; all must be fit, for any of them may be taken. */
export function refusedAddress(
  { url, host }: Receiver,
  addresses: readonly string[],
  { allowPrivate }: ReceiverRules,
): string | undefined {
  const kinds = new Set<AddressKind>(addresses.map(addressKind));
  if (kinds.has('closed') || (kinds.has('private') && !allowPrivate))
    return `: ${shown(host)} must not resolve to a non-public IP address`;
  if (url.protocol === 'http:' && kinds.has('public'))
    return `: ${shown(host)} has a public address, which is called by https alone`;
  return undefined;
}

function shown(text: string): string {
  return `'${text.length <= 200 ? text : `${text.slice(0, 200)}…`}'`;
}
