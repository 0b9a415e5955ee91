import type { Client } from '@temporalio/client';
import { messageOf, UserError } from '../lib/errors.ts';
import { KEYS } from '../contract/search-attributes.ts';

/** `IndexedValueType` of Temporal's API: temporal/api/enums/v1/common.proto. */
const KEYWORD = 2;

const NAMES: readonly string[] = Object.values(KEYS).map(({ name }) => name);

/** Those of ours that the namespace does not know as keywords. Throws what the server says where it does not tell. */
export async function missingSearchAttributes(client: Client, namespace: string): Promise<string[]> {
  const { customAttributes } = await client.connection.operatorService.listSearchAttributes({ namespace });
  return NAMES.filter((name) => Number(customAttributes[name]) !== KEYWORD);
}

/**
 * Whether workflows may be started with all of ours: with one that the server does not know, the start of a workflow fails.
 * False also where the server does not tell, as where one may not ask.
 */
export async function areRegistered(client: Client, namespace: string): Promise<boolean> {
  try {
    return (await missingSearchAttributes(client, namespace)).length === 0;
  } catch {
    return false;
  }
}

/** For the log of a worker that starts: whether the Web UI finds deliveries by account, channel, report…, and if not, why. */
export async function remarkOnSearchAttributes(client: Client, namespace: string): Promise<string> {
  try {
    const missing = await missingSearchAttributes(client, namespace);
    if (missing.length === 0) return 'Deliveries carry search attributes';
    return `Deliveries carry no search attributes: ${missing.join(', ')} missing; \`slack-reports setup\` registers them`;
  } catch (error) {
    return `Deliveries carry no search attributes: the server does not say which there are (${messageOf(error)})`;
  }
}

/**
 * Registers those that are missing, and returns their names. Throws a UserError where the server will not: a namespace of
 * the dev server, or of any on SQL, has room for ten keywords.
 */
export async function registerSearchAttributes(client: Client, namespace: string): Promise<string[]> {
  try {
    const missing = await missingSearchAttributes(client, namespace);
    const searchAttributes = Object.fromEntries(missing.map((name) => [name, KEYWORD]));
    if (missing.length > 0)
      await client.connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
    return missing;
  } catch (error) {
    throw UserError.failure(
      'search_attributes_refused',
      `Namespace ${namespace} refuses the search attributes ${NAMES.join(', ')}: ${messageOf(error)}`,
      {
        hint: 'Everything but the queries in the Web UI works without them. On Temporal Cloud, add them as keywords in its console.',
        cause: error,
      },
    );
  }
}
