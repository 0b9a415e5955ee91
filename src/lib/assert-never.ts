/** The end of a switch that handles every kind: a new kind does not compile until it is handled. */
export function assertNever(value: never): never {
  throw new Error(`Bug: nothing handles ${JSON.stringify(value)}`);
}
