import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection, defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import { dataConverterOf } from '../codec/data-converter.ts';
import type { Config } from '../config.ts';
import { messageOf, UserError } from '../lib/errors.ts';
import { ordinaryTrouble } from '../lib/ordinary-trouble.ts';

/** How long a server may take to answer, in milliseconds. */
const CONNECT_TIMEOUT_MS = 5_000;

/**
 * A Temporal client on the configured namespace, with our data converter. A server may take 5 seconds to answer; `await using`
 * closes the connection.
 * Throws a UserError `no_temporal_server` that names the address.
 * @example await using client = await connectClient(loadConfig());
 */
export async function connectClient({ temporal }: Config): Promise<Client & AsyncDisposable> {
  const retries = endableRetries();
  try {
    const connection = await Connection.connect({
      ...temporal.connection,
      connectTimeout: CONNECT_TIMEOUT_MS,
      interceptors: [retries.interceptor],
    });
    const dataConverter = dataConverterOf(temporal.codecKeys);
    const client = new Client({ connection, namespace: temporal.namespace, dataConverter });
    const close = async () => {
      await retries.end();
      await connection.close();
    };
    return Object.assign(client, { [Symbol.asyncDispose]: close });
  } catch (error) {
    throw refusal(error) ?? unreachable(temporal.connection, error);
  }
}

/**
 * The SDK's own retries of calls that the server did not answer. One that comes due on a closed connection throws in a timer,
 * which ends the process (grpc-retry.ts of 1.24): so they are ended before, which takes at most 6 s.
 */
function endableRetries() {
  const { retryableDecider, delayFunction } = defaultGrpcRetryOptions();
  const state = { ended: false, nextAt: 0 };
  const interceptor = makeGrpcRetryInterceptor({
    retryableDecider: (attempt, status) => !state.ended && retryableDecider(attempt, status),
    delayFunction(attempt, status) {
      const ms = delayFunction(attempt, status);
      state.nextAt = Math.max(state.nextAt, Date.now() + ms);
      return ms;
    },
  });
  return {
    interceptor,
    async end(): Promise<void> {
      state.ended = true;
      // A timer may be a millisecond late.
      if (state.nextAt >= Date.now()) await sleep(state.nextAt - Date.now() + 5);
    },
  };
}

/** The connection of a worker. Throws as `connectClient` does. */
export async function connectWorker({ temporal }: Config): Promise<NativeConnection> {
  // A process without a worker does without the native library.
  const worker = await import('@temporalio/worker');
  try {
    const connection = await worker.NativeConnection.connect(temporal.connection);
    try {
      // The worker itself finds out only once it polls, and then cannot say what it is.
      await connection.workflowService.describeNamespace({ namespace: temporal.namespace });
    } catch (error) {
      await connection.close();
      throw error;
    }
    return connection;
  } catch (error) {
    throw refusal(error) ?? unreachable(temporal.connection, error);
  }
}

/** A server that answers, and says no. */
function refusal(error: unknown): UserError | undefined {
  const trouble = ordinaryTrouble(error);
  return trouble?.code === 'no_temporal_server' || trouble?.code === 'no_answer' ? undefined : trouble;
}

function unreachable({ address, tls, apiKey }: Config['temporal']['connection'], cause: unknown): UserError {
  const isSecured = Boolean(tls) || apiKey !== undefined;
  return UserError.failure('no_temporal_server', `No Temporal server answers at ${address} (${messageOf(cause)})`, {
    hint: isSecured
      ? 'The connection uses TLS: check TEMPORAL_TLS_* and TEMPORAL_API_KEY, and TEMPORAL_ADDRESS.'
      : 'Start one with `temporal server start-dev`, start everything with `npm start`, or set TEMPORAL_ADDRESS.',
    cause,
  });
}
