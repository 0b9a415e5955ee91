import type { StoreKind } from '../store.ts';

declare module 'vitest' {
  /** What a project's setup gives its tests by `inject`; undefined in a project without that setup. */
  export interface ProvidedContext {
    /** The kinds of store that the tests of a store run over, in this project. */
    storeKinds: readonly StoreKind[];
    temporalAddress: string;
    temporalCli: string;
    /** Where processes wait for commands of `slack-reports`. */
    commandLine: string;
    /** The file of the workflow bundle; the bundle for encrypted payloads is next to it. */
    workflowBundle: string;
    /** Undefined also if the machine has no Postgres. */
    postgresUrl: string | undefined;
  }
}
