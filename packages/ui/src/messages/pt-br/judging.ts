import type { judgingMessages as english } from '../en/judging.ts';
import type { Translation } from '../message.ts';

export const judgingMessages: Translation<typeof english> = {
  'judging.title': 'Julgamento de respostas',
  'judging.lead':
    'Pelo que respostas de modelos de linguagem são julgadas: exemplos com o que se espera, e o que os julga.',
  'judging.datasets': 'Conjuntos de avaliação',
  'judging.dataset': 'Conjunto de avaliação',
  'judging.noDatasets': 'Nenhum conjunto de avaliação ainda',
  'judging.noDatasetsHint':
    'Crie um com esteira eval-datasets create, ou com mlflow.genai.datasets.create_dataset no cliente MLflow.',
  'judging.scorers': 'Avaliadores',
  'judging.scorersHint': 'Guardados para os clientes que os executam; o servidor não executa nenhum.',
  'judging.noScorers': 'Nenhum avaliador ainda',
  'judging.noScorersHint': 'Registre um com esteira scorers register, ou com o cliente MLflow.',
  'judging.records': 'Registros',
  'judging.noRecords': 'Nenhum registro ainda',
  'judging.noRecordsHint': 'Acrescente alguns com esteira eval-datasets append.',
  'judging.experiments': 'Experimentos',
  'judging.experiment': 'Experimento',
  'judging.changed': 'Alterado',
  'judging.inputs': 'Entradas',
  'judging.expectations': 'Esperado',
  'judging.source': 'De',
  'judging.version': 'Versão',
  'judging.versions': 'Versões',
  'judging.definition': 'Definição',
};
