import type { EsteiraClient } from '@esteira/sdk';

export type RoomName = keyof EsteiraClient;
export type VerbOf<Room extends RoomName> = keyof EsteiraClient[Room] & string;

type Operation<Room extends RoomName, Verb extends VerbOf<Room>> = EsteiraClient[Room][Verb] extends (
  input: infer Input,
  ...rest: never[]
) => Promise<infer Output>
  ? { readonly input: Input; readonly output: Output }
  : EsteiraClient[Room][Verb] extends (input?: infer Input, ...rest: never[]) => Promise<infer Output>
    ? { readonly input: Input | undefined; readonly output: Output }
    : never;

/** What an operation is asked with: `{ params, query, body }`. */
export type Question<Room extends RoomName, Verb extends VerbOf<Room>> = Operation<Room, Verb>['input'];

/** What an operation answers: `Answer<'tracking', 'getRun'>`. */
export type Answer<Room extends RoomName, Verb extends VerbOf<Room>> = Operation<Room, Verb>['output'];

/** One entry of the page of a list: `ListItem<'tracking', 'searchRuns'>`. */
export type ListItem<Room extends RoomName, Verb extends VerbOf<Room>> =
  Answer<Room, Verb> extends { readonly items: readonly (infer Item)[] } ? Item : never;

/** Calls an operation by name; the names are checked where they are written. */
export function callOperation<Room extends RoomName, Verb extends VerbOf<Room>>(
  client: EsteiraClient,
  room: Room,
  verb: Verb,
  input: Question<Room, Verb>,
  signal?: AbortSignal,
): Promise<Answer<Room, Verb>> {
  const operation = client[room][verb] as unknown as (
    input: Question<Room, Verb>,
    options: { signal?: AbortSignal },
  ) => Promise<Answer<Room, Verb>>;
  return operation(input, signal ? { signal } : {});
}
