/**
 * What workflows and activities are registered as. The prefix keeps them apart from those of an application that has these
 * workflows in its own worker.
 */
export const WORKFLOWS = {
  dispatch: 'slackReportsDispatch',
  partition: 'slackReportsPartition',
  deliver: 'slackReportsDeliver',
} as const;

/** Begins every name of our workflows and activities. */
export const PREFIX = 'slackReports';

/** `postMessage` → `slackReportsPostMessage` */
export type Prefixed<Functions> = {
  [Name in keyof Functions & string as `${typeof PREFIX}${Capitalize<Name>}`]: Functions[Name];
};

/** Registers functions under their names with the prefix. */
export function withPrefix<Functions extends object>(functions: Functions): Prefixed<Functions> {
  const named = Object.entries(functions).map(([name, value]) => [
    `${PREFIX}${name.charAt(0).toUpperCase()}${name.slice(1)}`,
    value as unknown,
  ]);
  return Object.fromEntries(named) as Prefixed<Functions>;
}
