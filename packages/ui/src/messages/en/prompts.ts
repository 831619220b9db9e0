/** Prompts, kept like models: their texts are versions. */
export const promptMessages = {
  'prompts.title': 'Prompts',
  'prompts.lead': 'What language models are asked with. A version never changes; an alias moves.',
  'prompts.empty': 'No prompt is registered',
  'prompts.emptyHint': 'In Python: mlflow.genai.register_prompt(name="greeting", template="Say hello.")',
  'prompts.newest': 'Newest text, version {version}',
  'prompts.noVersions': 'No version has been registered.',
  'prompts.text': 'Text',
  'prompts.noText': 'This version has no text.',
  'prompts.message': 'What changed',
  'prompts.variables': 'Filled with',
  'prompts.modelConfig': 'Model settings',
  'prompts.responseFormat': 'Form of the answer',
  'prompts.load': 'In Python',
} as const;
