import type { pipelineModelMessages as english } from '../en/pipeline-models.ts';
import type { Translation } from '../message.ts';

export const pipelineModelMessages: Translation<typeof english> = {
  'pipelineModel.title': 'Passos do pipeline',
  'pipelineModel.hint': 'As versões são congeladas com ele: mover um apelido não muda nada aqui',
  'pipelineModel.step': 'Passo',
  'pipelineModel.answer': 'a resposta',
  'pipelineModel.what': 'O que é',
  'pipelineModel.reads': 'Lê',
  'pipelineModel.columns': 'colunas do pedido, pelo nome',
  'pipelineModel.limit': 'Pode levar',
  'pipelineModel.limitOfWhole': 'o que o endpoint permite',
  'pipelineModel.runs': 'Execuções',
  'pipelineModel.meanTime': 'Tempo médio',
  'pipelineModel.map': { one: 'faz {count} coluna', other: 'faz {count} colunas' },
  'pipelineModel.rule': 'uma regra',
  'pipelineModel.average': 'média das notas, por peso',
  'pipelineModel.vote': 'parte dos votos, por peso',
};
