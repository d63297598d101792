/**
 * What agents and servers say to one another. Raised by one whenever an agent of before could not be understood any more;
 * then both sides refuse, and say so.
 */
export const agentProtocol = 1

/** An agent asks for work, and the server keeps the question so long at most when there is none. */
export const longestLeaseWaitMs = 25_000
