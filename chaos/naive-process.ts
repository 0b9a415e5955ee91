import { sendAndForget, type Post } from './naive.ts';

/**
 * A sender without a ledger, as a process that can be killed: `node naive-process.ts <Slack API URL> <posts as JSON>`.
 * Tells its parent of each post.
 */
const [slackApiUrl = '', posts = '[]'] = process.argv.slice(2);
await sendAndForget(slackApiUrl, JSON.parse(posts) as Post[], (row) => process.send?.(row));
process.disconnect?.();
