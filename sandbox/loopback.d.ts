import type { MiddlewareHandler } from 'hono';
/** Whether a host can only be this machine. `host` has no port; IPv6 is in brackets, as in a URL. */
export declare function isLoopback(host: string): boolean;
/**
 * Keeps pages of other sites out. The Host header stops a site that points its own name at 127.0.0.1 (DNS rebinding);
 * the Origin header stops a site that posts across origins.
 */
export declare const onlyThisMachine: MiddlewareHandler;
