import type { loggedModelMessages as english } from '../en/logged-models.ts';
import type { Translation } from '../message.ts';

export const loggedModelMessages: Translation<typeof english> = {
  'loggedModels.title': 'Modelos das execuções',
  'loggedModels.lead': 'Modelos que execuções produziram, com seus arquivos: o que pode virar versão.',
  'loggedModels.empty': 'Nenhum modelo foi registrado por uma execução',
  'loggedModels.emptyHint':
    'Uma execução registra um com qualquer cliente MLflow: mlflow.sklearn.log_model(model, name="model").',
  'loggedModels.noneFound': 'Nenhum modelo corresponde',
  'loggedModels.noneFoundHint': 'As palavras são procuradas nos nomes, em maiúsculas ou minúsculas.',
  'loggedModels.text': 'Parte de um nome',
  'loggedModels.order': 'Ordem',
  'loggedModels.newest': 'Mais novos primeiro',
  'loggedModels.byName': 'Por nome',
  'loggedModels.byStatus': 'Por situação',
  'loggedModels.type': 'Tipo',
  'loggedModels.flavors': 'Carregado por',
  'loggedModels.run': 'Produzido pela execução',
  'loggedModels.measuredBy': 'Medido por',
  'loggedModels.dataset': 'Conjunto de dados',
  'loggedModels.metricsNone': 'Nada foi medido dele.',
  'loggedModels.tags': 'Etiquetas',
  'loggedModels.tagsNone': 'Não tem etiquetas.',
  'loggedModels.optional': 'opcional',
  'loggedModels.versions': 'Registrado como',
  'loggedModels.versionsNone':
    'Nenhuma versão foi feita dele. Em Python: mlflow.register_model("models:/{id}", "o nome")',
  'loggedModels.ofExperiment': 'Todos do experimento',
};
