import type { MiddlewareHandler } from 'hono';

/** Whether a host can only be this machine. `host` has no port; IPv6 is in brackets, as in a URL. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}

/**
 * Keeps pages of other sites out. The Host header stops a site that points its own name at 127.0.0.1 (DNS rebinding);
 * the Origin header stops a site that posts across origins.
 */
export const onlyThisMachine: MiddlewareHandler = async (context, next) => {
  const host = context.req.header('host') ?? '';
  if (!isLoopback(hostnameOf(`http://${host}`))) {
    return context.text('The sandbox answers only to a loopback Host, such as 127.0.0.1 or localhost.', 403);
  }
  const origin = context.req.header('origin');
  const isWrite = context.req.method !== 'GET' && context.req.method !== 'HEAD';
  if (isWrite && origin !== undefined && origin !== `http://${host}`) {
    return context.text('The sandbox takes no writes from pages of another origin.', 403);
  }
  if (isCall(context.req.path) && isFromElsewhere(context.req.header('sec-fetch-site'), origin, host)) {
    return context.text('The sandbox takes no calls from pages of another origin.', 403);
  }
  return next();
};

/** A GET changes something there too: Slack's methods take their arguments from a query. */
function isCall(path: string): boolean {
  return /^\/(?:api|upload|_sandbox)\//.test(path);
}

/** A browser says so by itself, and no page can change what it says: https://www.w3.org/TR/fetch-metadata/ */
function isFromElsewhere(site: string | undefined, origin: string | undefined, host: string): boolean {
  if (origin !== undefined && origin !== `http://${host}`) return true;
  return site !== undefined && site !== 'same-origin' && site !== 'none';
}

function hostnameOf(url: string): string {
  return URL.parse(url)?.hostname ?? '';
}
