import { isGrpcServiceError } from '@temporalio/client';
import { spelledTypes } from './search-attributes.js';

/** gRPC's numbers, of what Temporal answers where setting up fails. */
const CODES: Record<number, string> = {
  5: 'NOT_FOUND',
  6: 'ALREADY_EXISTS',
  7: 'PERMISSION_DENIED',
  12: 'UNIMPLEMENTED',
  16: 'UNAUTHENTICATED',
};

export function grpcCode(error: unknown): string | undefined {
  return isGrpcServiceError(error) ? CODES[error.code] : undefined;
}

/** gRPC's name for not taking these credentials; undefined for any other failure. */
export function refusalCode(error: unknown): string | undefined {
  const code = grpcCode(error);
  return code === 'PERMISSION_DENIED' || code === 'UNAUTHENTICATED' ? code : undefined;
}

/** What to do where Temporal does not let this identity set things up: as text; undefined for any other failure. */
export function setupRemedy(error: unknown, namespace: string): string | undefined {
  const code = grpcCode(error);
  if (code === 'NOT_FOUND') {
    return (
      `there is no namespace ${namespace}: on a server of your own, \`flows setup --retention 30d\` creates it; ` +
      'in Temporal Cloud, its Web UI or `tcld namespace create`; or set TEMPORAL_NAMESPACE'
    );
  }
  if (code === 'UNAUTHENTICATED')
    return 'Temporal does not know who asks: check TEMPORAL_API_KEY, or the TLS certificate';
  if (code !== 'PERMISSION_DENIED' && code !== 'UNIMPLEMENTED') return undefined;
  const attributes = Object.entries(spelledTypes());
  const cloud = attributes.map(([name, type]) => `--search-attribute ${name}=${type}`).join(' ');
  const own = attributes.map(([name, type]) => `--name ${name} --type ${type}`).join(' ');
  return [
    `Temporal does not let this identity set up namespace ${namespace} (${code}). Whoever may, does it once:`,
    `  Temporal Cloud: Web UI, Namespaces > ${namespace} > Edit > Custom Search Attributes; or`,
    `    tcld namespace search-attributes add --namespace ${namespace} ${cloud}`,
    '  elsewhere:',
    `    temporal operator search-attribute create --namespace ${namespace} ${own}`,
  ].join('\n');
}
