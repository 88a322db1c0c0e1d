/** What can go wrong for a caller of this room, one class for each thing that a caller would handle differently. */
export class InputError extends Error {
  override readonly name = 'InputError';
  /** Each names the field and what is wrong with it. */
  constructor(readonly problems: readonly string[]) {
    super(problems.join('; '));
  }
}

/** The same id with other content, or for another Fragment account: two claims that cannot both be this process. */
export class ClaimConflictError extends Error {
  override readonly name = 'ClaimConflictError';
  constructor(readonly claimId: string) {
    super(
      `claim ${claimId}: a process of this id exists with other content, or for another Fragment account, and was left as it is; ` +
        'use a new id for the changed claim',
    );
  }
}

export class ClaimNotFoundError extends Error {
  override readonly name = 'ClaimNotFoundError';
  constructor(readonly claimId: string) {
    super(`claim ${claimId}: no such process; \`flows claim list\` names those that exist`);
  }
}

export class ClaimClosedError extends Error {
  override readonly name = 'ClaimClosedError';
  constructor(
    readonly claimId: string,
    readonly status: string,
  ) {
    super(`claim ${claimId}: its process has ended (${status.toLowerCase()}), so nothing was changed`);
  }
}

/** The process itself said no: a wrong step, nothing parked, already withdrawn. */
export class ClaimUpdateRejectedError extends Error {
  override readonly name = 'ClaimUpdateRejectedError';
  constructor(
    readonly claimId: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`claim ${claimId}: ${reason}`, options);
  }
}

/** The process ended without a result: terminated, timed out, or failed. */
export class ClaimFailedError extends Error {
  override readonly name = 'ClaimFailedError';
  constructor(
    readonly claimId: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`claim ${claimId}: its process ended without a result: ${reason}`, options);
  }
}

/** Nobody answered in time. An Update may have been accepted all the same. */
export class ClaimSilentError extends Error {
  override readonly name = 'ClaimSilentError';
  constructor(
    readonly claimId: string,
    seconds: number,
    options?: ErrorOptions,
  ) {
    super(
      `claim ${claimId}: its process did not answer within ${seconds} s, and what was asked may still take effect; is a worker running? (\`flows worker\`)`,
      options,
    );
  }
}

export class OnboardingConflictError extends Error {
  override readonly name = 'OnboardingConflictError';
  constructor(readonly userId: string) {
    super(
      `onboarding ${userId}: was started with other content, and was left as it is; use a new userId for other content`,
    );
  }
}

/** Nothing was created: Fragment refused every task, or the process was ended from outside. */
export class OnboardingFailedError extends Error {
  override readonly name = 'OnboardingFailedError';
  constructor(
    readonly userId: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`onboarding ${userId}: no task was created: ${reason}`, options);
  }
}

/** Temporal answers, and does not take this client's credentials. */
export class TemporalRefusedError extends Error {
  override readonly name = 'TemporalRefusedError';
  constructor(
    readonly address: string,
    namespace: string,
    code: string,
    options?: ErrorOptions,
  ) {
    super(
      `Temporal at ${address} refuses this client (${code}): check TEMPORAL_API_KEY or the TLS certificate, ` +
        `and whether it is meant for namespace ${namespace}`,
      options,
    );
  }
}

export class TemporalUnreachableError extends Error {
  override readonly name = 'TemporalUnreachableError';
  constructor(
    readonly address: string,
    options?: ErrorOptions,
  ) {
    super(`no Temporal server answers at ${address}; start one with \`npm run dev\`, or set TEMPORAL_ADDRESS`, options);
  }
}
