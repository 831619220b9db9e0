import { plainValue, type SpanValue } from './span.ts';

const longest = 1000;

/**
 * What went into or came out of a span, short enough for a list: the last message of its role, where it is a conversation,
 * or its JSON, in which a text has its quotes.
 */
export function previewOf(value: SpanValue, role: 'user' | 'assistant'): string {
  const plain = plainValue(value);
  const read = typeof plain === 'string' ? parsed(plain) : plain;
  const text = typeof plain === 'string' && read !== undefined ? plain : JSON.stringify(plain);
  return shortened(lastMessage(read, role) ?? text);
}

function shortened(text: string): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 3)}...`;
}

function lastMessage(value: unknown, role: string): string | undefined {
  const messages = messagesOf(value);
  const message = messages.findLast((candidate) => candidate.role === role) ?? messages.at(-1);
  const content = message?.content;
  if (typeof content === 'string' && content !== '') return content;
  if (!Array.isArray(content)) return undefined;
  const part: unknown = content.find((each: unknown) => isRecord(each) && typeof each.text === 'string');
  return isRecord(part) && typeof part.text === 'string' ? part.text : undefined;
}

interface Message {
  readonly role?: unknown;
  readonly content?: unknown;
}

/** The forms of OpenAI's requests (`messages`) and answers (`choices`). */
function messagesOf(value: unknown): readonly Message[] {
  if (!isRecord(value)) return [];
  if (Array.isArray(value.messages)) return value.messages.filter(isRecord);
  const choice: unknown = Array.isArray(value.choices) ? value.choices[0] : undefined;
  return isRecord(choice) && isRecord(choice.message) ? [choice.message] : [];
}

/** Undefined for a text that is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
