import type { AnswerField } from '../http2/hpack-encoder.ts';
import { acceptedEncodings } from './grpc-frames.ts';
import { encodeMessage } from './grpc-status.ts';

export const contentType = 'application/grpc';
const statusOk: AnswerField = { name: ':status', value: '200' };
const ofGrpc: AnswerField = { name: 'content-type', value: contentType, kept: true };

/** The head of an answer with messages. */
export const answerHead: readonly AnswerField[] = [
  statusOk,
  ofGrpc,
  { name: 'grpc-accept-encoding', value: acceptedEncodings, kept: true },
];

/** What follows the messages of a call that went well. */
export const successTrailers: readonly AnswerField[] = [{ name: 'grpc-status', value: '0', kept: true }];

/** What follows the messages of a call that went wrong. */
export function failureTrailers(code: number, message: string): readonly AnswerField[] {
  return [
    { name: 'grpc-status', value: String(code) },
    { name: 'grpc-message', value: encodeMessage(message) },
  ];
}

/** The answer to a call that went wrong before there was any. */
export function failureHead(trailers: readonly AnswerField[]): readonly AnswerField[] {
  return [statusOk, ofGrpc, ...trailers];
}
