import { connect } from '../../client/index.js';
import { registerSearchAttributes } from '../../worker/index.js';
import { refundStepKey } from './contract.js';

/** Once for each namespace; doing it twice is harmless. */
const { client, close } = await connect();
try {
  console.log('registered:', await registerSearchAttributes(client, [refundStepKey]));
} finally {
  await close();
}
