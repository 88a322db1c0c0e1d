export const ROLES = ['all', 'processes', 'gateway'] as const;
/**
 * `processes`: workflows and payments, any number of them. `gateway`: all that costs Fragment requests; of those that run
 * for an account one sends, and the others stand by.
 */
export type Role = (typeof ROLES)[number];

export const holdsGateway = (role: Role): boolean => role !== 'processes';
export const holdsProcesses = (role: Role): boolean => role !== 'gateway';
