// What a launcher decides and by which rules, without anything that carries it out: for those that only think it through.
export { expiresAtSec } from './cleanup/decide.js';
export { decideStock, type StockView } from './min-ready/decide.js';
export { failedBackoff } from './min-ready/keeper.js';
export { decideNode, type IdleNode, makeRoomPatienceSec, type NodeView } from './nodes/decide.js';
export { countFitting, isProviderFull, type Room } from './quota/fit.js';
export { type LimitedTenant, TenantUse } from './quota/tenant-use.js';
export { Backlog } from './requests/backlog.js';
export { candidatePools, decideRequest, refuse, type Verdict } from './requests/decide.js';
export { declineReasons, type LabelView, type PoolView } from './requests/decline-reasons.js';
export { refusedBackoff } from './requests/handler.js';
export { chooseZone, type Placement, tryAnotherZone } from './requests/placement.js';
export type { TurnTaker } from './requests/registered-pools.js';
export { requestTurn } from './requests/turn.js';
export { type Waiting, WaitingRoom } from './requests/waiting-room.js';
export { textHash, turnDelayMs } from './turns.js';
