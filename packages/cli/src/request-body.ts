/** The body that an operation of the client takes: what a YAML file given to a command holds. */
export type RequestBody<Operation> = Operation extends (input: infer Input, ...rest: never[]) => unknown
  ? Input extends { body?: infer Body }
    ? NonNullable<Body>
    : never
  : never;
