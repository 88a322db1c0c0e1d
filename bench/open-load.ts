import { setTimeout as sleep } from 'node:timers/promises';
import type { Gateway } from '../fragment/gateway.js';
import type { Write } from '../fragment/pending-write.js';
import { taskUid } from '../fragment/uid.js';
import type { Sandbox } from '../sandbox/server.js';

export interface OpenLoad {
  perSecond: number;
  seconds: number;
  /** The share of the writes that create a task; the rest closes tasks that exist. */
  creates: number;
}

/** Writes come as they please (Poisson), however slowly they are acknowledged; answers how long each took, in ms. */
export async function openLoad({ gateway, sandbox }: { gateway: Gateway; sandbox: Sandbox }, load: OpenLoad) {
  const took: number[] = [];
  const pending: Promise<void>[] = [];
  const begin = performance.now();
  let due = begin;
  for (let n = 0; ; n += 1) {
    due += (-Math.log(1 - Math.random()) * 1000) / load.perSecond;
    if (due > begin + load.seconds * 1000) break;
    const early = due - performance.now();
    if (early > 0) await sleep(early);
    pending.push(acknowledged(due, write(n)));
  }
  await Promise.all(pending);
  return took;

  /** Counted from when the write was due, so that a late driver hides nothing. */
  async function acknowledged(since: number, intent: Write): Promise<void> {
    await gateway.write(intent);
    took.push(performance.now() - since);
  }

  function write(n: number): Write {
    const uid = taskUid(`load#${n}`);
    if (Math.random() < load.creates) return { uid, kind: 'create', body: { fields: { title: `Task ${n}` } } };
    sandbox.tasks.apply('PUT', { uid, fields: { title: `Task ${n}` } });
    return { uid, kind: 'update', body: { status: 'DONE' } };
  }
}
