import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../src/lib/errors.ts';
import { isTokenReference, ownResolver, tokenHash, tokensFrom } from '../../../src/slack/tokens.ts';
import { temporaryFolder } from '../../support/store.ts';
import { until } from '../../support/until.ts';

const resolveToken = (ref: string, env: NodeJS.ProcessEnv) => tokensFrom({ env }).fetch(ref);

/** Everything that the error shows, looked at in every way there is. */
async function everythingSaid(resolve: () => Promise<unknown>): Promise<string> {
  try {
    await resolve();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return `${error.code} ${error.message} ${error.hint} ${error.stack}`;
  }
  throw new Error('nothing was thrown');
}

test('a token comes from the environment, without the space around it', async () => {
  expect(await resolveToken('env:MY_TOKEN', { MY_TOKEN: ' xoxb-1 \n' })).toBe('xoxb-1');
});

test('a token comes from a file, without the line end of the file', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'token');
  await writeFile(file, 'xoxb-2\n');
  await chmod(file, 0o400);
  expect(await resolveToken(`file:${file}`, {})).toBe('xoxb-2');
});

test('a rotated token is used the next time', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'token');
  for (const token of ['xoxb-old', 'xoxb-new']) {
    await writeFile(file, token);
    expect(await resolveToken(`file:${file}`, {})).toBe(token);
  }
});

test('a token file that is empty for a moment, while it is written, is read again', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'token');
  await writeFile(file, '');
  const read = resolveToken(`file:${file}`, {});
  await writeFile(file, 'xoxb-written');
  expect(await read).toBe('xoxb-written');
});

test('a token is told from the next by a hash that is another one in each workspace', () => {
  const hashes = [tokenHash('alpha', 'xoxb-1'), tokenHash('alpha', 'xoxb-2'), tokenHash('beta', 'xoxb-1')];
  expect(new Set(hashes).size).toBe(3);
  expect(hashes[0]).toMatch(/^[0-9a-f]{16}$/);
  expect(tokenHash('alpha', 'xoxb-1')).toBe(hashes[0]);
});

test('the sandbox has a token that opens nothing else', async () => {
  expect(await resolveToken('sandbox', {})).toBe('xoxb-sandbox');
});

test.each(['xoxb-1 secret', 'xoxb-1\nsecret', 'xoxb-1-\u200bsecret', '“xoxb-1-secret”'])(
  'what no header may hold is no token: %j',
  async (MY_TOKEN) => {
    const said = await everythingSaid(() => resolveToken('env:MY_TOKEN', { MY_TOKEN }));
    expect(said).toContain('malformed_token env:MY_TOKEN holds a character that no token has');
    expect(said).not.toContain('secret');
  },
);

describe('a token that is not there is named by its place', () => {
  test.each([
    ['unset', {}],
    ['empty', { MY_TOKEN: '' }],
    ['blank', { MY_TOKEN: ' \n' }],
  ])('%s in the environment', async (_, env) => {
    const said = await everythingSaid(() => resolveToken('env:MY_TOKEN', env));
    expect(said).toContain('token_missing The environment variable MY_TOKEN holds no token');
  });

  test('a file that is not there, or empty', async () => {
    await using folder = await temporaryFolder();
    const absent = join(folder.path, 'absent');
    expect(await everythingSaid(() => resolveToken(`file:${absent}`, {}))).toContain(
      `token_missing Cannot read the token file ${absent}`,
    );
    const empty = join(folder.path, 'empty');
    await writeFile(empty, '\n');
    expect(await everythingSaid(() => resolveToken(`file:${empty}`, {}))).toContain(`${empty} is empty`);
  });

  test.each(['', 'MY_TOKEN', 'env:', 'file:', 'vault:', 'vault:a b'])(
    'the reference "%s" is of no known kind',
    async (ref) => {
      expect(await everythingSaid(() => resolveToken(ref, {}))).toContain('invalid_token_reference');
      expect(isTokenReference(ref)).toBe(false);
    },
  );
});

test('a token in the place of its reference is refused, and never told', async () => {
  for (const token of ['xoxb-1234-secret', 'xoxp-1234-secret', 'xapp-1-secret', 'XOXB-1234-SECRET']) {
    expect((await everythingSaid(() => resolveToken(token, {}))).toLowerCase()).not.toContain('secret');
    expect(isTokenReference(token)).toBe(false);
    expect(isTokenReference(`env:${token}`), 'as the name of a variable').toBe(false);
    expect(isTokenReference(`vault:${token}`), 'as the place in a vault').toBe(false);
  }
});

