import { Client, Connection } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import { dataConverterOf } from './codec/data-converter.ts';
import type { Config } from './config.ts';
import { messageOf, UserError } from './errors.ts';

/** How long a server may take to answer, in milliseconds. */
const CONNECT_TIMEOUT_MS = 5_000;

/** A client on the configured namespace. Throws a UserError that names the address when no server answers. */
export async function connectClient({ temporal }: Config): Promise<Client & AsyncDisposable> {
  try {
    const connection = await Connection.connect({ ...temporal.connection, connectTimeout: CONNECT_TIMEOUT_MS });
    const dataConverter = dataConverterOf(temporal.codecKeys);
    const client = new Client({ connection, namespace: temporal.namespace, dataConverter });
    return Object.assign(client, { [Symbol.asyncDispose]: () => connection.close() });
  } catch (error) {
    throw unreachable(temporal.connection, error);
  }
}

/** The connection of a worker. Throws as `connectClient` does. */
export async function connectWorker({ temporal }: Config): Promise<NativeConnection> {
  // A process without a worker does without the native library.
  const worker = await import('@temporalio/worker');
  try {
    return await worker.NativeConnection.connect(temporal.connection);
  } catch (error) {
    throw unreachable(temporal.connection, error);
  }
}

function unreachable({ address, tls, apiKey }: Config['temporal']['connection'], cause: unknown): UserError {
  const isSecured = Boolean(tls) || apiKey !== undefined;
  return new UserError('no_temporal_server', `No Temporal server answers at ${address} (${messageOf(cause)})`, {
    hint: isSecured
      ? 'It is asked over TLS: check TEMPORAL_TLS_* and TEMPORAL_API_KEY, and TEMPORAL_ADDRESS.'
      : 'Start one with `temporal server start-dev`, start everything with `npm start`, or set TEMPORAL_ADDRESS.',
    exitCode: 1,
    cause,
  });
}
