import { fileURLToPath } from 'node:url';
import { Worker } from '@temporalio/worker';
import { Claims } from '../client/index.js';
import { claimWorkflowId } from '../workflows/claim/contract.js';
import { LIFECYCLES } from '../workflows/tasks/contract.js';
import { countHistory } from './history.js';
import { APPROVING, withProduct } from './product.js';
import type { Figure, Outcome, Section } from './section.js';
import { whileWorking } from './temporal.js';

const QUEUE = 'bench-writes';

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
        workflowsPath: fileURLToPath(new URL('workflows.ts', import.meta.url)),
      });
      const [one, two] = await whileWorking([worker], () =>
        Promise.all(
          [1, 2].map(async (writes) => {
            const workflowId = `events-writes-${writes}`;
            await client.workflow.execute('writes', { taskQueue: QUEUE, workflowId, args: [workflowId, writes] });
            return countHistory(client, workflowId);
          }),
        ),
      );
      const single = two!.events - one!.events;
      return {
        configuration: { claim: 'paid, with approval, a payment provider, nobody late' },
        figures: [
          ...lifecycles.flatMap(({ lifecycle, events: count, actions, bytes }): Figure[] => [
            { what: `claim, ${lifecycle}`, value: count, unit: 'events' },
            { what: `claim, ${lifecycle}`, value: actions, unit: 'actions' },
            { what: `claim, ${lifecycle}`, value: bytes, unit: 'bytes of history' },
          ]),
          { what: 'one more write', value: single, unit: 'events', atMost: 6 },
        ],
        raw: { lifecycles, oneWrite: one, twoWrites: two },
      };
    },
    { team: APPROVING },
  );
}
