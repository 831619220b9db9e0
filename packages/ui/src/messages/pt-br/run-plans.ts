import type { runPlanMessages as english } from '../en/run-plans.ts';
import type { Translation } from '../message.ts';

export const runPlanMessages: Translation<typeof english> = {
  'runPlan.fork': 'A nova execução terá',
  'runPlan.rewind': 'De volta ao passo {step}',
  'runPlan.purge': 'Isto some para sempre',
  'runPlan.params': { one: '{count} parâmetro', other: '{count} parâmetros' },
  'runPlan.tags': { one: '{count} etiqueta', other: '{count} etiquetas' },
  'runPlan.points': { one: '{count} ponto de métrica', other: '{count} pontos de métricas' },
  'runPlan.counting': 'Contando os pontos das métricas…',
  'runPlan.countingFiles': 'Contando os arquivos…',
  'runPlan.files': { one: '{count} arquivo, {size}', other: '{count} arquivos, {size}' },
  'runPlan.manyFiles': 'Mais de {count} arquivos, {size} ou mais',
  'runPlan.noFiles': 'Nenhum arquivo: ficam com esta execução',
  'runPlan.goes': { one: '{count} ponto de métrica sai', other: '{count} pontos de métricas saem' },
  'runPlan.stays': { one: '{count} ponto de métrica fica', other: '{count} pontos de métricas ficam' },
  'runPlan.keptAs': 'A execução como está fica como “{name} (before rewind)”, apagada: pode ser restaurada',
  'runPlan.childrenStay': {
    one: '{count} execução abaixo dela fica',
    other: '{count} execuções abaixo dela ficam',
  },
};
