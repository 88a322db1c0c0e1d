/** Seven of eight uids by Fragment's own recipe are no RFC 9562 UUIDs, so the shape alone is asked for. */
const UID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** Of a list: the feed is woken in any case, and finds the others. */
const MAX_EVENTS = 100;

/**
 * The uids of the tasks that an event is about; none where it names no task. Fragment documents only a shape of 2023
 * (`{ type, data: { task: { id } } }`), so a task is taken from wherever one is commonly put, in one event or in a list.
 */
export function taskUidsOf(event: unknown): string[] {
  const events = Array.isArray(event) ? event.slice(0, MAX_EVENTS) : [event];
  const uids = events.flatMap((each) => taskUidOf(each) ?? []);
  return [...new Set(uids)];
}

function taskUidOf(event: unknown): string | undefined {
  const { data, task, uid, task_uid: taskUid, task_id: taskId } = object(event);
  const inner = object(data);
  const candidates = [
    object(inner.task).uid,
    object(inner.task).id,
    inner.task_uid,
    inner.task_id,
    object(task).uid,
    object(task).id,
    taskUid,
    taskId,
    inner.uid,
    uid,
  ];
  const found = candidates.find((candidate) => typeof candidate === 'string' && UID.test(candidate));
  return (found as string | undefined)?.toLowerCase();
}

const object = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
