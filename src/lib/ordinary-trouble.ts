import { type ErrorCode, messageOf, UserError } from './errors.ts';

interface Trouble {
  code: ErrorCode;
  what: string;
  hint: string;
}

/**
 * What happens in any data centre, as an error that says what to do: a full disk, a closed database, a Temporal that is away or
 * refuses. Undefined for anything else, which is a bug of ours. Errors are told by the codes of their libraries, wherever they
 * stand in the chain of causes; what is known better where it enters is a `UserError` there.
 * @example ordinaryTrouble(Object.assign(new Error('write'), { code: 'ENOSPC' }))?.code // 'disk_full'
 */
export function ordinaryTrouble(error: unknown): UserError | undefined {
  if (error instanceof UserError) return error;
  for (const one of chainOf(error)) {
    const trouble = troubleOf(one);
    if (trouble === undefined) continue;
    const said = (messageOf(one) || messageOf(error)).replace(/\.$/, '');
    return UserError.failure(trouble.code, `${trouble.what}: ${said}`, { hint: trouble.hint, cause: error });
  }
  return undefined;
}

const CAUSES_MAX = 10;

/** With its causes, and those of an AggregateError, which has neither message nor cause of its own. */
function* chainOf(error: unknown, depth = 0): Generator<Error> {
  if (!(error instanceof Error) || depth > CAUSES_MAX) return;
  yield error;
  yield* chainOf(error.cause, depth + 1);
  if (error instanceof AggregateError) for (const one of error.errors) yield* chainOf(one, depth + 1);
}

function troubleOf(error: Error): Trouble | undefined {
  const { code, errcode, severity } = error as {
    code?: unknown;
    errcode?: unknown;
    severity?: unknown;
  };
  if (code === 'ERR_SQLITE_ERROR') return SQLITE.get(Number(errcode) & 0xff);
  if (error.name === 'GracefulShutdownPeriodExpiredError') return STUCK;
  if (typeof code === 'number' && 'metadata' in error) return grpcTrouble(code, error.message);
  if (error.name === 'NamespaceNotFoundError') return grpcTrouble(5, error.message);
  if (error.name === 'TransportError') return grpcTrouble(statusIn(error.message), error.message);
  if (typeof code !== 'string') return undefined;
  // Only the server's own errors have a severity: https://www.postgresql.org/docs/current/errcodes-appendix.html
  if (typeof severity === 'string') return POSTGRES.find(([start]) => code.startsWith(start))?.[1];
  return SYSTEM[code];
}

const FULL: Trouble = {
  code: 'disk_full',
  what: 'There is no room left on the disk',
  hint: 'Free some, then repeat the command. What was written before is whole.',
};
const STUCK: Trouble = {
  code: 'worker_ended',
  what: 'The worker ended with work that hung',
  hint: 'Temporal gives that work to another worker. See the log for what did not answer.',
};
const STORE: Trouble = {
  code: 'store_unavailable',
  what: 'The store cannot be used',
  hint: 'Check that its disk or server is there and may be written, then repeat the command.',
};
const DAMAGED: Trouble = {
  code: 'store_unavailable',
  what: 'The file of the store is damaged, or is no SQLite file',
  hint: 'Restore a backup: `slack-reports restore FILE`.',
};

/** https://www.sqlite.org/rescode.html */
const SQLITE: ReadonlyMap<number, Trouble> = new Map([
  [5, { ...STORE, what: 'The store is locked by another process' }],
  [6, { ...STORE, what: 'The store is locked by another process' }],
  [8, { ...STORE, what: 'The store cannot be written' }],
  [10, STORE],
  [11, DAMAGED],
  [13, FULL],
  [14, STORE],
  [26, DAMAGED],
]);

const POSTGRES: readonly [string, Trouble][] = [
  ['53100', FULL],
  ['08', STORE],
  ['25006', { ...STORE, what: 'The database is read only' }],
  ['28', { ...STORE, hint: 'Check user and password in DATABASE_URL.' }],
  ['3D', { ...STORE, hint: 'Check the name of the database in DATABASE_URL, or create it.' }],
  ['42501', { ...STORE, hint: 'Grant the user of DATABASE_URL what it needs on these tables.' }],
  ['53', STORE],
  ['57', STORE],
  ['58', STORE],
];

const NETWORK: Trouble = {
  code: 'no_answer',
  what: 'A server that is needed does not answer',
  hint: 'Check TEMPORAL_ADDRESS and DATABASE_URL: `slack-reports doctor` says which one it is.',
};
const DENIED: Trouble = {
  code: 'cannot_write',
  what: 'The system does not allow it',
  hint: 'Check the permissions of the file or folder, and the user that this runs as.',
};

const SYSTEM: Readonly<Record<string, Trouble>> = {
  ENOSPC: FULL,
  EDQUOT: FULL,
  EROFS: DENIED,
  EACCES: DENIED,
  EPERM: DENIED,
  EIO: STORE,
  EMFILE: { ...DENIED, what: 'Too many files are open', hint: 'Raise the limit: `ulimit -n 4096`.' },
  ENFILE: { ...DENIED, what: 'Too many files are open', hint: 'Raise the limit: `ulimit -n 4096`.' },
  ECONNREFUSED: NETWORK,
  ECONNRESET: NETWORK,
  EHOSTUNREACH: NETWORK,
  ENETUNREACH: NETWORK,
  ENOTFOUND: NETWORK,
  EAI_AGAIN: NETWORK,
  ETIMEDOUT: NETWORK,
  EPIPE: NETWORK,
};

/** https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
function grpcTrouble(status: number | undefined, details: string): Trouble | undefined {
  const away: Trouble = {
    code: 'no_temporal_server',
    what: 'Temporal did not answer',
    hint: 'Check that the server runs and TEMPORAL_ADDRESS is right. Runs go on by themselves once it is back.',
  };
  switch (status) {
    case 5:
      if (!/namespace/i.test(details)) return undefined;
      return {
        code: 'unknown_namespace',
        what: 'The namespace of TEMPORAL_NAMESPACE does not exist on this server',
        hint: 'Check TEMPORAL_NAMESPACE and TEMPORAL_ADDRESS, or create it: `temporal operator namespace create`.',
      };
    case 7:
    case 16:
      return {
        code: 'temporal_refused',
        what: 'Temporal refuses this client',
        hint: 'Check TEMPORAL_API_KEY, the certificate of TEMPORAL_TLS_*, and their rights on the namespace.',
      };
    case 8:
      return { ...away, what: 'Temporal limits its calls', hint: 'Repeat the command in a while.' };
    case 12:
      return {
        code: 'temporal_too_old',
        what: 'The Temporal server is too old for this version',
        hint: 'Update the server; docs/production.md says which version is tested.',
      };
    case undefined:
    case 1:
    case 4:
    case 14:
      return away;
    default:
      return undefined;
  }
}

/** The native client gives the status as a word of its message: "status: NotFound". */
function statusIn(message: string): number | undefined {
  const words = ['NotFound', 'PermissionDenied', 'Unauthenticated', 'ResourceExhausted', 'Unimplemented'];
  const codes = [5, 7, 16, 8, 12];
  const found = words.findIndex((word) => message.includes(word));
  return found < 0 ? undefined : codes[found];
}
