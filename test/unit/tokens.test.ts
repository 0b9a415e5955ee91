import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { isTokenReference, resolveToken } from '../../src/slack/tokens.ts';
import { temporaryFolder } from '../support/store.ts';

/** What somebody sees who looks at the error in every way there is. */
function everythingSaid(resolve: () => unknown): string {
  try {
    resolve();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return `${error.code} ${error.message} ${error.hint} ${error.stack}`;
  }
  throw new Error('nothing was thrown');
}

test('a token comes from the environment, without the space around it', () => {
  expect(resolveToken('env:MY_TOKEN', { MY_TOKEN: ' xoxb-1 \n' })).toBe('xoxb-1');
});

test('a token comes from a file, without the line end of the file', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'token');
  await writeFile(file, 'xoxb-2\n');
  await chmod(file, 0o400);
  expect(resolveToken(`file:${file}`, {})).toBe('xoxb-2');
});

test('a rotated token is used the next time', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'token');
  for (const token of ['xoxb-old', 'xoxb-new']) {
    await writeFile(file, token);
    expect(resolveToken(`file:${file}`, {})).toBe(token);
  }
});

test('the sandbox has a token that opens nothing else', () => {
  expect(resolveToken('sandbox', {})).toBe('xoxb-sandbox');
});

describe('a token that is not there is named by its place', () => {
  test.each([
    ['unset', {}],
    ['empty', { MY_TOKEN: '' }],
    ['blank', { MY_TOKEN: ' \n' }],
  ])('%s in the environment', (_, env) => {
    const said = everythingSaid(() => resolveToken('env:MY_TOKEN', env));
    expect(said).toContain('token_missing The environment variable MY_TOKEN holds no Slack token');
  });

  test('a file that is not there, or empty', async () => {
    await using folder = await temporaryFolder();
    const absent = join(folder.path, 'absent');
    expect(everythingSaid(() => resolveToken(`file:${absent}`, {}))).toContain(
      `token_missing Cannot read the Slack token file ${absent}`,
    );
    const empty = join(folder.path, 'empty');
    await writeFile(empty, '\n');
    expect(everythingSaid(() => resolveToken(`file:${empty}`, {}))).toContain(`${empty} is empty`);
  });

  test.each(['', 'MY_TOKEN', 'env:', 'file:', 'vault:secret/slack'])(
    'the reference "%s" is of no known kind',
    (ref) => {
      expect(everythingSaid(() => resolveToken(ref, {}))).toContain('invalid_token_reference');
      expect(isTokenReference(ref)).toBe(false);
    },
  );
});

test('a token in the place of its reference is refused, and never told', () => {
  for (const token of ['xoxb-1234-secret', 'xoxp-1234-secret', 'xapp-1-secret', 'XOXB-1234-SECRET']) {
    expect(everythingSaid(() => resolveToken(token, {})).toLowerCase()).not.toContain('secret');
    expect(isTokenReference(token)).toBe(false);
    expect(isTokenReference(`env:${token}`), 'as the name of a variable').toBe(false);
  }
});

test.each(['env:SLACK_BOT_TOKEN', 'file:/run/secrets/slack', 'sandbox'])('%s is a reference', (ref) => {
  expect(isTokenReference(ref)).toBe(true);
});
