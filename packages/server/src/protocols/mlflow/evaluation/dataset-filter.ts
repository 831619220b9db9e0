import { type FilterField, type FilterGrammar, numberOperators, patternOperators } from '@esteira/contracts';
import type { DatasetField } from '../../../evaluation/index.ts';
import { invalidParameter } from '../mlflow-error.ts';

const attributes = {
  name: 'name',
  created_time: 'createdAt',
  last_update_time: 'updatedAt',
  created_by: 'userName',
  last_updated_by: 'updatedUserName',
} as const;

/** What a filter over evaluation datasets may name. */
export const datasetFilterGrammar: FilterGrammar<DatasetField> = {
  field(name, prefix) {
    if (prefix?.toLowerCase() === 'tags' || prefix?.toLowerCase() === 'tag')
      return { field: { kind: 'tag', name }, type: 'text', operators: patternOperators };
    if (prefix !== undefined && !['attributes', 'attribute', 'attr'].includes(prefix.toLowerCase()))
      return `Invalid identifier token '${prefix}' specified`;
    return attributeField(name);
  },
  refuse: (problem) => invalidParameter(`Invalid filter: ${problem}.`),
};

/** What they may be ordered by. */
export const datasetOrderGrammar: FilterGrammar<DatasetField> = {
  field(name, prefix) {
    const known = ['name', 'created_time', 'last_update_time'];
    if (prefix !== undefined || !known.includes(name))
      return `Invalid order_by '${name}' specified. Valid keys are: ${known.join(', ')}`;
    return attributeField(name);
  },
  refuse: (problem) => invalidParameter(`Invalid order_by: ${problem}.`),
};

function attributeField(name: string): FilterField<DatasetField> | string {
  if (!isAttribute(name))
    return `Invalid attribute key '${name}' specified. Valid keys are: ${Object.keys(attributes).join(', ')}`;
  const isTime = name === 'created_time' || name === 'last_update_time';
  return {
    field: { kind: 'attribute', name: attributes[name] },
    type: isTime ? 'number' : 'text',
    operators: isTime ? numberOperators : name === 'name' ? [...patternOperators, 'in'] : patternOperators,
  };
}

function isAttribute(name: string): name is keyof typeof attributes {
  return Object.hasOwn(attributes, name);
}
