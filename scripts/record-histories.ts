import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import packageJson from '../package.json' with { type: 'json' };
import { UserError } from '../src/lib/errors.ts';
import { runMain } from '../src/lib/run-main.ts';
import { secretsIn, toFile } from './histories/clean.ts';
import type { Histories, Recorded } from './histories/executions.ts';
import { STEPS } from './histories/shapes.ts';
import { buildWorld, type World } from './histories/world.ts';

/**
 * Records a history of every workflow shape on a real server, for the replay tests: test/replay/histories/<version>/.
 * Those of a released version are what is in flight somewhere, so they are never recorded again.
 */
/** Of these functions of shapes.ts alone, next to the others that are there: `npm run histories -- withOwners`. */
const only = process.argv.slice(2);
const root = fileURLToPath(new URL('../', import.meta.url));
const { version } = packageJson;
const folder = join(root, 'test/replay/histories', version);

await runMain(async () => {
  await refuseReleased();
  const steps = STEPS.map((step) => step.filter(({ name }) => only.length === 0 || only.includes(name)));
  const known = steps.flat().map(({ name }) => name);
  const unknown = only.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw UserError.input('invalid_options', `There is no shape ${unknown.join(', ')}`);
  await using world = await buildWorld();
  const recorded: Histories[] = [];
  for (const step of steps) recorded.push(...(await Promise.all(step.map((shape) => shape(world)))));
  const files = await Promise.all(recorded.flatMap((histories) => Object.entries(histories)).map(read(world)));
  // Nothing is taken away before everything is there.
  if (only.length === 0) await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const { name, text } of files) await writeFile(join(folder, `${name}.json`), text);
  console.log(`${files.length} histories in ${folder}`);
});

function read(world: World) {
  return async ([name, { workflowId, runId, has }]: [string, Recorded]) => {
    const text = toFile(await world.client.workflow.getHandle(workflowId, runId).fetchHistory());
    const lacks = has.filter((word) => !text.includes(word));
    if (lacks.length > 0) throw new Error(`${name} (${workflowId}) is not what it says: it has no ${lacks.join(', ')}`);
    const secrets = secretsIn(text);
    if (secrets.length > 0) throw new Error(`${name} (${workflowId}) holds ${secrets.join(', ')}`);
    return { name, text };
  };
}

async function refuseReleased(): Promise<void> {
  const changes = await readFile(join(root, 'CHANGELOG.md'), 'utf8');
  if (!changes.includes(`## [${version}]`)) return;
  throw UserError.input('invalid_options', `The histories of version ${version} are released, and are never changed`, {
    hint: 'Raise the version in package.json first: the histories of the next one are added next to them.',
  });
}
