import { lookup as lookUp } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { type Receiver, type ReceiverRules, refusedAddress } from './receiver.ts';

/**
 * Resolves a receiver's name for each connection and judges what it finds: the connection goes to an address that was judged,
 * so that a name which changes its addresses in between reaches nothing else. Addresses written as such are judged by
 * `readReceiver`.
 */
export function judgedLookup(receiver: Receiver, rules: ReceiverRules): LookupFunction {
  return (host, options, done) => {
    lookUp(host, { all: true, verbatim: true }, (error, addresses) => {
      const [first] = addresses ?? [];
      if (error !== null) return done(error, '', 0);
      const refused = refusedAddress(
        receiver,
        addresses.map(({ address }) => address),
        rules,
      );
      if (refused !== undefined || first === undefined)
        return done(new Error(`not called${refused ?? ': it has no address'}`), '', 0);
      if (options.all === true) return done(null, addresses);
      return done(null, first.address, first.family);
    });
  };
}
