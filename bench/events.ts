import { Worker } from '@temporalio/worker';
import { createTaskActivities } from '../activities/index.js';
import { Claims } from '../client/index.js';
import { workflowsAt } from '../worker/bundle.js';
import { claimWorkflowId } from '../workflows/claim/contract.js';
import { LIFECYCLES } from '../workflows/tasks/contract.js';
import { countHistory } from './history.js';
import { APPROVING, withProduct } from './product.js';
import { round, type Figure, type Outcome, type Section } from './section.js';
import { whileWorking } from './temporal.js';

const QUEUE = 'bench-writes';
/** Tasks in one activity, for the products that have it. */
const MANY = 50;

/** What a claim costs Temporal: counted in the histories of real runs. */
export const events: Section = { name: 'events', run };

function run(): Promise<Outcome> {
  return withProduct(
    async ({ client, connection, namespace }) => {
      const claims = new Claims(client);
      const lifecycles = await Promise.all(
        LIFECYCLES.map(async (lifecycle) => {
          const id = `events-${lifecycle}`;
          await claims.start({ id, total: { amount: 80_000, currency: 'USD' } }, { lifecycle });
          const { outcome } = await claims.result(id);
          if (outcome !== 'paid') throw new Error(`the claim that was to be counted ended as ${outcome}`);
          return { lifecycle, ...(await countHistory(client, claimWorkflowId(id))) };
        }),
      );

      const worker = await Worker.create({
        connection,
        namespace,
        taskQueue: QUEUE,
        ...workflowsAt(new URL('workflows.js', import.meta.url)),
      });
      const counted = async (type: string, count: number) => {
        const workflowId = `events-${type}-${count}`;
        await client.workflow.execute(type, { taskQueue: QUEUE, workflowId, args: [workflowId, count] });
        return countHistory(client, workflowId);
      };
      const { one, two, many } = await whileWorking([worker], async () => ({
        one: await counted('writes', 1),
        two: await counted('writes', 2),
        many: writesMany() ? await counted('manyTasks', MANY) : undefined,
      }));
      const single = two.events - one.events;
      const empty = one.events - single;
      return {
        configuration: { claim: 'paid, with approval, a payment provider, nobody late' },
        figures: [
          ...lifecycles.flatMap(({ lifecycle, events: count, actions, bytes }): Figure[] => [
            { what: `claim, ${lifecycle}`, value: count, unit: 'events' },
            { what: `claim, ${lifecycle}`, value: actions, unit: 'actions' },
            { what: `claim, ${lifecycle}`, value: bytes, unit: 'bytes of history' },
          ]),
          { what: 'one more write', value: single, unit: 'events', atMost: 6 },
          ...(many
            ? [
                {
                  what: `a task among ${MANY} of one activity`,
                  value: round((many.events - empty) / MANY, 2),
                  unit: 'events',
                  atMost: 0.2,
                },
              ]
            : []),
        ],
        raw: { lifecycles, oneWrite: one, twoWrites: two, manyTasks: many },
      };
    },
    { team: APPROVING },
  );
}

/** The activities are made only to see which there are. */
function writesMany(): boolean {
  return 'upsertTasks' in createTaskActivities({} as Parameters<typeof createTaskActivities>[0]);
}
