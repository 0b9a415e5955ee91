import type { MiddlewareHandler } from 'hono';
import { isLoopbackHost } from '../../lib/addresses.ts';

/** A page that points its own name at 127.0.0.1 (DNS rebinding) fails by its Host. */
export const onlyLoopbackHosts: MiddlewareHandler = async (context, next) => {
  const hostname = URL.parse(`http://${context.req.header('host') ?? ''}`)?.hostname ?? '';
  if (!isLoopbackHost(hostname)) return context.text('It answers to a loopback Host only, such as localhost', 403);
  return next();
};
