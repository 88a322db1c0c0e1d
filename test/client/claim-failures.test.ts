import assert from 'node:assert/strict';
import {
  ServiceError,
  WorkflowFailedError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type Client,
} from '@temporalio/client';
import { ApplicationFailure, RetryState, TerminatedFailure } from '@temporalio/common';
import { Claims } from '../../client/claims.js';
import { ClaimFailedError, ClaimSilentError, OnboardingFailedError } from '../../client/errors.js';
import { Onboardings } from '../../client/onboarding.js';

/** A process that answers whatever it is asked with this failure, and how often it was asked. */
function failing(failure: Error) {
  let asked = 0;
  const fail = async () => {
    asked += 1;
    throw failure;
  };
  const client = {
    connection: {},
    workflow: { getHandle: () => ({ executeUpdate: fail, query: fail, result: fail, describe: fail }) },
    withDeadline: (_: number, ask: () => Promise<unknown>) => ask(),
  } as unknown as Client;
  return { claims: new Claims(client), onboardings: new Onboardings(client), asked: () => asked };
}

const grpc = (code: number) =>
  new ServiceError('failed', { cause: Object.assign(new Error(`gRPC ${code}`), { code, details: '', metadata: {} }) });
const unprocessed = new WorkflowUpdateFailedError('failed', ApplicationFailure.nonRetryable('no', 'UnprocessedUpdate'));
const withdraw = (claims: Claims) => claims.withdraw('c-1', { reason: 'sent twice' });

describe('A claim that does not answer', () => {
  const silent = {
    name: 'ClaimSilentError',
    claimId: 'c-1',
    message: /^claim c-1: .*within 15 s, and what was asked may still take effect.*flows worker/,
  };

  for (const [what, failure] of [
    ['within its time', new WorkflowUpdateRPCTimeoutOrCancelledError('timed out')],
    ['within the time of the call', grpc(4)],
    ['since no worker polls', grpc(9)],
    ['though a worker was asked, and passed over what was', unprocessed],
  ] as const) {
    it(`is called silent: ${what}`, async () => {
      await assert.rejects(withdraw(failing(failure).claims), silent);
      await assert.rejects(failing(failure).claims.state('c-1'), ClaimSilentError);
    });
  }

  it('is asked again where nobody looked at what was asked, and then no more', async () => {
    const { claims, asked } = failing(unprocessed);
    await assert.rejects(withdraw(claims), ClaimSilentError);
    assert.equal(asked(), 3);
  });

  it('is not called silent for what is said of the server', async () => {
    const unavailable = grpc(14);
    await assert.rejects(withdraw(failing(unavailable).claims), (error) => error === unavailable);
  });
});

describe('A process that ended without a result', () => {
  const failed = (cause: Error) => failing(new WorkflowFailedError('failed', cause, RetryState.NON_RETRYABLE_FAILURE));

  it('is a failed claim, for the reason at the bottom of it', async () => {
    const cause = new TerminatedFailure('by an operator');
    await assert.rejects(failed(cause).claims.result('c-1'), (error) => {
      assert.ok(error instanceof ClaimFailedError);
      assert.match(error.message, /^claim c-1: its process ended without a result: by an operator$/);
      return true;
    });
  });

  it('is a failed onboarding, which made no task', async () => {
    const cause = ApplicationFailure.nonRetryable('Fragment answered 422', 'FragmentRejected');
    await assert.rejects(failed(cause).onboardings.result('u-1'), (error) => {
      assert.ok(error instanceof OnboardingFailedError);
      assert.match(error.message, /^onboarding u-1: no task was created: Fragment answered 422$/);
      return true;
    });
  });
});
