/** Numbers of the requests. Source: ZooKeeper 3.8, `ZooDefs.OpCode`. */
export const opcodes = {
  create: 1,
  delete: 2,
  exists: 3,
  getData: 4,
  setData: 5,
  getAcl: 6,
  setAcl: 7,
  sync: 9,
  ping: 11,
  getChildren2: 12,
  check: 13,
  multi: 14,
  create2: 15,
  removeWatches: 18,
  createContainer: 19,
  createTtl: 21,
  multiRead: 22,
  auth: 100,
  setWatches2: 105,
  addWatch: 106,
  close: -11,
  error: -1,
} as const;

/** Request ids that are no place in the order of requests. */
export const reservedXids = {
  watchEvent: -1,
  ping: -2,
  auth: -4,
  setWatches: -8,
} as const;
