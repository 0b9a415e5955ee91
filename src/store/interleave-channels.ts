/** Where a message goes. */
export interface Destination {
  workspaceId: string;
  channel: string;
}

/** A message that wants a slot. */
export interface SlotRequest extends Destination {
  /** Not before this, in milliseconds since 1970. */
  from: number;
}

/** Messages with the same key are an interval apart. */
export function channelKey({ workspaceId, channel }: Destination): string {
  return `${workspaceId}/${channel}`;
}

/** The fractions of its multiples lie evenly between 0 and 1, however many there are. */
const GOLDEN_RATIO = 0.618_033_988_749_895;

/**
 * In the order of their times; those of the same time so that each channel's messages are spread evenly over all of them:
 * a channel with many takes longest, and must not begin last, nor wait while all others have their turn.
 */
export function interleaveChannels(requests: readonly SlotRequest[]): { index: number; request: SlotRequest }[] {
  const indexed = requests.map((request, index) => ({ index, request }));
  const channels = [...Map.groupBy(indexed, ({ request }) => channelKey(request)).values()];
  const places = requests.map(() => 0);
  for (const [nthChannel, messages] of channels.toSorted((a, b) => b.length - a.length).entries()) {
    const first = (nthChannel * GOLDEN_RATIO) % 1;
    for (const [nth, { index }] of messages.entries()) places[index] = (nth + first) / messages.length;
  }
  const placeOf = ({ index }: { index: number }): number => places[index] ?? 0;
  return indexed.toSorted((a, b) => a.request.from - b.request.from || placeOf(a) - placeOf(b));
}
