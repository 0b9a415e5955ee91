/** Starts the sandbox from code, for tests. The command `slack-sandbox` starts it for people. */
export { startSandbox, type RunningSandbox, type SandboxOptions } from './server.ts';
export type { Sandbox } from './sandbox.ts';
export type { Fault, FaultAction, FaultSpec } from './state/faults.ts';
export type { Limits, LimitsPatch, Rate } from './state/limits.ts';
export type { OracleReport } from './state/oracle.ts';
export { DEFAULT_SCOPES, DEFAULT_TOKEN } from './state/seed.ts';
export { deliveryIdOf, type Channel, type Message } from './state/types.ts';
