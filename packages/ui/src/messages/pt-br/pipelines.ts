import type { pipelineMessages as english } from '../en/pipelines.ts';
import type { Translation } from '../message.ts';

export const pipelineMessages: Translation<typeof english> = {
  'pipelines.title': 'Pipelines',
  'pipelines.lead':
    'Um pipeline é um arquivo de passos. Um passo cujas entradas não mudaram não roda de novo: o resultado anterior é usado.',
  'pipelines.empty': 'Nenhum pipeline ainda',
  'pipelines.emptyHint': 'Escreva os passos em um arquivo e guarde-o com um nome.',
  'pipelines.runs': 'Execuções',
  'pipelines.runsEmpty': 'Nenhum pipeline foi executado',
  'pipelines.lastRun': 'Última execução',
  'pipelines.all': 'Pipelines',
  'pipeline.steps': 'Passos',
  'pipeline.parameters': 'Parâmetros',
  'pipeline.required': 'deve ser informado',
  'pipeline.file': 'Arquivo',
  'pipeline.versions': 'Versões',
  'pipelineRun.title': '{pipeline}, execução',
  'pipelineRun.trigger': 'Iniciada por',
  'pipelineRun.manual': 'uma pessoa',
  'pipelineRun.progress': '{finished} de {total} passos',
  'pipelineRun.cpu': 'Tempo de CPU',
  'pipelineRun.graph': 'Passos em ordem',
  'pipelineRun.step': 'Passo',
  'pipelineRun.uses': 'Faz',
  'pipelineRun.outputs': 'Produziu',
  'pipelineRun.cachedFrom': 'Resultado de {step} em',
  'pipelineRun.cancel': 'Cancelar a execução',
  'pipelineRun.resume': 'Retomar',
  'pipelineRun.tracking': 'Execução registrada',
  'pipelineRun.cache': 'Cache',
  'pipelineRun.attempt': 'Tentativa {attempt}',
};
