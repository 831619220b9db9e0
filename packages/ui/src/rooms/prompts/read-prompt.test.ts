import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPrompt } from './read-prompt.ts';

test('a prompt of one text has its variables, each once, and the tags that people set', () => {
  const prompt = readPrompt({
    'mlflow.prompt.text': 'Say {{ greeting }} to {{name}} and again {{ greeting }}',
    'mlflow.prompt.is_prompt': 'true',
    _mlflow_prompt_type: 'text',
    team: 'support',
  });
  assert.deepEqual(prompt.variables, ['greeting', 'name']);
  assert.equal(prompt.messages, undefined);
  assert.deepEqual(prompt.tags, { team: 'support' });
});

test('a prompt of a chat is its messages, whatever their content is', () => {
  const messages = [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: [{ type: 'text', text: 'Hi' }] },
    'odd',
  ];
  const prompt = readPrompt({ 'mlflow.prompt.text': JSON.stringify(messages), _mlflow_prompt_type: 'chat' });
  assert.deepEqual(
    prompt.messages?.map(({ role }) => role),
    ['system', 'user', ''],
  );
  assert.equal(prompt.messages?.[0]?.content, 'Be brief.');
});

test('a chat that is no JSON is shown as the text it is, and so is a version without a text', () => {
  assert.equal(readPrompt({ 'mlflow.prompt.text': '[', _mlflow_prompt_type: 'chat' }).messages, undefined);
  assert.equal(readPrompt({}).text, '');
});

test('what is set for the model is read where it is JSON', () => {
  const prompt = readPrompt({
    _mlflow_prompt_model_config: '{"temperature":0.2}',
    _mlflow_prompt_response_format: '{',
  });
  assert.deepEqual(prompt.settings, { model: { temperature: 0.2 } });
});
