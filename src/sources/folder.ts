import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { messageOf, UserError } from '../lib/errors.ts';
import type { Sources } from '../reports/sources/types.ts';
import { ourOwnFunctions } from '../reports/folder.ts';
import { defineSource, type Source } from './define.ts';
import { sqlSource } from './sql-source.ts';

/** Where sources are looked for unless SLACK_REPORTS_SOURCES_DIR or `--sources` says otherwise. */
export const OWN_SOURCES = 'my-sources';

/**
 * The sources that the `.ts`, `.js` and `.sql` files of a folder define; tests and subfolders are passed over. Without a folder:
 * those of `my-sources`, where there is one.
 * @throws UserError `no_source_folder`, `broken_source`, `duplicate_source`, which name the file.
 */
export async function loadSources(folder: string | undefined, database: Sources['database']): Promise<Source[]> {
  if (folder === undefined && !existsSync(OWN_SOURCES)) return [];
  const path = folder ?? OWN_SOURCES;
  const byName = new Map<string, { source: Source; file: string }>();
  for (const name of filesIn(path)) {
    const file = join(path, name);
    for (const source of await sourcesIn(file, database)) {
      const other = byName.get(source.name);
      if (other !== undefined) {
        throw UserError.input('duplicate_source', `${file}: a source "${source.name}" exists already`, {
          hint: `The other one is in ${other.file}. Give one of them another name.`,
        });
      }
      byName.set(source.name, { source, file });
    }
  }
  return Array.from(byName.values(), ({ source }) => source);
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => entry.name)
      .filter((name) => /\.(?:m?[tj]s|sql)$/.test(name) && !/\.(?:test|d)\.m?[tj]s$/.test(name))
      .toSorted();
  } catch (error) {
    throw UserError.input('no_source_folder', `Cannot read the sources in ${folder}: ${messageOf(error)}`, {
      hint: 'It is set by --sources or SLACK_REPORTS_SOURCES_DIR.',
    });
  }
}

async function sourcesIn(file: string, database: Sources['database']): Promise<Source[]> {
  if (file.endsWith('.sql')) {
    return [
      sqlSource(
        basename(file, '.sql').toLowerCase().replaceAll('_', '-'),
        file,
        await readFile(file, 'utf8'),
        database,
      ),
    ];
  }
  using _ = ourOwnFunctions();
  try {
    const exported = (await import(pathToFileURL(resolve(file)).href)) as Record<string, unknown>;
    return [...new Set(Object.values(exported).filter(isSource))].map((source) => defineSource(source));
  } catch (error) {
    throw UserError.input('broken_source', `${file} cannot be loaded: ${messageOf(error)}`, {
      hint: 'Fix the file, or move it out of the folder.',
      cause: error,
    });
  }
}

function isSource(value: unknown): value is Source {
  return (
    typeof value === 'object' && value !== null && 'name' in value && 'due' in value && typeof value.due === 'function'
  );
}
