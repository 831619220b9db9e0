import { readFileSync } from 'node:fs';
import { PolicyRule, Stage } from '@esteira/contracts';
import type * as Yaml from 'yaml';
import { z } from 'zod';
import { loadWhenUsed } from '../../kernel/load-when-used.ts';
import { compileRule } from './judge-rule.ts';

const yaml = loadWhenUsed<typeof Yaml>('yaml');

const PolicyPack = z.strictObject({
  name: z.string(),
  version: z.number().int(),
  approvals: z.record(Stage, z.number().int().min(0)),
  rules: z.array(PolicyRule),
});
/** A named set of rules, as shipped. */
export type PolicyPack = z.infer<typeof PolicyPack>;

/**
 * The pack that comes with the server. It is read when somebody looks into it, and its expressions are compiled when they are
 * first judged: a server is sooner up, and the pack was tested before it was shipped.
 */
export async function loadDefaultPack(): Promise<PolicyPack> {
  let read: PolicyPack | undefined;
  const pack = (): PolicyPack => {
    read ??= readPolicyPack(readFileSync(new URL('./default-pack.yaml', import.meta.url), 'utf8'));
    return read;
  };
  return {
    get name() {
      return pack().name;
    },
    get version() {
      return pack().version;
    },
    get approvals() {
      return pack().approvals;
    },
    get rules() {
      return pack().rules;
    },
  };
}

/** Reads a pack from YAML. Throws an Error that names the rule when one is not valid or an id stands twice. */
export function parsePolicyPack(text: string): PolicyPack {
  const pack = readPolicyPack(text);
  const ids = new Set<string>();
  for (const rule of pack.rules) {
    if (ids.has(rule.id)) throw new Error(`Two rules have the id ${rule.id}.`);
    ids.add(rule.id);
    try {
      compileRule(rule);
    } catch (error) {
      throw new Error(`Rule ${rule.id}: ${error instanceof Error ? error.message : 'not valid'}`, {
        cause: error,
      });
    }
  }
  return pack;
}

function readPolicyPack(text: string): PolicyPack {
  return PolicyPack.parse(yaml().parse(text));
}
