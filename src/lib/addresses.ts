import { isIP } from 'node:net';

/** Where a server of ours listens. */
export interface ListenAddress {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
}

/** Reads `127.0.0.1:8088` or `[::1]:8088`. */
export function toListenAddress(text: string): ListenAddress {
  const colon = text.lastIndexOf(':');
  return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) };
}

export function isListenAddress(text: string): boolean {
  return /^[^:/]+:\d{1,5}$|^\[[^\]]+\]:\d{1,5}$/.test(text) && toListenAddress(text).port <= 65_535;
}

/** Secrets are only sent to such an address. */
export function isHttpsOrLoopback(text: string): boolean {
  const { protocol, hostname } = new URL(text);
  return protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(hostname));
}

/** A host that can only be this machine. IPv6 is in brackets, as in a URL. */
export function isLoopbackHost(hostname: string): boolean {
  if (hostname === 'localhost' || hostname === '[::1]') return true;
  return isIP(hostname) === 4 && hostname.startsWith('127.');
}
