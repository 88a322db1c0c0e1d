export { createFeedActivities, type FeedActivities, type FeedRequest, type FeedRound } from './feed.js';
export { type FeedCursor, type FeedWay } from './feed-cursor.js';
export { createLeaseActivities, type LeaseActivities, type LeaseReport, type Sender } from './lease.js';
export { createPaymentActivities, PAYMENT_REFUSED, type PaymentActivities } from './payments.js';
export { createReconcileActivities, type ReconcileActivities, type TaskKeys } from './reconcile.js';
export { createTaskActivities, type TaskActivities } from './tasks.js';
export { type ParseAnswer, type ParsedAnswer } from './task-news.js';
