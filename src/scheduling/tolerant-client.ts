import { type Client, ScheduleClient, type ScheduleDescription, ScheduleNotFoundError } from '@temporalio/client';
import type { LoadedDataConverter, Payload, PayloadCodec } from '@temporalio/common';

/**
 * Reads all schedules of a namespace, including those of other programs. Payloads that our keys cannot decode are read as
 * null, so a foreign schedule doesn't break the list.
 */
export function tolerantScheduleClient({ connection, options }: Client) {
  const { namespace, loadedDataConverter } = options;
  const schedule = new ScheduleClient({
    connection,
    namespace,
    dataConverter: { payloadCodecs: [readableOrNull(loadedDataConverter)] },
  });
  return {
    /** Eventually consistent. */
    list: () => schedule.list(),
    find: (id: string) => findSchedule(schedule, id),
  };
}

export async function findSchedule(schedule: ScheduleClient, id: string): Promise<ScheduleDescription | undefined> {
  try {
    return await schedule.getHandle(id).describe();
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}

const NULL: Payload = { metadata: { encoding: Buffer.from('binary/null') } };

function readableOrNull({ payloadCodecs, payloadConverter }: LoadedDataConverter): PayloadCodec {
  async function read(payload: Payload): Promise<Payload> {
    try {
      let payloads = [payload];
      for (const codec of payloadCodecs) payloads = await codec.decode(payloads);
      const [plain = NULL] = payloads;
      payloadConverter.fromPayload(plain);
      return plain;
    } catch {
      return NULL;
    }
  }
  return {
    encode: () => Promise.reject(new Error('This client only reads')),
    decode: (payloads) => Promise.all(payloads.map(read)),
  };
}
