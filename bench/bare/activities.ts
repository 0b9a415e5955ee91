export type BareActivities = ReturnType<typeof bareActivities>;

export interface BareTarget {
  /** Base of the Web API, with a slash at the end. */
  apiUrl: string;
  token: string;
  channels: readonly string[];
}

/** One POST to Slack's own method, so that the sandbox is asked for the same as by the product. */
export function bareActivities({ apiUrl, token, channels }: BareTarget) {
  return {
    async post({ job }: { job: number }): Promise<void> {
      const response = await fetch(`${apiUrl}chat.postMessage`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json; charset=utf-8' },
        body: JSON.stringify({ channel: channels[job % channels.length], text: `Job ${job}` }),
      });
      const answer = (await response.json()) as { ok: boolean; error?: string };
      if (!answer.ok) throw new Error(answer.error ?? `status ${response.status}`);
    },
  };
}
