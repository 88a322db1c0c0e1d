import { connect, startOnce } from '../../client/index.js';
import { REFUND, refundWorkflowId, type RefundInput, type RefundResult } from './contract.js';

/** Twice with the same order is one refund. */
export async function startRefund(input: RefundInput): Promise<RefundResult> {
  const { client, close } = await connect();
  try {
    const workflowId = refundWorkflowId(input.orderId);
    const summary = `Refund of order ${input.orderId}`;
    await startOnce(client, { type: REFUND, workflowId, input, content: input, summary, details: input.lifecycle });
    return (await client.workflow.getHandle(workflowId).result()) as RefundResult;
  } finally {
    await close();
  }
}
