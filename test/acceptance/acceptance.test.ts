/** All cases on one stage: a file a heading of the acceptance list, each imported here. */
import './assignment.cases.js';
import './authorisation.cases.js';
import './cancellation.cases.js';
import './completion.cases.js';
import './creation.cases.js';
import './drift.cases.js';
import './recovery.cases.js';
