import { isGrpcServiceError, type Client, type Connection } from '@temporalio/client';

/** What the caller has said of the calls that it makes: `client.withDeadline`, `client.withAbortSignal`. */
export function callContext({ connection }: Client) {
  return (connection as Partial<Connection>).callContextStorage?.getStore() ?? {};
}

/** gRPC's number of what a call failed with, whether the SDK has wrapped it or not; undefined for any other error. */
export function codeOf(error: unknown): number | undefined {
  const cause = error instanceof Error && isGrpcServiceError(error.cause) ? error.cause : error;
  return isGrpcServiceError(cause) ? cause.code : undefined;
}
