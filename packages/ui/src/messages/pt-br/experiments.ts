import type { experimentMessages as english } from '../en/experiments.ts';
import type { Translation } from '../message.ts';

export const experimentMessages: Translation<typeof english> = {
  'experiments.title': 'Experimentos',
  'experiments.lead':
    'Onde ficam execuções, modelos das execuções, rastros e problemas. Um experimento apagado os esconde até ser restaurado.',
  'experiments.present': 'Presentes',
  'experiments.deleted': 'Apagados',
  'experiments.which': 'Quais experimentos são mostrados',
  'experiments.empty': 'Nenhum experimento ainda',
  'experiments.emptyHint': 'Crie um aqui, ou registre uma execução: o experimento é criado com ela.',
  'experiments.noneDeleted': 'Nenhum experimento apagado',
  'experiments.noneDeletedHint': 'O que é apagado fica aqui até ser restaurado ou expurgado.',
  'experiments.number': 'Número',
  'experiments.note': 'Nota',
  'experiments.deletedAt': 'Apagado',
  'experiments.holds': 'O que contém',
  'experiments.traces': 'Rastros',
  'experiments.issues': 'Problemas',
  'experiments.new': 'Novo experimento',
  'experiments.edit': 'Editar',
  'experiments.delete': 'Apagar',
  'experiments.restore': 'Restaurar',
  'experiments.purge': 'Expurgar…',
  'experiments.editTitle': 'Editar {name}',
  'experiments.purgeTitle': 'Expurgar {name}',
  'experiments.purgeHint':
    'Remove o experimento para sempre, com suas execuções, modelos, rastros, problemas, avaliadores e arquivos. Seu nome fica livre. Ninguém pode trazê-lo de volta.',
  'experiments.purgeSure': 'Remover este experimento para sempre',
  'experiments.purgeDo': 'Expurgar',
};
