import type { traceMessages as english } from '../en/traces.ts';
import type { Translation } from '../message.ts';

export const traceMessages: Translation<typeof english> = {
  'traces.title': 'Rastros',
  'traces.lead':
    'O que foi pedido, feito e respondido por programas que usam modelos de linguagem, passo a passo.',
  'traces.empty': 'Nenhum rastro ainda',
  'traces.emptyHint': 'Envie spans por OpenTelemetry para /v1/traces, ou ligue o tracing no cliente MLflow.',
  'traces.noneFound': 'Nenhum rastro corresponde',
  'traces.filterHint': "state = 'ERROR' and span.name = 'search' and feedback.quality > 0.5",
  'traces.shown': { one: '{count} rastro mostrado', other: '{count} rastros mostrados' },
  'traces.tokens': 'Tokens',
  'traces.request': 'Pedido',
  'traces.response': 'Resposta',
  'traces.spans': 'Spans',
  'traces.noSpans': 'Nenhum span',
  'traces.noSpansHint': 'O cliente contou do rastro, mas não dos seus passos.',
  'traces.problem': 'Problema',
  'traces.inputs': 'Entradas',
  'traces.outputs': 'Saídas',
  'traces.attributes': 'Atributos',
  'traces.events': 'Eventos',
  'traces.assessments': 'Avaliações',
  'traces.feedback': 'Retorno',
  'traces.expectation': 'Expectativa',
  'traces.issue': 'Problema',
  'traces.tags': 'Tags',
  'traces.metadata': 'Metadados',
};
