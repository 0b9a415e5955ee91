import { existsSync } from 'node:fs';

/** Puts the settings of `.env` into the environment; what is set already stays. */
export function loadEnvFile(file = '.env'): void {
  if (existsSync(file)) process.loadEnvFile(file);
}
