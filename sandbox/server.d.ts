import { Sandbox, type SandboxParts } from './sandbox.ts';
export interface SandboxOptions extends SandboxParts {
  /** 0 picks a free port. */
  port: number;
  /** A loopback address; 127.0.0.1 when absent. */
  host?: string;
}
export interface RunningSandbox extends AsyncDisposable {
  /** For example `http://127.0.0.1:4747`, without a slash at the end. */
  url: string;
  /** The base URL for a Slack client: `slackApiUrl` of `@slack/web-api`. */
  slackApiUrl: string;
  /** The token of the seeded workspace. */
  token: string;
  /** The parts behind the HTTP server, for tests in the same process. */
  sandbox: Sandbox;
  /** Ends every open connection, hanging ones too, and closes the data file. */
  close(): Promise<void>;
}
/** A Slack on this machine. Rejects when the port is taken or the data file cannot be used. */
export declare function startSandbox({ port, host, ...parts }: SandboxOptions): Promise<RunningSandbox>;
