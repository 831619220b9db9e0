import type { promptMessages as english } from '../en/prompts.ts';
import type { Translation } from '../message.ts';

export const promptMessages: Translation<typeof english> = {
  'prompts.title': 'Prompts',
  'prompts.lead':
    'Com o que os modelos de linguagem são perguntados. Uma versão nunca muda; um apelido muda de lugar.',
  'prompts.empty': 'Nenhum prompt registrado',
  'prompts.emptyHint': 'Em Python: mlflow.genai.register_prompt(name="saudacao", template="Diga olá.")',
  'prompts.newest': 'Texto mais novo, versão {version}',
  'prompts.noVersions': 'Nenhuma versão foi registrada.',
  'prompts.text': 'Texto',
  'prompts.noText': 'Esta versão não tem texto.',
  'prompts.message': 'O que mudou',
  'prompts.variables': 'Preenchido com',
  'prompts.modelConfig': 'Ajustes do modelo',
  'prompts.responseFormat': 'Forma da resposta',
  'prompts.load': 'Em Python',
};