test.each(['env:SLACK_BOT_TOKEN', 'file:/run/secrets/slack', 'vault:slack/beta', 'sandbox'])(
  '%s is a reference',
  (ref) => {
    expect(isTokenReference(ref)).toBe(true);
  },
);

async function resolver(source: string) {
  const folder = await temporaryFolder();
  const file = join(folder.path, 'resolver.ts');
  await writeFile(file, source);
  return { file, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

describe("the user's own resolver", () => {
  const SECRET = 'hvs.secret-of-the-vault';

  test('knows the references that no kind of ours is', async () => {
    await using own = await resolver(
      `export async function resolveToken(ref: string): Promise<string> { return 'xoxb-of-' + ref + '\\n'; }`,
    );
    const tokens = tokensFrom({ env: { A: 'xoxb-env' }, resolverFile: own.file });
    await tokens.ready();
    expect(await tokens.fetch('vault:slack/beta')).toBe('xoxb-of-vault:slack/beta');
    expect(await tokens.fetch('env:A')).toBe('xoxb-env');
  });

  test('is asked once for all who want the same token, and again after a while', async () => {
    await using own = await resolver(
      `let n = 0;
       export async function resolveToken(ref: string) { await new Promise((go) => setTimeout(go, 20)); return ref + ++n; }`,
    );
    const own100 = ownResolver(own.file, 100);
    const resolve = (ref: string) => own100.resolve(ref);
    const asked = await Promise.all([resolve('vault:a'), resolve('vault:a'), resolve('vault:b')]);
    expect(asked).toEqual(['vault:a1', 'vault:a1', 'vault:b2']);
    await until('the vault to be asked again', async () => (await resolve('vault:a')) !== 'vault:a1');
  });

  test('is asked again at once, and once for all, when Slack refuses the token that is kept', async () => {
    await using own = await resolver(
      `let n = 0;
       export async function resolveToken() { await new Promise((go) => setTimeout(go, 20)); return 'xoxb-' + ++n; }`,
    );
    const tokens = tokensFrom({ env: {}, resolverFile: own.file });
    expect(await tokens.fetch('vault:a')).toBe('xoxb-1');
    const refused = await Promise.all(Array.from({ length: 20 }, () => tokens.fetch('vault:a', 'xoxb-1')));
    expect(new Set(refused)).toEqual(new Set(['xoxb-2']));
    // A refusal that comes late says nothing about the token of now.
    expect(await tokens.fetch('vault:a', 'xoxb-1')).toBe('xoxb-2');
    expect(await tokens.fetch('vault:a')).toBe('xoxb-2');
  });

  test('that fails is asked again the next time, and nothing that it says is told', async () => {
    await using own = await resolver(
      `let n = 0;
       export async function resolveToken() {
         if (n++ === 0) throw Object.assign(new Error('403 for ${SECRET}'), { code: 'ECONNREFUSED', token: '${SECRET}' });
         return 'xoxb-later';
       }`,
    );
    const tokens = tokensFrom({ env: {}, resolverFile: own.file });
    const said = await everythingSaid(() => tokens.fetch('vault:slack/beta'));
    expect(said).toContain('token_unavailable The token resolver failed for vault:slack/beta (Error, ECONNREFUSED)');
    expect(said).not.toContain(SECRET);
    expect(await tokens.fetch('vault:slack/beta')).toBe('xoxb-later');
  });

  test.each(['undefined', "' '", '42'])('that gives %s knows no token', async (answer) => {
    await using own = await resolver(`export const resolveToken = async () => ${answer};`);
    const tokens = tokensFrom({ env: {}, resolverFile: own.file });
    expect(await everythingSaid(() => tokens.fetch('vault:x'))).toContain(
      'token_missing The token resolver knows no token for vault:x',
    );
  });

  test.each([
    ['a file that is not there', undefined, 'broken_token_resolver The token resolver'],
    ['a file with a mistake', 'export const = 1', 'cannot be loaded'],
    ['a file without the function', 'export const other = 1;', 'exports no function resolveToken'],
  ])('is refused at start: %s', async (_, source, message) => {
    await using own = await resolver(source ?? '');
    const resolverFile = source === undefined ? `${own.file}.absent` : own.file;
    expect(await everythingSaid(() => tokensFrom({ env: {}, resolverFile }).ready())).toContain(message);
  });

  test('is what such a reference lacks where none is set', async () => {
    const said = await everythingSaid(() => resolveToken('vault:slack/beta', {}));
    expect(said).toContain('no_token_resolver');
    expect(said).toContain('SLACK_REPORTS_TOKEN_RESOLVER');
  });
});
