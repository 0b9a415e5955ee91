import { messageOf, UserError } from './errors.ts';

/** Temporal, the sandbox and the metrics of this machine are never behind a proxy. */
const LOOPBACK = ['localhost', '127.0.0.1', '::1', '[::1]'];

const PROXIES = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'] as const;

/** True where calls go through a proxy, which then looks up the names itself. */
export function hasProxy(env: NodeJS.ProcessEnv): boolean {
  return PROXIES.some((name) => (env[name] ?? '') !== '');
}

/**
 * Lets all of this process's HTTP calls go through the proxy that HTTPS_PROXY or HTTP_PROXY names, but for the hosts of NO_PROXY and
 * this machine; child processes inherit that. For programs of ours only: in your own process, what `fetch` does is yours.
 * Throws a UserError `invalid_configuration` where Node cannot do it: a call that goes past the proxy would fail, or leak.
 * https://nodejs.org/api/http.html#httpsetglobalproxyfromenvproxyenv
 */
export function useProxyOf(env: NodeJS.ProcessEnv, setProxy?: SetProxy | null): void {
  const name = PROXIES.find((one) => (env[one] ?? '') !== '');
  if (name === undefined) return;
  const given = env['no_proxy'] ?? env['NO_PROXY'] ?? '';
  const except = [...new Set([...given.split(/[\s,]+/).filter((host) => host !== ''), ...LOOPBACK])].join(',');
  env['NO_PROXY'] = except;
  env['no_proxy'] = except;
  const use = setProxy === undefined ? setGlobalProxy() : setProxy;
  if (use === null) {
    // Node read the variables itself when it started.
    if (env['NODE_USE_ENV_PROXY'] === '1') return;
    throw UserError.input('invalid_configuration', `${name} is set, but Node ${process.version} does not use it`, {
      hint: 'Update Node to 24.14, start with NODE_USE_ENV_PROXY=1 (from Node 22.21), or unset the variable.',
    });
  }
  try {
    use(env);
  } catch (error) {
    throw UserError.input('invalid_configuration', `${name} is not the address of a proxy: ${messageOf(error)}`, {
      hint: 'Write it as http://proxy.example.com:3128, with user:password@ in front of the host if it asks for them.',
      cause: error,
    });
  }
}

type SetProxy = (env: NodeJS.ProcessEnv) => unknown;

/** In Node from 24.14. Only asked for where it is needed: an import of `node:http` loads all of undici. */
function setGlobalProxy(): SetProxy | null {
  const http: { setGlobalProxyFromEnv?: SetProxy } = process.getBuiltinModule('node:http');
  return http.setGlobalProxyFromEnv ?? null;
}
