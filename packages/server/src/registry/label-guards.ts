import type { LabelGuard, VersionStage } from '@esteira/contracts';

/** What an endpoint does with the versions of its model, by their ids. */
export interface EndpointUse {
  readonly endpoint: string;
  readonly stage: 'development' | 'staging' | 'production';
  /** Those that answer its callers. */
  readonly answering: readonly string[];
  /** Those and all it holds ready besides. */
  readonly needed: readonly string[];
}

/** A label of a model: an alias, or a stage. */
export interface Label {
  readonly kind: 'alias' | 'stage';
  readonly name: string;
  /** Ids of the versions it stands for; none when nothing has it. */
  readonly versions: readonly string[];
}

/** The labels that versions of a model have. */
export function labelsOf(
  aliases: readonly { alias: string; version: number }[],
  staged: readonly { id: string; version: number; stage: VersionStage }[],
  idOf: ReadonlyMap<number, string>,
): readonly Label[] {
  const labels: Label[] = aliases.map(({ alias, version }) => {
    const id = idOf.get(version);
    return { kind: 'alias', name: alias, versions: id === undefined ? [] : [id] };
  });
  for (const stage of new Set(staged.map((version) => version.stage))) {
    const versions = staged.filter((version) => version.stage === stage).map(({ id }) => id);
    labels.push({ kind: 'stage', name: stage, versions });
  }
  return labels;
}

/**
 * Why labels of a model move by changes alone. Endpoints do not follow labels: one that serves staging or production
 * traffic with a version stands for those who reach that version by its labels. Archived is no label to reach a version by.
 */
export function guardsOver(
  model: string,
  labels: readonly Label[],
  uses: readonly EndpointUse[],
  patterns: readonly string[],
): readonly LabelGuard[] {
  const guards: LabelGuard[] = [];
  for (const { kind, name, versions } of labels) {
    const followed = kind === 'alias' || name === 'staging' || name === 'production';
    const use = uses.find(
      ({ stage, answering }) =>
        followed && stage !== 'development' && answering.some((id) => versions.includes(id)),
    );
    if (use !== undefined) guards.push({ kind, label: name, because: 'served', by: use.endpoint });
    const text = kind === 'alias' ? `${model}@${name}` : `${model}:${name}`;
    const pattern = patterns.find((candidate) => matches(candidate, text));
    if (pattern !== undefined) guards.push({ kind, label: name, because: 'policy', by: pattern });
  }
  return guards;
}

/**
 * A star is any part of a name or alias; names hold neither `@` behind them nor a colon. Each part between two stars is looked
 * for behind the one before it: a regular expression would try all ways to place them, which takes years with twenty stars.
 */
function matches(pattern: string, text: string): boolean {
  const [first = '', ...between] = pattern.split('*');
  const last = between.pop();
  if (last === undefined) return text === pattern;
  if (!text.startsWith(first)) return false;
  let position = first.length;
  for (const part of between) {
    const found = text.indexOf(part, position);
    if (found < 0) return false;
    position = found + part.length;
  }
  return text.length - last.length >= position && text.endsWith(last);
}
