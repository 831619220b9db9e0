import type { ModelSignature } from '@esteira/contracts';

/** What the labels of an endpoint must be. */
export type LabelType =
  | { readonly kind: 'classes'; readonly classes: readonly (number | string)[] }
  | { readonly kind: 'number' };

/** Without a model nothing but a number (or true and false) can be taken. */
export function labelTypeOf(signature: Pick<ModelSignature, 'task' | 'classes'> | undefined): LabelType {
  if (signature?.task === 'classification' && signature.classes.length > 0)
    return { kind: 'classes', classes: signature.classes };
  return { kind: 'number' };
}

/**
 * A label as a number, to be compared with scores: of two classes 0 or 1, the position in the model's list; of more
 * classes their own number where they are numbers. Undefined when the label is not of the type: "1" is no 1, since a
 * silent guess would give a wrong metric.
 */
export function readLabel(type: LabelType, label: number | string | boolean): number | undefined {
  if (type.kind === 'number') {
    if (typeof label === 'boolean') return label ? 1 : 0;
    return typeof label === 'number' && Number.isFinite(label) ? label : undefined;
  }
  const { classes } = type;
  const position = classes.indexOf(typeof label === 'boolean' ? Number(label) : label);
  if (position < 0) return undefined;
  const value = classes[position];
  return classes.length > 2 && typeof value === 'number' ? value : position;
}

/** What was expected, in words. */
export function describeLabelType(type: LabelType): string {
  if (type.kind === 'number') return 'a number';
  const shown = type.classes.slice(0, 10).map((value) => JSON.stringify(value));
  const kind = typeof type.classes[0] === 'number' ? 'one of the numbers' : 'one of the texts';
  return `${kind} ${shown.join(', ')}${type.classes.length > 10 ? ', …' : ''}`;
}
