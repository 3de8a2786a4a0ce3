import type * as dashboard from '@nodepool/dashboard';
import type {
  Caller,
  EventFrame,
  Explanation,
  ImageEvent,
  Overview,
  Problem,
  RollbackResult,
} from '../api/schemas/index.js';

/** Compiles only while what the server sends is what the dashboard reads. */
type Fits<Sent extends Read, Read> = Sent;

/** Everything that goes to the dashboard; a frame holds all records. */
export type DashboardContract = readonly [
  Fits<EventFrame, dashboard.EventFrame>,
  Fits<Overview, dashboard.Overview>,
  Fits<Explanation, dashboard.Explanation>,
  Fits<ImageEvent, dashboard.ImageEvent>,
  Fits<RollbackResult, dashboard.RollbackResult>,
  Fits<Caller, dashboard.Caller>,
  Fits<Problem, dashboard.Problem>,
];
