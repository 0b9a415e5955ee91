import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { createServer, type TlsOptions } from 'node:tls';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { startApp } from '../support/app.ts';
import { type Certificate, certificates } from '../support/certificates.ts';
import { runProgram, startWorkerProcess } from '../support/program.ts';
import { rider, temporaryFolder } from '../support/store.ts';

/** The name in the server's certificate; the tests reach it as 127.0.0.1. */
const SERVER_NAME = 'temporal.test';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let authority: Awaited<ReturnType<typeof certificates>>;
let client: Certificate;
let cluster: Awaited<ReturnType<typeof terminateTls>>;

/** A cluster that takes TLS only, and only of clients with a certificate: a proxy in front of the dev server. */
beforeAll(async () => {
  folder = await temporaryFolder();
  authority = await certificates(folder.path);
  const server = await authority.issue('server', SERVER_NAME);
  client = await authority.issue('client');
  cluster = await terminateTls({ ...server, ca: authority.ca, requestCert: true, rejectUnauthorized: true });
});
afterAll(async () => {
  cluster.close();
  await folder[Symbol.asyncDispose]();
});

async function terminateTls(options: TlsOptions) {
  const [host = '', port = ''] = inject('temporalAddress').split(':');
  const open = new Set<{ destroy: () => void }>();
  const clients: string[] = [];
  const server = createServer({ ...options, ALPNProtocols: ['h2'] }, (socket) => {
    clients.push(socket.getPeerCertificate().subject.CN?.toString() ?? '');
    const upstream = connect(Number(port), host);
    for (const end of [socket, upstream])
      open.add(end.on('error', () => [socket, upstream].forEach((one) => one.destroy())));
    socket.pipe(upstream).pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    clients,
    close: () => {
      server.close();
      for (const end of open) end.destroy();
    },
  };
}

function settings(): Record<string, string> {
  return {
    TEMPORAL_ADDRESS: cluster.address,
    TEMPORAL_TLS_SERVER_CA_CERT_PATH: authority.caFile,
    TEMPORAL_TLS_SERVER_NAME: SERVER_NAME,
    TEMPORAL_TLS_CLIENT_CERT_PATH: client.certFile,
    TEMPORAL_TLS_CLIENT_KEY_PATH: client.keyFile,
  };
}

describe('a cluster that wants TLS and a certificate of each client', () => {
  test('is used by worker and commands, by the settings of Temporal alone', async () => {
    await using app = await startApp({ withoutWorker: true });
    const id = randomUUID();
    await app.store.notifications.add([rider(id, randomUUID())]);
    await using _ = await startWorkerProcess(app, [], settings());
    // In a process of its own, which has to end by itself after it has talked to the server.
    const { code, stdout, stderr } = await runProgram(['src/cli/main.ts', 'run', '--notification', id], {
      folder: app.folder,
      variables: { ...settings(), DATABASE_URL: app.databaseUrl, SLACK_REPORTS_TASK_QUEUE: app.taskQueue },
    });
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('1 delivered');
    expect(new Set(cluster.clients)).toEqual(new Set(['client']));
    expect(cluster.clients.length, 'worker and command').toBeGreaterThan(1);
  });

  test.concurrent.each([
    ['without a certificate', ['TEMPORAL_TLS_CLIENT_CERT_PATH', 'TEMPORAL_TLS_CLIENT_KEY_PATH']],
    ['with an authority that it does not know', ['TEMPORAL_TLS_SERVER_CA_CERT_PATH']],
    ['by another name than that of its certificate', ['TEMPORAL_TLS_SERVER_NAME']],
  ])('is not reached %s', async (_, missing) => {
    const variables = Object.fromEntries(Object.entries(settings()).filter(([name]) => !missing.includes(name)));
    const { code, stderr } = await runProgram(['src/cli/main.ts', 'schedule', 'list'], {
      folder: folder.path,
      variables,
    });
    expect(code).toBe(1);
    expect(stderr).toContain(`error: No Temporal server answers at ${cluster.address}`);
    expect(stderr).toContain('check TEMPORAL_TLS_*');
  });
});
