import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface Certificate {
  cert: string;
  key: string;
  certFile: string;
  keyFile: string;
}

/** Certificates by openssl, in `folder`: `issue` makes those of a server or a client, signed by one authority. */
export async function certificates(folder: string) {
  const at = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => promisify(execFile)('openssl', args, { cwd: folder });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout'];
  await openssl('req', '-x509', ...newKey, 'ca.key', '-out', 'ca.crt', '-subj', '/CN=Test authority', '-days', '2');

  return {
    caFile: at('ca.crt'),
    ca: await readFile(at('ca.crt'), 'utf8'),
    async issue(name: string, host = name): Promise<Certificate> {
      const request = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${host}`];
      await openssl('req', ...newKey, `${name}.key`, '-out', `${name}.csr`, ...request);
      const signed = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-copy_extensions', 'copy', '-days', '2'];
      await openssl('x509', '-req', '-in', `${name}.csr`, ...signed, '-out', `${name}.crt`);
      const [certFile, keyFile] = [at(`${name}.crt`), at(`${name}.key`)];
      const [cert, key] = await Promise.all([readFile(certFile, 'utf8'), readFile(keyFile, 'utf8')]);
      return { cert, key, certFile, keyFile };
    },
  };
}
