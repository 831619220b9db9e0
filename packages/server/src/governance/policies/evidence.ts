import type { GateSubject, JsonValue } from '@esteira/contracts';
import type { RequestContext } from '../../kernel/actor.ts';
import { EsteiraError } from '../../kernel/errors.ts';
import type { Logger } from '../../kernel/logger.ts';

/** Asks for another room's evidence by its name; each is read once per evaluation. */
type EvidenceLookup = (name: string) => Promise<JsonValue | undefined>;

/** A room's answer to one question about a deployment. It states facts; the verdict is the rules'. */
export interface EvidenceReader {
  /** What rules call it: `latency`. Unique. */
  readonly name: string;
  /** Returns undefined when there is no evidence: the rule then fails, saying so. */
  read(context: RequestContext, subject: GateSubject, other: EvidenceLookup): Promise<JsonValue | undefined>;
}

/** The readers of all rooms, registered at composition. */
export interface Evidence {
  register(reader: EvidenceReader): void;
  /** Reads the named evidence, each at most once. */
  gather(context: RequestContext, subject: GateSubject, names: Iterable<string>): Promise<EvidenceMap>;
}

export type EvidenceMap = ReadonlyMap<string, EvidenceFound>;

export type EvidenceFound =
  | { readonly kind: 'found'; readonly value: JsonValue }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unreadable'; readonly problem: string };

export function createEvidence(deps: { logger: Logger }): Evidence {
  const readers = new Map<string, EvidenceReader>();
  return {
    register(reader) {
      if (readers.has(reader.name)) throw new Error(`Two readers of evidence are named ${reader.name}.`);
      readers.set(reader.name, reader);
    },

    async gather(context, subject, names) {
      const found = new Map<string, EvidenceFound>();

      async function read(name: string, asking: readonly string[]): Promise<EvidenceFound> {
        const known = found.get(name);
        if (known) return known;
        const reader = readers.get(name);
        const result = reader === undefined ? missing : await readOne(reader, asking);
        found.set(name, result);
        return result;
      }

      async function readOne(reader: EvidenceReader, asking: readonly string[]): Promise<EvidenceFound> {
        const chain = [...asking, reader.name];
        try {
          const value = await reader.read(context, subject, async (other) => {
            if (chain.includes(other))
              throw new Error(`Evidence asks for itself: ${[...chain, other].join(' → ')}`);
            const result = await read(other, chain);
            return result.kind === 'found' ? result.value : undefined;
          });
          return value === undefined ? missing : { kind: 'found', value: plainJson(value) };
        } catch (error) {
          deps.logger.warn(
            { err: error, evidence: reader.name, requestId: context.requestId },
            'evidence could not be read',
          );
          const problem = error instanceof EsteiraError ? error.what : 'the reader failed; see the log';
          return { kind: 'unreadable', problem };
        }
      }

      // One after the other: two readers that ask for each other would otherwise wait for ever.
      for (const name of names) await read(name, []);
      return found;
    },
  };
}

const missing: EvidenceFound = { kind: 'missing' };

/** What JSON keeps of the value: NaN and infinities become null, which no rule passes. */
function plainJson(value: JsonValue): JsonValue {
  return JSON.parse(JSON.stringify(value)) as JsonValue;
}
