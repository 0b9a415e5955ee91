import { existsSync } from 'node:fs';

/**
 * Puts the settings of a file, `.env` in the working folder by default, into the environment of the process. What is set already
 * stays, and a file that is not there is passed over.
 * @example loadEnvFile(); // before loadConfig() or slackReportsClient()
 */
export function loadEnvFile(file = '.env'): void {
  if (existsSync(file)) process.loadEnvFile(file);
}
