import type { PolicyRule } from '@esteira/contracts';
import { loadDefaultPack } from '../../packages/server/src/governance/policies/policy-pack.ts';
import { code, markdownTable, pageHead } from './markdown.ts';

const source = 'packages/server/src/governance/policies/default-pack.yaml';

/** The default policy pack, rule by rule. */
export async function policiesPage(): Promise<string> {
  const pack = await loadDefaultPack();
  const { rules } = pack;
  const approvals = Object.entries(pack.approvals).map(([stage, count]) => `${stage}: ${count}`);
  const introduction = [
    `Version ${pack.version} of the pack \`${pack.name}\`. A deployment must pass every rule of its endpoint's stage; missing evidence fails. A workspace may add rules and tighten parameters; in production only an approved waiver with an end makes an exception. How rules are written: [../guides/policies.md](../guides/policies.md). Source: \`${source}\`.`,
    `Approvals needed: ${approvals.join(', ')}.`,
  ].join('\n\n');
  const overview = rules.map((rule) => [
    `[${rule.id}](#${rule.id.toLowerCase()})`,
    rule.title,
    rule.stages.join(', '),
    rule.moment,
    rule.evidence.map(code).join(' '),
  ]);
  return [
    pageHead('Policies', introduction),
    markdownTable(['rule', 'title', 'stages', 'judged at', 'evidence'], overview),
    ...rules.map(describeRule),
  ].join('\n');
}

function describeRule(rule: PolicyRule): string {
  const parameters = Object.entries(rule.parameters).map(
    ([name, { value, tighter }]) => `- ${code(name)}: ${value}; a workspace may make it ${tighter}`,
  );
  const conditions = rule.pass.map(
    ({ that, else: otherwise }) => `- ${code(that.replace(/\s+/g, ' ').trim())}; else: ${oneLine(otherwise)}`,
  );
  return [
    `## ${rule.id}\n`,
    `${rule.title}.\n`,
    ...(parameters.length === 0 ? [] : [`Parameters:\n\n${parameters.join('\n')}\n`]),
    ...(rule.applies === undefined ? [] : [`Applies when ${code(rule.applies.trim())}.\n`]),
    `Passes when:\n\n${conditions.join('\n')}\n`,
    `When it fails: ${oneLine(rule.todo)}\n`,
  ].join('\n');
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
